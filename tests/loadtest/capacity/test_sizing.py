"""Does more asked for never need less, and is what cannot be had refused?"""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from loadtest.capacity import outcome, response, sizing
from loadtest.capacity.errors import BadOrder, OutOfReach
from loadtest.capacity.order import Order, assumption
from loadtest.capacity.service import Alone
from loadtest.capacity.sizing import Sized
from loadtest.capacity.waits import Floats
from tests.loadtest.capacity import costs, events

SERVICE = costs.service()
RATES = some.floats(1, 1e6)


def order(**changes: Any) -> Order:
    return Order(**{"turns_per_second": 280_000, "p99_ms": 180, **changes})


def bought(found: Sized) -> dict[str, tuple[int, int]]:
    return {part.name: (part.bought, part.cores) for part in found.parts}


@pytest.mark.long
@settings(max_examples=25, deadline=None)
@given(RATES, RATES, some.sampled_from([0.0, 0.08, 0.3]), some.sampled_from([0, 1_000_000, 10_000_000]), some.booleans())
def test_more_turns_never_need_fewer_parts(one: float, other: float, share: float, users: int, gpu: bool) -> None:
    less, more = (
        bought(sizing.sized(SERVICE, order(turns_per_second=rate, share=share, users=users, gpu=gpu)))
        for rate in sorted((one, other))
    )
    for name, (parts, cores) in less.items():
        assert parts <= more[name][0] and cores <= more[name][1], name


@pytest.mark.parametrize("bounds", [(400, 180), (180, 30), (30, 16)])
def test_a_stricter_p99_never_needs_fewer_cores(bounds: tuple[float, float]) -> None:
    wide, strict = (sizing.sized(SERVICE, order(p99_ms=bound)) for bound in bounds)

    assert strict.level <= wide.level
    assert strict.cores >= wide.cores
    assert strict.p99_ms <= bounds[1]


def test_the_work_fits_into_what_is_bought_when_a_zone_is_lost() -> None:
    asked = order()
    for part in sizing.sized(SERVICE, asked).parts:
        left = part.bought * 2 / 3 if part.name != "redis" else part.needed
        assert left >= part.needed, part.name
        assert part.busy * part.bought / max(left, 1) <= 1.01 * asked.headroom or part.name in ("triton", "redis"), part.name


@pytest.mark.parametrize(
    ("needed", "zones", "lost", "spare", "wanted"),
    [(10, 3, 1, 1, 15), (1, 3, 1, 1, 3), (10, 1, 0, 1, 11), (4, 2, 1, 0, 8), (7, 3, 0, 0, 9)],
)
def test_what_may_be_lost_is_bought_besides(needed: int, zones: int, lost: int, spare: int, wanted: int) -> None:
    assert sizing.spared(needed, order(zones=zones, zones_lost=lost, spare=spare)) == wanted


def test_faster_than_a_turn_alone_cannot_be_had_at_any_price() -> None:
    with pytest.raises(OutOfReach, match=r"6 ms cannot be had at any price.*deep turns take 4 ms \(p50\) and 9 ms \(p99\)"):
        sizing.sized(SERVICE, order(p99_ms=6))
    with pytest.raises(OutOfReach, match="hot turns take"):
        sizing.sized(SERVICE, order(p99_ms=1, share=0))


def test_without_questions_for_triton_there_is_none() -> None:
    assert [part.name for part in sizing.sized(SERVICE, order(share=0)).parts] == ["edge", "redis"]


def test_users_need_memory_and_shards() -> None:
    few, many = (sizing.sized(SERVICE, order(turns_per_second=1000, users=users, history=100)) for users in (1000, 10_000_000))

    assert many.part("redis").needed == 30  # 700 GB of data, 24 a shard
    assert many.part("redis").gb > 2 * 1.5 * 700
    assert many.connection_gb == pytest.approx(10_000_000 * 3000 / 1e9)
    assert many.part("edge").gb > few.part("edge").gb + 30


def test_history_between_what_was_measured_is_in_proportion() -> None:
    assert [sizing.user_bytes(SERVICE, turns) for turns in (1, 10, 55, 100)] == [1000, 10_000, 40_000, 70_000]


def test_who_is_forgotten_is_verified_again_until_there_are_workers_enough() -> None:
    known, forgotten = (
        sizing.sized(SERVICE, order(turns_per_second=20_000, users=users)).part("edge") for users in (10_000, 5_000_000)
    )

    assert forgotten.us == pytest.approx(known.us + 25)
    assert forgotten.needed > known.needed


def test_a_faster_core_and_a_second_copy_of_the_load_scale_as_they_should() -> None:
    slow, fast = (sizing.sized(SERVICE, order(core_speed=speed)) for speed in (1, 2))
    assert fast.part("shim").needed == pytest.approx(slow.part("shim").needed / 2, abs=1)

    double = sizing.sized(SERVICE, order(turns_per_second=560_000))
    assert double.part("shim").needed == pytest.approx(2 * slow.part("shim").needed, abs=1)


def test_p99_is_not_below_what_turns_take_alone_and_grows_with_the_level() -> None:
    found = [response.turns(SERVICE, order(), busy).percentile(99) for busy in (0.05, 0.3, 0.5, 0.7)]

    assert found[0] > SERVICE.deep.p50_ms
    assert found == sorted(found)


def test_whole_nodes_are_bound_by_their_one_redis_or_by_their_cores() -> None:
    found = sizing.sized(SERVICE, order(share=0.0))
    redis, edge = found.part("redis").us, found.part("edge").us

    many = sizing.whole(found)
    assert (many.part, many.per_node_per_s) == ("redis", pytest.approx(found.level * 1e6 / redis))
    few = sizing.whole(sizing.sized(SERVICE, order(share=0.0, cores_per_node=2)))
    assert (few.part, few.per_node_per_s) == ("cores", pytest.approx(found.level * 1e6 / edge))
    assert few.nodes * few.per_node_per_s * 2 / 3 >= 280_000


def test_twice_the_share_is_told() -> None:
    found = outcome.outcome(SERVICE, order(), outcome.Band(0.9, 1.1, "a test's"))

    assert found.doubled.share == 0.16
    assert found.doubled.cores > found.cores
    assert (found.cores_low, found.cores_high) == (round(found.cores / 1.1), round(found.cores / 0.9))
    assert found.bottleneck in {row.name for row in found.rows}


def test_a_share_that_cannot_be_doubled_says_why() -> None:
    strict = replace(order(share=0.008), p99_ms=5)
    assert "cannot be had" in outcome.outcome(SERVICE, strict, None).doubled.why


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("turns_per_second", -1),
        ("turns_per_second", 0),
        ("turns_per_second", float("nan")),
        ("turns_per_second", float("inf")),
        ("p99_ms", 0),
        ("share", 1.5),
        ("share", -0.1),
        ("users", 0.5),
        ("users", True),
        ("history", 101),
        ("headroom", 1.0),
        ("cores_per_node", 0),
        ("core_speed", 0),
        ("gb_month", -3),
        ("p99_ms", "fast"),
    ],
)
def test_nonsense_is_named(name: str, value: Any) -> None:
    with pytest.raises(BadOrder, match=f"^{name}: .* wanted"):
        order(**{name: value})


def test_zones_that_leave_none_are_refused() -> None:
    with pytest.raises(BadOrder, match="3 of 3 zones leave none"):
        order(zones_lost=3)


def test_assumptions_are_typed_by_name() -> None:
    assert assumption("scv", "0.5") == 0.5
    assert assumption("users", "7") == 7
    with pytest.raises(BadOrder, match="'speed' is nothing that can be set; there are: share, users"):
        assumption("speed", "1")
    with pytest.raises(BadOrder, match="scv: 'wide' was said; a figure is wanted"):
        assumption("scv", "wide")


@pytest.mark.parametrize("busy", [0.3, 0.7])
def test_a_turn_waits_for_its_shim_as_long_as_the_queue_says_whatever_share_comes_there(busy: float) -> None:
    """M/M/1: a wait beyond t has the chance busy * exp(-t (1 - busy) / s)."""
    for share in (0.02, 0.08, 1.0):
        asked = order(share=share)
        wait = response.process(SERVICE, asked, "shim", busy, step_ms=0.01)
        service_ms = SERVICE.parts["shim"].us(1.0, idle=1 - busy) / 1e3

        assert wait.percentile(99) == pytest.approx(math.log(busy / 0.01) * service_ms / (1 - busy), rel=0.02)


@pytest.mark.long
def test_all_turns_of_a_mix_are_those_of_a_simulation_part_by_part() -> None:
    """Each turn is drawn: what it takes alone, a wait of an M/M/1 for each part that it meets, and its batch, event by event."""
    asked, busy, turns = order(share=0.3, trip_ms=0.2), 0.6, 40_000
    chance = np.random.default_rng(7)

    def wait(part: str) -> Floats:
        one = SERVICE.parts[part]
        kinds = [(1.0, one.us(1.0, 0.4))] if part == "shim" else [(0.7, one.us(0.0, 0.4)), (0.3, one.us(1.0, 0.4))]
        means = chance.choice([us for _, us in kinds], p=[share for share, _ in kinds], size=turns) / 1e3
        mean, times = sum(share * us for share, us in kinds) / 1e3, chance.exponential(1.0, turns) * means
        gaps, found = chance.exponential(mean / busy, turns), np.zeros(turns)
        for at in range(1, turns):
            found[at] = max(0.0, found[at - 1] + times[at - 1] - gaps[at])
        return chance.permutation(found)

    def alone(of: Alone) -> Floats:
        mean = (of.p99_ms - of.p50_ms) / math.log(50)
        return of.p50_ms - mean * math.log(2) + chance.exponential(mean, turns)

    deep = chance.random(turns) < 0.3
    batch = 1e3 * events.batched(SERVICE.batches, busy * SERVICE.batches.per_s, turns, 7)[0]
    beyond = np.maximum(0.0, chance.choice(batch, turns) - 1.0 - 1e3 * SERVICE.batches.seconds(1))
    hot_ms = alone(SERVICE.hot) + wait("edge") + wait("redis") + 0.2
    deep_ms = alone(SERVICE.deep) + wait("edge") + wait("shim") + beyond + wait("redis") + wait("redis") + 0.8
    seen = np.where(deep, deep_ms, hot_ms)

    found = response.turns(SERVICE, asked, busy)
    for percent in (50, 95, 99):
        assert found.percentile(percent) == pytest.approx(np.percentile(seen, percent), rel=0.06, abs=0.5)
