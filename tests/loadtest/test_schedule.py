"""Is every turn due when the table says, and does its latency count from then?"""

import time
from itertools import pairwise

import gevent
import pytest

from loadtest.running import schedule, shapes
from loadtest.running.floor import Floor
from loadtest.running.plan import Plan
from loadtest.running.shapes import SCENARIOS, TABLES, Row
from loadtest.running.turns import Seen
from loadtest.who.people import Conversation


@pytest.mark.parametrize(
    ("name", "t", "wanted"),
    [
        ("smoke", 0, 1),
        ("smoke", 29.9, 1),
        ("smoke", 30, 0),
        ("steady", 129, 1),
        ("steps", 5, 1),
        ("steps", 15, 1),
        ("steps", 25, 1.25),
        ("steps", 35, 1.5625),
        ("spike", 29, 1),
        ("spike", 30, 1),
        ("spike", 35, 8),
        ("spike", 39.999, 15),
        ("spike", 59, 15),
        ("spike", 65, 8),
        ("spike", 70, 1),
        ("soak", 1859, 1),
        ("churn", 64, 1),
        ("restart", 26, 1),
    ],
)
def test_the_rate_at_a_moment_is_the_tables(name: str, t: float, wanted: float) -> None:
    assert shapes.rate_at(TABLES[name], t) == pytest.approx(wanted, abs=0.01)


def test_every_table_has_its_scenario_and_every_scenario_its_table() -> None:
    assert set(TABLES) == set(SCENARIOS)
    assert {name: one.rows for name, one in SCENARIOS.items()} == TABLES


def test_rates_and_seconds_are_stretched_and_a_rush_stays_a_rush() -> None:
    one = shapes.scenario("spike", rate=20, seconds=300)

    assert (one.seconds, one.peak) == (300, 300)
    assert [row.seconds for row in one.rows if row.shape == "ramp"] == [10, 10]
    assert shapes.scenario("spike", seconds=12).seconds == pytest.approx(12)


def test_what_is_judged_begins_when_the_caches_are_warm() -> None:
    assert shapes.judged_from(TABLES["soak"]) == 60
    assert shapes.steady(TABLES["spike"]) == (70, 120)


def test_the_schedule_is_seeded_and_rises() -> None:
    rows = shapes.scenario("spike", rate=30).rows

    first = list(schedule.due(rows, 7))

    assert first == list(schedule.due(rows, 7))
    assert first != list(schedule.due(rows, 8))
    assert all(a <= b for a, b in pairwise(first))
    assert first[-1] < 120


def test_as_many_are_due_as_the_rate_says_and_by_chance() -> None:
    rows = (Row(100, 50, "hold"), Row(100, 150, "ramp"), Row(100, 150, "hold"))
    moments = list(schedule.due(rows, 7))

    def between(start: float, end: float) -> int:
        return sum(start <= one < end for one in moments)

    assert between(0, 100) == pytest.approx(5_000, rel=0.05)
    assert between(100, 200) == pytest.approx(10_000, rel=0.05)
    assert between(140, 160) == pytest.approx(2_000, rel=0.1)
    assert between(200, 300) == pytest.approx(15_000, rel=0.05)
    gaps = [b - a for a, b in pairwise(moments) if b < 100]
    assert sum(gap > 1 / 50 for gap in gaps) / len(gaps) == pytest.approx(0.368, abs=0.03)  # 1/e of them: exponential


def test_workers_share_the_one_schedule() -> None:
    rows = shapes.scenario("steps", rate=40).rows
    parts = [list(schedule.share(rows, 7, worker, 3)) for worker in range(3)]

    assert sorted(one for part in parts for one in part) == list(schedule.due(rows, 7))


def test_waiting_for_a_server_that_stalls_is_in_every_turn_that_was_due(plan: Plan) -> None:
    """The server stands still from 0.5 s to 1.5 s. A closed loop of 8 users would have seen 8 slow turns."""
    floor = Floor(plan, 0)

    def send(one: Conversation, due: float, late: float) -> None:
        if 0.5 <= floor.now() < 1.5:
            gevent.sleep(1.5 - floor.now())
        floor.turns.add(due, floor.now() - due, late, "shop", "l3_hot")
        floor.people.leave(one)

    def user() -> None:
        while True:
            floor.serve(send)

    users = [gevent.spawn(user) for _ in range(8)]
    floor.begin(time.monotonic() + 0.05)
    wanted = len(list(schedule.due(plan.rows, plan.seed)))
    with gevent.Timeout(20):
        while len(floor.turns) < wanted:
            gevent.sleep(0.02)
    gevent.killall(users)

    seen = Seen(floor.turns)
    stalled = seen.between(0.51, 1.45)
    assert seen.count(stalled) > 70
    assert all(took >= 1000 * (1.5 - at) - 2 for at, took in zip(seen.at[stalled], seen.took[stalled], strict=True))
    found = seen.percentiles(seen.between(0.5, 1.5))
    assert found is not None and found.p99 > 900


def test_a_generator_that_is_late_says_so(plan: Plan) -> None:
    """Nothing runs for 0.3 s: that is nobody's fault but ours, and the latency counts it all the same."""
    floor = Floor(plan, 0)

    def send(one: Conversation, due: float, late: float) -> None:
        floor.turns.add(due, floor.now() - due, late, "shop", "l3_hot")
        floor.people.leave(one)
        if len(floor.turns) == 20:
            time.sleep(0.3)

    def user() -> None:
        while True:
            floor.serve(send)

    users = [gevent.spawn(user) for _ in range(40)]
    floor.begin(time.monotonic() + 0.05)
    with gevent.Timeout(20):
        while len(floor.turns) < 60:
            gevent.sleep(0.02)
    floor.end()
    gevent.killall(users)

    seen = Seen(floor.turns)
    assert seen.late.max() > 250
    assert (seen.took >= seen.late - 1).all()
