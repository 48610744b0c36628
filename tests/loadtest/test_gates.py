"""Is a run judged right, and does a broken gate say what broke?"""

import msgspec
import pytest

from loadtest.seen.record import Percentiles
from loadtest.verdict import gates
from loadtest.verdict.gates import BadGate, Seen, Slope, Wanted

FAST = Percentiles(10_000, 5.0, 3.0, 20.0, 40.0, 90.0, 300.0, 0.97)


def seen(**changes: object) -> Seen:
    base = {"total": FAST, "offered": 10_000, "errors": 0, "layers": {"l3_hot": FAST}, "late_p99": 2.0}
    return Seen(**{**base, **changes})  # type: ignore[arg-type]


def names(one: Seen, wanted: Wanted | None = None, leaks: bool = False) -> list[str]:
    return [gate.name for gate in gates.broken(gates.judge(one, wanted or Wanted(), leaks))]


def slow(**changes: float) -> Percentiles:
    return msgspec.structs.replace(FAST, **changes)


def test_a_good_run_breaks_nothing() -> None:
    assert names(seen()) == []


@pytest.mark.parametrize(
    ("changes", "broken"),
    [
        ({"total": slow(p95=300.1)}, ["p95"]),
        ({"total": slow(p95=300.0)}, []),
        ({"total": slow(p99=420.1)}, ["p99"]),
        ({"total": slow(within_50_ms=0.899)}, ["within 50 ms"]),
        ({"errors": 18}, ["errors"]),
        ({"errors": 17}, []),
        ({"context_failures": 1}, ["context failures"]),
        ({"let_in": 1}, ["attacks let in"]),
        ({"late_p99": 26.0}, [gates.LATE]),
        ({"layers": {"l3_hot": FAST, "l5_dialogue": slow(p99=421.0)}}, ["l5_dialogue p99"]),
        ({"layers": {"l6_recall": slow(p99=900.0, count=199)}}, []),
    ],
)
def test_each_gate_breaks_at_its_limit_and_no_other_does(changes: dict[str, object], broken: list[str]) -> None:
    assert names(seen(**changes)) == broken


def test_nothing_answered_breaks_everything_that_is_about_answers() -> None:
    assert names(seen(total=None, layers={}, errors=100, offered=100)) == ["p95", "p99", "errors", "within 50 ms"]


def test_other_limits_are_given_by_name() -> None:
    wanted = gates.wanted(["p95=30", "layer_errors=0.01", "p99="])

    assert names(seen(), wanted) == ["p95"]
    assert "l3_hot errors" in names(seen(layer_errors={"l3_hot": 200}), wanted)


@pytest.mark.parametrize("change", ["p98=3", "p95", "p95=fast", "=3"])
def test_a_gate_that_does_not_exist_is_named(change: str) -> None:
    with pytest.raises(BadGate, match=f"--gate {change}"):
        gates.wanted([change])


def test_memory_is_judged_where_leaks_are_looked_for() -> None:
    leaking = seen(memory={"shim-0": Slope(3600, 1200), "nginx": Slope(2, 0.5)})

    assert names(leaking) == []
    assert names(leaking, leaks=True) == ["memory of shim-0"]


def test_what_grew_by_less_than_allocators_do_is_no_leak() -> None:
    assert names(seen(memory={"redis": Slope(400, 7.9)}), leaks=True) == []


def test_the_table_says_which_one_broke() -> None:
    table = gates.table(gates.judge(seen(total=slow(p95=512)), Wanted()))

    lines = {line.split("  ")[1]: line for line in table.splitlines()}
    assert lines["p95"].endswith("512 ms  BROKEN")
    assert lines["p99"].endswith("holds")
