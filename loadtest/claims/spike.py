"""Fifteen times the load within ten seconds, and back: is anything lost, and when is it as before?"""

from pathlib import Path
from statistics import median

from loadtest.claims import loads
from loadtest.claims.claim import Measured, Row
from loadtest.running.shapes import TABLES, begins
from loadtest.seen.record import Record, Second

TABLE = TABLES["spike"]
CALM, RUSH, PEAK, EBB, BACK = 1, 2, 3, 4, 5  # rows of the scenario's table
AS_BEFORE, HELD_S = 2.0, 3  # recovered: p99 within so many times what it was, so many seconds in a row


def _part(found: Record, times: float, row: int) -> list[Second]:
    """The seconds of one row; times: how much longer or shorter than its table the run was."""
    start = begins(TABLE)[row] * times
    return [second for second in found.series if start <= second.t < start + TABLE[row].seconds * times and second.answered]


def recovered_s(calm_p99: float, after: list[Second]) -> float | None:
    """Seconds after the peak until p99 is as before, and stays so for a while; None where it never is."""
    for at in range(len(after) - HELD_S + 1):
        if all(second.p99 <= AS_BEFORE * calm_p99 for second in after[at : at + HELD_S]):
            return float(after[at].t - after[0].t)
    return None


def _row(name: str, part: list[Second]) -> Row:
    return {
        "when": name,
        "turns/s": round(median(second.offered for second in part)),
        "p50 ms": round(median(second.p50 for second in part), 1),
        "p95 ms": round(median(second.p95 for second in part), 1),
        "p99 ms": round(median(second.p99 for second in part), 1),
        "not answered": sum(sum(second.errors.values()) for second in part),
    }


def measure(folder: Path, quick: bool) -> Measured:
    found = loads.run(folder, "spike", *(("--seconds", "40") if quick else ()))
    times = found.seconds / sum(row.seconds for row in TABLE)
    parts = {name: _part(found, times, row) for name, row in (("before", CALM), ("at 15 times", PEAK), ("after", BACK))}
    calm = median(second.p99 for second in parts["before"])
    after = [second for second in found.series if second.t >= begins(TABLE)[EBB] * times and second.answered]
    took = recovered_s(calm, after)
    back = f"{took:.0f} s after the peak p99 was as before" if took is not None else "p99 was not as before when the run ended"
    lost, forgotten = sum(found.errors.values()), len(found.context_failures)
    said = f"{lost} of {found.offered:,} turns were not answered, {forgotten} conversations were forgotten; {back}."
    how = "`make load SCENARIO=spike`: conversations, open model: latency from when a turn was due; medians over the seconds"
    return Measured([_row(name, part) for name, part in parts.items()], said, how)
