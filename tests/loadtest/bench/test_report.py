"""Do the printed figures say what was measured?"""

import pytest

from loadtest.bench import report
from loadtest.bench.goals import GOALS
from loadtest.bench.rounds import PEER, SLUICE
from loadtest.bench.wrk import Run
from loadtest.seen import memory


def run(per_s: float, p99_ms: float = 10) -> Run:
    return Run(requests=int(per_s * 2), seconds=2, mean_ms=2, p50_ms=1, p99_ms=p99_ms, max_ms=99, refused=0, broken=0)


CASES = {
    "hot": report.summed([run(21000), run(19000), run(25000)]),
    "triton": report.summed([run(1400)]),
    "mix": report.summed([run(9000)]),
    "paced": report.summed([run(6300, p99_ms=50)]),
    "peer_hot": report.summed([run(1000)]),
    "peer_mix": report.summed([run(900)]),
}


def test_median_lowest_and_highest() -> None:
    assert CASES["hot"]["per_s"] == {"median": 21000, "min": 19000, "max": 25000}


def test_a_target_holds_or_is_missed() -> None:
    assert {gate["case"]: gate["holds"] for gate in report.gates(CASES)} == {
        "hot": True,
        "triton": False,
        "mix": True,
        "paced": False,  # less than 50 ms is wanted, 50 is not less
    }


def test_sluice_is_compared_with_the_peer_on_the_same_questions() -> None:
    assert report.ratios(CASES) == {"hot": 21.0, "mix": 10.0}


def test_every_case_has_a_title_and_every_target_a_case() -> None:
    names = [case.name for case in SLUICE + PEER]
    assert sorted(report.TITLES) == sorted(names)
    assert {goal.case for goal in GOALS} <= set(names)


def test_the_table_shows_figures_targets_and_memory() -> None:
    text = report.table(
        {
            "machine": {"cpu": "a CPU", "cores": 2, "memory_mb": 4096, "date": "2026-01-01", "load_before": 0.1},
            "plan": {"users": 5000, "rounds": 3, "seconds": 10},
            "cases": CASES,
            "ratios": report.ratios(CASES),
            "gates": report.gates(CASES),
            "degraded": 0,
            "memory_pss_mb": {"at_rest": {"nginx": 20.4}, "after": {"nginx": 31.6}},
        }
    )
    assert "21,000 (19,000 to 25,000)" in text
    assert "sluice / peer, hot: 21 times" in text
    assert "5000 users" in text
    assert [line.split()[-1] for line in text.splitlines() if "measured" in line] == ["holds", "MISSED", "holds", "MISSED"]
    assert any(line.split() == ["nginx", "20", "32"] for line in text.splitlines())


def test_pss_is_read_from_the_rollup() -> None:
    assert memory.pss_kb("55d-7ff ---p [rollup]\nRss:  9000 kB\nPss:  1234 kB\nPss_Dirty:  7 kB\n") == 1234


def test_a_rollup_without_pss_is_an_error() -> None:
    with pytest.raises(StopIteration):
        memory.pss_kb("Rss: 1 kB\n")
