"""Which tests run on one worker, one after another, and which may run beside each other?

A shared stack is started once, so all who stand on it go together; those on stacks of several files are two groups, for some
tests stand on two of them, and one group would end last. Whoever starts a stack of their own goes alone; the rest goes by file,
whose fixtures are then made once.
pytest-xdist (--dist loadgroup) gives each group to one worker as a whole.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pytest
from _pytest.nodeid import NodeId

REAL = {"stacks", "lasting_stacks", "redis_server", "redis_cluster"}
# What takes longest begins first, so that nobody waits for it at the end. An order that is no longer right costs seconds only.
LONGEST = (
    "tests/configuration/test_swap.py",
    "tests/rollout/test_side_by_side.py",
    "tests/http/",  # on a lasting stack of their own
    "tests/test_cli.py",  # with all others on lasting stacks
    "tests/loadtest/capacity/test_measure.py",
    "tests/configuration/",
    "tests/rollout/",
    "tests/test_upgrade.py",
    "tests/loadtest/test_schedule.py",  # waits, while `make check` looks at types, too
    "tests/loadtest/test_load.py",
)
LASTING, HTTP = "lasting", "lasting-http"  # two halves of about the same length, each on its worker's own lasting stacks


@dataclass(frozen=True)
class Fixture:
    """How long what it makes is kept, and what it is made from."""

    scope: str
    needs: tuple[str, ...]


def stands_on(name: str, fixtures: Mapping[str, Fixture]) -> bool:
    """Whether this fixture is, or is made from, something real."""
    return name in REAL or (name in fixtures and any(stands_on(needed, fixtures) for needed in fixtures[name].needs))


def group(nodeid: str, wanted: Iterable[str], fixtures: Mapping[str, Fixture]) -> str:
    """wanted: the fixtures of the test with this id; fixtures: all that it can ask for. "" for a test that goes alone."""
    file = nodeid.partition("::")[0].removeprefix("tests/").removesuffix(".py")
    real = {name: fixtures[name].scope for name in wanted if name in fixtures and stands_on(name, fixtures)}
    shared = {name: scope for name, scope in real.items() if scope != "function" and name not in REAL}
    if "session" in shared.values():
        return HTTP if file.startswith("http/") else LASTING
    if shared:
        return f"{file}:{min(shared)}"
    return "" if "stacks" in real else file


def of(item: pytest.Item) -> str:
    """The group of a collected test; "" for one that goes alone."""
    found = item._fixtureinfo  # type: ignore[attr-defined]
    fixtures = {name: Fixture(made[-1].scope, tuple(made[-1].argnames)) for name, made in found.name2fixturedefs.items()}
    return group(item.nodeid, item.fixturenames, fixtures)  # type: ignore[attr-defined]


def tell(item: pytest.Item) -> None:
    """Says its group where pytest-xdist reads it: at the end of its id. (The mark xdist_group would be written there too, but
    pytest-xdist 3.8 does not find the ids of pytest 9.2.)"""
    if name := of(item):
        item._id = NodeId.parse(f"{item.nodeid}@{name}")


def place(nodeid: str) -> int:
    """Where in the order its group begins."""
    return next((number for number, start in enumerate(LONGEST) if nodeid.startswith(start)), len(LONGEST))
