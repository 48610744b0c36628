"""When is each turn due? A seeded Poisson schedule over the rows of a scenario.

Nobody asks whether the turn before was answered: that is what makes the model open, and waiting visible. The schedule is the same
for one worker and for many; worker i of n takes every n-th turn.
"""

import math
import random
from collections.abc import Iterator
from itertools import islice

from loadtest.running.shapes import Row


def _seconds(turns: float, before: float, row: Row) -> float:
    """How far into the row so many turns are due on average; before: the rate at its begin, where it ramps."""
    if row.shape != "ramp" or before == row.rate:
        return turns / row.rate
    slope = (row.rate - before) / row.seconds
    return (math.sqrt(max(0.0, before * before + 2 * slope * turns)) - before) / slope


def due(rows: tuple[Row, ...], seed: int) -> Iterator[float]:
    """Moments, seconds since the load began, rising."""
    chance = random.Random(f"due:{seed}")
    ahead = chance.expovariate(1.0)  # turns until the next one is due, measured along the rate
    start, before = 0.0, rows[0].rate
    for row in rows:
        turns = row.seconds * ((before + row.rate) / 2 if row.shape == "ramp" else row.rate)
        while ahead < turns:
            yield start + _seconds(ahead, before, row)
            ahead += chance.expovariate(1.0)
        ahead -= turns
        start, before = start + row.seconds, row.rate


def share(rows: tuple[Row, ...], seed: int, worker: int, workers: int) -> Iterator[float]:
    """Of this worker, 0-based, of so many."""
    return islice(due(rows, seed), worker, None, workers)
