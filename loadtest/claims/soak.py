"""Hours of conversations in a row: does a process grow?"""

from collections import defaultdict
from pathlib import Path

import numpy as np

from loadtest.claims import loads
from loadtest.claims.claim import Measured, Row
from loadtest.seen.record import Reading, Record

WARM = 0.2  # of the run: caches fill
PUBLISHED_MB_MIN = 60.0  # 600 MB to 1.8 GB in 20 minutes
STATE = ("redis",)  # keeps what was said: it grows with the conversations, and forgets after its time


def slopes(found: Record) -> dict[str, list[Reading]]:
    """Readings of each process, after the caches are warm."""
    of: dict[str, list[Reading]] = defaultdict(list)
    for reading in found.processes:
        if reading.t >= WARM * found.seconds:
            of[reading.name].append(reading)
    return of


def _row(name: str, readings: list[Reading]) -> Row:
    minutes, memory = [one.t / 60 for one in readings], [one.memory for one in readings]
    return {
        "process": name,
        "MB at first": round(memory[0], 1),
        "MB at last": round(memory[-1], 1),
        "MB a minute": round(float(np.polyfit(minutes, memory, 1)[0]), 3),
    }


def measure(folder: Path, quick: bool) -> Measured:
    found = loads.run(folder, "soak", "--seconds", "60" if quick else "1500")
    rows = [_row(name, readings) for name, readings in sorted(slopes(found).items()) if len(readings) > 2]
    worst = max((row for row in rows if row["process"] not in STATE), key=lambda row: float(row["MB a minute"] or 0))
    grows, lost = worst["MB a minute"], sum(found.errors.values())
    said = (
        f"Of what keeps no state, {worst['process']} grows most: {grows} MB a minute, against {PUBLISHED_MB_MIN:g} in the "
        f"published leak; {lost} of {found.offered:,} turns were not answered. Redis holds every conversation."
    )
    how = f"`make load SCENARIO=soak`, {found.seconds / 60:.0f} minutes, PSS; the first fifth is left out"
    return Measured(rows, said, how)
