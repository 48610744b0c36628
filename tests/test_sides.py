"""Do tests that stand on one stack go to one worker, and does nothing else wait for them?"""

import pytest

from tests import sides
from tests.sides import Fixture, group

STACKS = {"stacks": Fixture("module", ()), "lasting_stacks": Fixture("session", ()), "redis_server": Fixture("session", ())}
SHARED = STACKS | {
    "stack": Fixture("session", ("lasting_stacks", "wide")),
    "wide": Fixture("session", ("tmp_path_factory",)),
    "desk": Fixture("module", ("stacks", "wide")),
    "stranger": Fixture("function", ("stack",)),
    "shop": Fixture("session", ()),
    "own": Fixture("function", ("stacks",)),
}
ID = "tests/http/test_errors.py::test_one[a::b]"


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (["stack", "lasting_stacks", "wide"], sides.HTTP),
        (["stranger", "stack", "lasting_stacks"], sides.HTTP),
        (["desk", "stacks", "wide"], "http/test_errors:desk"),
        (["desk", "stacks", "stack", "lasting_stacks"], sides.HTTP),
        (["stacks", "wide"], ""),
        (["own", "stacks"], ""),
        (["redis_server"], "http/test_errors"),
        (["shop", "tmp_path"], "http/test_errors"),
        ([], "http/test_errors"),
    ],
    ids=lambda what: "+".join(what) if isinstance(what, list) else "",
)
def test_who_shares_a_stack_goes_together(wanted: list[str], expected: str) -> None:
    assert group(ID, wanted, SHARED) == expected


def test_pytest_xdist_is_told(request: pytest.FixtureRequest) -> None:
    told = request.node.nodeid.endswith("@test_sides")
    assert told == hasattr(request.config, "workerinput")


def test_of_what_was_collected_nobody_shares_a_stack_with_another_group(request: pytest.FixtureRequest) -> None:
    groups: dict[object, set[str]] = {}
    for item in request.session.items:
        made = item._fixtureinfo.name2fixturedefs  # type: ignore[attr-defined]
        fixtures = {name: Fixture(one[-1].scope, tuple(one[-1].argnames)) for name, one in made.items()}
        for name in set(item.fixturenames) & made.keys() - sides.REAL:  # type: ignore[attr-defined]
            if fixtures[name].scope == "session" and sides.stands_on(name, fixtures):
                groups.setdefault(name, set()).add(sides.of(item))
    halves = {sides.LASTING, sides.HTTP}  # each worker has lasting stacks of its own
    assert {name: found for name, found in groups.items() if len(found) > 1 and found != halves} == {}
