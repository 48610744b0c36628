"""Is it said plainly whether anybody noticed the updates?"""

from typing import Any

import pytest

from loadtest.bench import update_report
from loadtest.bench.wrk import Run


def run(p99_ms: float, refused: int = 0) -> Run:
    return Run(requests=20000, seconds=10, mean_ms=2, p50_ms=1, p99_ms=p99_ms, max_ms=99, refused=refused, broken=0)


def result(**more: Any) -> dict[str, Any]:
    made = {
        "machine": {"cpu": "c", "cores": 2, "memory_mb": 2000, "date": "today", "load_before": 0.1},
        "plan": {"updates": 3, "rate": 2000, "users": 5000, "deep_share": 0.08, "before_s": 10}
        | {"p99_ratio": 1.5, "memory_ratio": 1.05, "parts": ["triton", "nginx"]},
        **update_report.summed([run(10), run(12), run(90)], [run(14), run(17), run(60)], [14.0, 15.0, 20.0]),
        "not_200": 0,
        "memory_pss_mb": {"at_start": {"triton": 100.0, "nginx": 50.0}, "after": {"triton": 104.0, "nginx": 50.0}},
        "degraded": 0,
        **more,
    }
    return made | {"gates": update_report.gates(made)}


def test_goals_hold_by_the_medians_and_no_failure_at_all() -> None:
    assert {gate["goal"]: (gate["measured"], gate["holds"]) for gate in result()["gates"]} == {
        "failed requests": (0, True),
        "p99 during / before": (1.42, True),
        "memory of triton after / start": (1.04, True),
        "memory of nginx after / start": (1.0, True),
    }


@pytest.mark.parametrize(
    ("more", "goal"),
    [
        ({"not_200": 1}, "failed requests"),
        ({"failed": 1}, "failed requests"),
        (
            {"memory_pss_mb": {"at_start": {"triton": 100, "nginx": 50}, "after": {"triton": 106, "nginx": 50}}},
            "memory of triton",
        ),
    ],
)
def test_what_is_missed_is_said(more: dict[str, Any], goal: str) -> None:
    made = result(**more)
    assert next(gate["goal"] for gate in made["gates"] if not gate["holds"]).startswith(goal)
    assert update_report.table(made).count("MISSED") == 1


def test_the_table_says_how_much_was_sent() -> None:
    table = update_report.table(result())
    assert "3 updates, 15.0 s each (the longest 20.0 s)" in table
    assert "60,000" in table
