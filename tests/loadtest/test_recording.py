"""What do turns amount to, and what grew?"""

import random
from dataclasses import replace

import msgspec
import pytest

from loadtest.running.plan import Plan
from loadtest.running.shapes import Row
from loadtest.running.turns import Seen, Turns
from loadtest.seen import recording
from loadtest.seen.processes import Processes
from loadtest.seen.record import ContextFailure, Reading
from loadtest.seen.recording import About, Told
from loadtest.seen.watch import Watch
from loadtest.verdict.gates import Wanted

ABOUT = About("2026-11-28T12:00:00+00:00", "python -m loadtest", {"cores": 2})


def readings(name: str, per_hour: float, seconds: int = 1800, peak_at: int | None = None) -> list[Reading]:
    chance = random.Random(name)
    grown = [100 + per_hour * t / 3600 + chance.gauss(0, 0.3) + (500 if t == peak_at else 0) for t in range(seconds)]
    return [Reading(t, name, 0.1, memory) for t, memory in enumerate(grown)]


@pytest.mark.parametrize("per_hour", [0, 30, 3600])
def test_growth_of_memory_is_found_through_noise_and_a_peak(per_hour: float) -> None:
    found = recording.slopes(readings("shim-0", per_hour, peak_at=1500), 0, 1800)

    assert found["shim-0"].per_hour == pytest.approx(per_hour, abs=2)
    assert found["shim-0"].grown == pytest.approx(per_hour / 3, rel=0.01, abs=2)


def test_what_fills_up_in_the_beginning_is_no_growth() -> None:
    filling = [Reading(t, "redis", 0.1, min(t, 500)) for t in range(1800)]

    assert recording.slopes(filling, 0, 1800)["redis"].grown == pytest.approx(0)


def test_a_few_readings_have_no_slope() -> None:
    assert recording.slopes(readings("nginx", 0, seconds=2), 0, 1800) == {}


def told(turns: Turns) -> Told:
    failure = ContextFailure(1.0, "shop", "r-1 (straight)", 2, "asks for order_id", "l7_fallback")
    return Told(turns, [failure], {"context_failures": 1.0, "sent_twice": 4.0}, talking={0: 3, 2: 5})


def test_a_record_leaves_out_what_was_warming_up_and_shows_it_all_the_same(plan: Plan) -> None:
    rows = (Row(2, 100, "warm"), Row(2, 100, "hold"))
    warmed = msgspec.structs.replace(plan, scenario=replace(plan.scenario, rows=rows))
    turns = Turns()
    for number in range(400):
        turns.add(number / 100, 0.9 if number < 200 else 0.01, 0.0, "shop", "l3_hot", "503" if number == 399 else "")

    found = recording.record(warmed, ABOUT, told(turns), Watch(Processes(None)), Wanted(), 4.0)

    assert (found.offered, found.total.count, found.errors) == (200, 199, {"503": 1})
    assert found.total.p99 == pytest.approx(10)
    assert [(one.t, one.offered, one.users) for one in found.series] == [(0, 100, 3), (1, 100, 3), (2, 100, 5), (3, 100, 5)]
    assert found.series[0].p50 == pytest.approx(900)
    assert len(found.rounds) == recording.ROUNDS
    assert sum(one["per_s"] for one in found.rounds) / 10 == pytest.approx(99.5)
    assert {gate.name: gate.holds for gate in found.gates}["context failures"] is False
    assert found.figures["sent_twice"] == 4


def test_a_record_of_nothing_answered_can_be_read_again(plan: Plan) -> None:
    turns = Turns()
    turns.add(0.5, 10.0, 0.0, "shop", "none", "timeout")

    found = recording.record(plan, ABOUT, Told(turns), Watch(Processes(None)), Wanted(), 2.0)

    assert found.total.count == 0
    assert [gate.name for gate in found.gates if not gate.holds] == ["p95", "p99", "errors", "within 50 ms"]
    assert msgspec.json.decode(msgspec.json.encode(found), type=type(found)) == found


def test_a_late_generator_is_said_to_be_the_one_that_is_measured(plan: Plan) -> None:
    turns = Turns()
    for number in range(200):
        turns.add(number / 100, 0.3, 0.2, "shop", "l3_hot")

    found = recording.record(plan, ABOUT, Told(turns), Watch(Processes(None)), Wanted(), 2.0)

    assert found.missing == [
        "the load generator was late (p99 200 ms): latencies are its own, not sluice's; more --workers or a lower --rate help"
    ]


def test_recovery_is_counted_from_the_end_of_the_rush(plan: Plan) -> None:
    rows = (Row(2, 100, "hold"), Row(2, 100, "hold", "back"))
    turns = Turns()
    for number in range(400):
        turns.add(number / 100, 0.5 if number < 280 else 0.01, 0.0, "shop", "l3_hot")
    rushed = msgspec.structs.replace(plan, scenario=replace(plan.scenario, rows=rows))

    seconds = recording.series(Seen(turns), 4.0, {})

    assert recording.recovery(rushed, seconds, Wanted()) == {"recovered_after_s": 1.0}
    assert recording.recovery(plan, seconds, Wanted()) == {}
