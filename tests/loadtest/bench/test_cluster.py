"""Are the cluster benchmark's figures what they say?"""

from typing import Any

import pytest

from loadtest.bench import cluster, failover, hot_slots
from loadtest.bench.cluster_stands import CLUSTER, SINGLE, WAITING, compared


def round_of(late_s: float, edge_s: float, before_ms: float, meanwhile_ms: float) -> dict[str, Any]:
    others = {"before_ms": before_ms, "meanwhile_ms": meanwhile_ms}
    counts = {"failed": 0, "acknowledged": 100, "lost": 0, "twice": 0}
    return {"late_s": late_s, "promoted_s": late_s - edge_s, "edge_s": edge_s, "others": others, **counts}


def test_stands_take_turns_the_first_round_warms_up_and_rounds_are_compared_each_with_itself() -> None:
    asked: list[str] = []

    def stand(name: str, *told: tuple[float, float]) -> Any:
        answers = iter(told)

        def measure(_: float) -> tuple[float, float]:
            asked.append(name)
            return next(answers)

        return measure

    single = stand(SINGLE, (1.0, 1.0), (100.0, 50.0), (300.0, 20.0), (200.0, 50.0))
    other = stand(CLUSTER, (9.0, 9.0), (80.0, 60.0), (270.0, 22.0), (100.0, 55.0))
    found = compared({SINGLE: single, CLUSTER: other}, rounds=3, seconds=1)

    assert asked == [SINGLE, CLUSTER, CLUSTER, SINGLE] * 2
    assert found[CLUSTER] == {"per_s": 100.0, "us": 55.0, "ratio": 0.8, "ratios": [0.5, 0.9], "processor": 1.1}
    assert found[SINGLE]["ratio"] == found[SINGLE]["processor"] == 1.0


def test_kills_are_told_by_their_median_and_the_worst() -> None:
    found = failover.added([round_of(2.0, 0.1, 10, 12), round_of(2.9, 0.2, 10, 30), round_of(2.4, 0.0, 20, 22)])

    assert (found["late_median_s"], found["late_worst_s"], found["edge_worst_s"]) == (2.4, 2.9, 0.2)
    assert found["others_p99"] == 1.2
    assert (found["rounds"], found["acknowledged"]) == (3, 300)


def test_p99_is_of_those_that_there_are() -> None:
    assert failover.p99([]) == 0
    assert failover.p99([0.5]) == 0.5
    assert failover.p99([at / 100 for at in range(101)]) == 0.99


@pytest.mark.parametrize(
    ("turns", "spread", "calls_a_second", "buckets"),
    [(50, False, 1000, 10), (500, False, 1000, 100), (5000, False, 10_000, 100), (50, True, 250, 1.25), (500, True, 250, 12.5)],
)
def test_edges_pay_within_their_time_and_for_a_hundred_buckets_at_most(
    turns: float, spread: bool, calls_a_second: float, buckets: float
) -> None:
    asked = hot_slots.meter(turns, spread)

    assert asked.per_s == pytest.approx(calls_a_second)
    assert asked.each == buckets
    assert asked.per_s * asked.each * (32 if spread else 1) == pytest.approx(100 * turns * 2)


def test_a_goal_that_is_missed_is_told() -> None:
    good = {name: {"ratio": 1.0, "ratios": [0.9, 1.1], "processor": 1.0} for name in (SINGLE, CLUSTER, WAITING)}
    killed = failover.added([round_of(2.4, 0.1, 10, 12)])
    slots = {"slots": {"config": {"cores": 0.04, "slots": 1}}, "meter": {"one": {"cores": 0.8, "slots": 1}}}
    found = {"hot": good, "deep": good, "moved": {"failed": 0}, "killed": {CLUSTER: killed, WAITING: killed}, "slots": slots}
    assert all(gate["holds"] for gate in cluster.gates(found))

    found["deep"] = good | {WAITING: {"ratio": 0.9, "ratios": [0.8, 1.0]}}
    found["killed"] = {CLUSTER: killed | {"late_median_s": 2.6}, WAITING: killed | {"lost": 1}}
    missed = [gate["what"] for gate in cluster.gates(found) if not gate["holds"]]
    assert missed == [
        "deep path, cluster, WAIT / single",
        "cluster: seconds its users were late, median",
        "acknowledged turns lost with WAIT",
    ]
