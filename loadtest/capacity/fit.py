"""What of a part's processor time is work, and what is waking up? Least squares over paced loads, nothing below 0.

Every load counts alike: what is made small is the relative error.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

from loadtest.capacity.service import Batches, Part, Seen

Floats = npt.NDArray[np.float64]
LOADS = 4  # fewer say nothing of three unknowns


def least(rows: Floats, wanted: Floats) -> tuple[Floats, float]:
    """x >= 0 with rows @ x as near to wanted as can be, relatively, and the root mean square of what is left.

    There are at most four unknowns: each choice of those that are above 0 is tried.
    """
    scaled = rows / wanted[:, None]
    best, error = np.zeros(rows.shape[1]), 1.0
    for count in range(1, rows.shape[1] + 1):
        for chosen in combinations(range(rows.shape[1]), count):
            x, *_ = np.linalg.lstsq(scaled[:, chosen], np.ones(len(wanted)), rcond=None)
            left = float(np.sqrt(np.mean((scaled[:, chosen] @ x - 1) ** 2)))
            if (x >= 0).all() and left < error - 1e-12:
                best, error = np.zeros(rows.shape[1]), left
                best[list(chosen)] = x
    return best, error


def part(name: str, loads: Sequence[Seen]) -> Part:
    """Of one part. Raises ValueError where it was not seen at work often enough."""
    seen = [one for one in loads if one.busy.get(name, 0) > 0 and (one.share > 0 or name not in ("shim", "triton"))]
    if len(seen) < LOADS:
        raise ValueError(f"{name} was busy in {len(seen)} of {len(loads)} loads, {LOADS} are wanted")
    share, rate = (np.array([getattr(one, field) for one in seen]) for field in ("share", "per_s"))
    wakes = np.array([one.wakes[name] for one in seen]) / rate
    deep_only = name in ("shim", "triton")
    columns = [np.zeros_like(share) if deep_only else 1 - share, share, wakes]
    columns.append(np.array([one.share / one.batch if one.batch else 0.0 for one in seen]) if name == "triton" else share * 0)
    cost = np.array([one.busy[name] for one in seen]) / rate * 1e6
    (hot, deep, wake, batch), error = least(np.stack(columns, axis=1), cost)
    return Part(float(hot), float(deep), float(wake), _idle(name, seen, 0.0), _idle(name, seen, 1.0), float(batch), error)


def _idle(name: str, seen: Sequence[Seen], share: float) -> float:
    """How often it is woken for a turn when it is hardly busy: as often as at the slowest pace."""
    alike = [one for one in seen if one.share == share]
    slowest = min(alike, key=lambda one: one.per_s, default=None)
    return slowest.wakes[name] / slowest.per_s if slowest else 0.0


def batches(times: Sequence[tuple[int, float]], most: int, delay_us: float) -> Batches:
    """times: questions of an execution, and how long it took, us."""
    sizes, took = (np.array(column, dtype=float) for column in zip(*times, strict=True))
    (fixed, each), error = least(np.stack([np.ones_like(sizes), sizes], axis=1), took)
    return Batches(float(fixed), float(each), most, delay_us, error)
