"""Does a user get one version, and keep it?"""

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pyshim.settings import ROOT

ROUTER = ROOT / "triton_models/repository/student/1/router.bin"
USERS = [f"user-{number}" for number in range(20000)]


class Edge:
    """lua/edge/versions.lua as one worker has it, and the folder it reads."""

    def __init__(self, lua: Any, folder: Path) -> None:
        self._lua, self.folder = lua, folder
        lua.execute(b"package.loaded['edge.versions'] = nil")
        self.show(1)
        (folder / "stable").write_text("1")
        self.versions = lua.eval(b"require 'edge.versions'")
        self.versions[b"begin"](str(folder).encode())

    def show(self, version: int, attempt: int = 0) -> None:
        router = self.folder / f"router-{version}.bin"
        shutil.copyfile(ROUTER, router)
        written = {"version": version, "attempt": attempt, "router": str(router), "labels": ["greet"], "tenants": {}}
        (self.folder / f"{version}.json").write_text(json.dumps(written))

    def follow(self, **record: Any) -> str | None:
        table = self._lua.table_from({name.encode(): value for name, value in record.items()}) if record else None
        err = self.versions[b"follow"](table)
        return err.decode() if err else None

    def draw(self, user: str, tenant: str = "shop") -> int:
        return int(self.versions[b"draw"](tenant.encode(), user.encode())[b"version"])

    def candidates(self) -> set[str]:
        """Users who get version 2."""
        return {user for user in USERS if self.draw(user) == 2}

    def serves(self) -> tuple[int, int, float]:
        """Seq of the record, attempt of the loaded candidate, percent."""
        now = self.versions[b"current"]()
        return now[b"seq"], now[b"attempt"], now[b"percent"]


@pytest.fixture
def edge(lua: Any, tmp_path: Path) -> Edge:
    """An edge that begins with version 1; nginx's cjson.safe is stood in for as far as it is used."""

    def as_lua(value: Any) -> Any:
        if isinstance(value, dict):
            return lua.table_from({name.encode(): as_lua(one) for name, one in value.items()})
        if isinstance(value, list):
            return lua.table_from([as_lua(one) for one in value])
        return value.encode() if isinstance(value, str) else value

    lua.globals()[b"decode_json"] = lambda text: as_lua(json.loads(text))
    lua.execute(b"package.preload['cjson.safe'] = function() return { decode = decode_json } end")
    return Edge(lua, tmp_path)


def test_without_a_candidate_everybody_gets_the_stable_version(edge: Edge) -> None:
    assert {edge.draw(user) for user in USERS[:100]} == {1}
    assert edge.follow() is None
    assert edge.serves() == (0, 0, 0)


@pytest.mark.parametrize("percent", [1, 5, 25, 50, 100])
def test_the_share_is_the_percent(edge: Edge, percent: float) -> None:
    edge.show(2, attempt=3)
    edge.follow(seq=3, stable=1, candidate=2, attempt=3, percent=percent)
    share = 100 * len(edge.candidates()) / len(USERS)
    assert share == pytest.approx(percent, abs=4 * (percent * (100 - percent) / len(USERS)) ** 0.5)  # four sigma


@pytest.mark.long
def test_a_user_stays_and_raising_the_percent_moves_nobody_back(edge: Edge) -> None:
    edge.show(2, attempt=3)
    before: set[str] = set()
    for seq, percent in enumerate([0.1, 1, 5, 25, 50, 100], 3):
        edge.follow(seq=seq, stable=1, candidate=2, attempt=3, percent=percent)
        after = edge.candidates()
        assert after == edge.candidates()
        assert before <= after
        before = after
    assert before == set(USERS)


def test_the_same_user_at_two_tenants_and_two_candidates_draws_anew(edge: Edge) -> None:
    edge.show(2, attempt=3)
    edge.follow(seq=3, stable=1, candidate=2, attempt=3, percent=50)
    here, there = edge.candidates(), {user for user in USERS if edge.draw(user, "bank") == 2}
    edge.show(2, attempt=9)
    edge.follow(seq=9, stable=1, candidate=2, attempt=9, percent=50)
    for other in (there, edge.candidates()):
        assert len(here & other) / len(USERS) == pytest.approx(0.25, abs=0.02)


def test_what_this_worker_has_not_loaded_is_never_drawn(edge: Edge) -> None:
    record = {"seq": 3, "stable": 1, "candidate": 2, "attempt": 3, "percent": 100}
    assert "No such file" in (edge.follow(**record) or "")
    assert edge.serves() == (3, 0, 0)
    assert edge.draw("u") == 1
    edge.show(2, attempt=2)
    assert "not written again yet" in (edge.follow() or "")  # what lies there is from an earlier load
    edge.show(2, attempt=3)
    assert edge.follow() is None
    assert (edge.serves(), edge.draw("u")) == ((3, 3, 100), 2)


def test_a_promoted_version_serves_and_the_old_table_is_given_back(edge: Edge, mapped: Callable[[Path], int]) -> None:
    edge.show(2, attempt=3)
    edge.follow(seq=3, stable=1, candidate=2, attempt=3, percent=100)
    edge.follow(seq=4, stable=2)
    assert edge.draw("u") == 2
    assert mapped(edge.folder) == 2  # for turns that are on their way
    edge.follow()
    assert mapped(edge.folder) == 1


def test_a_rolled_back_version_is_given_back(edge: Edge, mapped: Callable[[Path], int]) -> None:
    for attempt in range(3, 30, 3):
        edge.show(2, attempt=attempt)
        edge.follow(seq=attempt, stable=1, candidate=2, attempt=attempt, percent=50)
        edge.follow(seq=attempt + 1, stable=1)
        edge.follow()
    assert edge.draw("u") == 1
    assert mapped(edge.folder) == 1


def test_a_broken_record_or_table_leaves_everything_as_it_is(edge: Edge) -> None:
    edge.show(2, attempt=3)
    (edge.folder / "router-2.bin").write_bytes(b"nonsense")
    assert "router" in (edge.follow(seq=3, stable=1, candidate=2, attempt=3, percent=100) or "")
    assert edge.follow(seq=4, stable=7) is not None
    assert edge.draw("u") == 1


def test_what_a_tenant_does_not_have_has_the_versions_prior(edge: Edge, lua: Any) -> None:
    written = json.loads((edge.folder / "1.json").read_text())
    written |= {
        "labels": ["bill", "greet", "out_of_scope"],
        "twins": [],
        "foreign": 0.1,
        "router_thresholds": {},
        "router_threshold": 1,
    }
    (edge.folder / "2.json").write_text(json.dumps(written | {"version": 2}))
    edge.follow(stable=2, seq=1)
    tenant = lua.eval(b"{ id = 'shop', intents = { greet = true } }")
    priors = edge.versions[b"reading"](edge.versions[b"draw"](b"shop", b"u"), tenant)[b"priors"]
    assert list(priors.values()) == [pytest.approx(math.log(0.1)), 0, 0]


@pytest.fixture
def mapped() -> Callable[[Path], int]:
    """How many router tables of a folder this process has mapped."""
    return lambda folder: sum(str(folder) in line for line in Path("/proc/self/maps").read_text().splitlines())
