"""Is what parts cost apart added where it belongs, and said where it is not known?"""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from loadtest.capacity import apart, service, sizing, tiers
from loadtest.capacity.errors import BadService
from loadtest.capacity.order import Order
from loadtest.capacity.tiers import Distances
from tests.loadtest.capacity import costs

SERVICE = costs.service()
ORDER = Order(turns_per_second=280_000, p99_ms=180)


def test_parts_apart_cost_as_many_times_as_much_as_was_seen() -> None:
    there = apart.moved(SERVICE, costs.apart(), wait=False)

    assert there.parts["edge"].hot_us == pytest.approx(60) and there.parts["edge"].deep_us == pytest.approx(60)
    assert there.parts["redis"].hot_us == pytest.approx(40) and there.parts["redis"].deep_wakes == pytest.approx(4)
    assert there.parts["shim"] == SERVICE.parts["shim"] and there.parts["generator"] == SERVICE.parts["generator"]
    assert (there.hot.p50_ms, there.deep.p99_ms) == (0.75, 10.0)


def test_who_waits_for_a_replica_takes_longer_and_needs_more_redis() -> None:
    distances = Distances(costs.apart(), {})
    plain, waiting = (tiers.sized(SERVICE, ORDER, distances, wait) for wait in (False, True))

    assert waiting.sized.part("redis").needed > plain.sized.part("redis").needed
    assert waiting.service.hot.p50_ms == 1.0
    assert "with WAIT" in waiting.told and "with WAIT" not in plain.told


def test_one_shard_is_no_cluster() -> None:
    few = replace(ORDER, turns_per_second=100, users=1000)
    distances = Distances(None, {"edge": 1.2})

    assert "Cluster" not in tiers.sized(SERVICE, few, distances, wait=False).told
    many = tiers.sized(SERVICE, ORDER, distances, wait=False)
    assert "edge 1.20 times as much as on a single Redis" in many.told
    assert many.sized.part("edge").us > sizing.sized(SERVICE, ORDER).part("edge").us


def test_what_is_written_is_read_again_and_nothing_is_nothing(tmp_path: Path) -> None:
    file = service.write(tmp_path / "apart.json", costs.apart())
    assert apart.read(file) == costs.apart()
    assert tiers.read(tmp_path / "none.json", tmp_path / "none.json") == Distances(None, {})


@pytest.mark.parametrize("text", ["{", "[]", "null", '{"hot": {"cluster": {}}}'])
def test_half_a_file_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "half.json"
    file.write_text(text)
    with pytest.raises(BadService, match=r"is not what `python -m loadtest.capacity apart` writes"):
        tiers.read(file, tmp_path / "none.json")
    with pytest.raises(BadService, match="is not what `make bench-cluster` writes"):
        tiers.read(tmp_path / "none.json", file)


def test_a_stand_that_is_missing_is_named(tmp_path: Path) -> None:
    file = service.write(tmp_path / "apart.json", costs.apart())
    found = json.loads(file.read_text())
    del found["turns"]["waiting"]["deep"]
    file.write_text(json.dumps(found))
    with pytest.raises(BadService, match="nothing is said of waiting deep"):
        apart.read(file)
