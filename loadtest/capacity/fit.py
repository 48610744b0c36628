"""What of a part's processor time is work, and what is waking up? Least squares over paced loads, within what can be.

A wake counts as far as cores slept. What a question costs Triton falls with the batch as its executions do. Every load counts
alike: what is made small is the relative error.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

from loadtest.capacity.service import Batches, Part, Seen

Floats = npt.NDArray[np.float64]
LOADS = 4  # fewer say nothing of three unknowns
WORK = 0.25  # of the least that a turn was seen to cost is work, at least: wakes do not explain it all


def least(rows: Floats, wanted: Floats, floors: Floats) -> tuple[Floats, float]:
    """x, none below its floor, with rows @ x as near to wanted as can be, relatively, and the root mean square of what is left.

    There are at most three unknowns: each choice of those that are above their floors is tried.
    """
    scaled, left = rows / wanted[:, None], 1 - rows @ floors / wanted
    best, error = floors, float(np.sqrt(np.mean(left**2)))
    for count in range(1, rows.shape[1] + 1):
        for chosen in combinations(range(rows.shape[1]), count):
            x, *_ = np.linalg.lstsq(scaled[:, chosen], left, rcond=None)
            rest = float(np.sqrt(np.mean((scaled[:, chosen] @ x - left) ** 2)))
            if (x >= 0).all() and rest < error - 1e-12:
                best, error = floors.copy(), rest
                best[list(chosen)] += x
    return best, error


def part(name: str, loads: Sequence[Seen], cores: int, executions: Batches) -> Part:
    """Of one part; cores: that all parts shared. Raises ValueError where it was not seen at work often enough."""
    deep_only = name in ("shim", "triton")
    seen = [one for one in loads if one.busy.get(name, 0) > 0 and (one.share > 0 or not deep_only)]
    if len(seen) < LOADS:
        raise ValueError(f"{name} was busy in {len(seen)} of {len(loads)} loads, {LOADS} are wanted")
    share, rate = (np.array([getattr(one, field) for one in seen]) for field in ("share", "per_s"))
    cost = np.array([one.busy[name] for one in seen]) / rate * 1e6
    asleep = np.array([max(0.0, 1 - sum(one.busy.values()) / cores) for one in seen])
    each, fixed = (executions.each_us, executions.fixed_us) if name == "triton" else (1.0, 0.0)
    deep = share * (1 + fixed / each / np.array([max(1.0, one.batch) for one in seen]))
    hot = np.zeros_like(share) if deep_only else 1 - share
    columns = [hot, deep, np.array([one.wakes[name] for one in seen]) / rate * asleep]
    floors = np.array([WORK * _cheapest(name, seen, 0.0), WORK * _cheapest(name, seen, 1.0) / (1 + fixed / each), 0.0])
    found, error = least(np.stack(columns, axis=1), cost, floors)
    return Part(
        hot_us=float(found[0]),
        deep_us=float(found[1]),
        wake_us=float(found[2]),
        hot_wakes=_idle(name, seen, 0.0),
        deep_wakes=_idle(name, seen, 1.0),
        batch_us=float(found[1] * fixed / each),
        error=error,
        apart=bool((found[:2] > floors[:2])[deep_only:].all()),
    )


def _cheapest(name: str, seen: Sequence[Seen], share: float) -> float:
    """The least that a turn was seen to cost, us."""
    return min((1e6 * one.busy[name] / one.per_s for one in seen if one.share == share), default=0.0)


def _idle(name: str, seen: Sequence[Seen], share: float) -> float:
    """How often it is woken for a turn when it is hardly busy: as often as at the slowest pace."""
    alike = [one for one in seen if one.share == share]
    slowest = min(alike, key=lambda one: one.per_s, default=None)
    return slowest.wakes[name] / slowest.per_s if slowest else 0.0


def batches(times: Sequence[tuple[int, float]], most: int, delay_us: float) -> Batches:
    """times: questions of an execution, and how long it took, us."""
    sizes, took = (np.array(column, dtype=float) for column in zip(*times, strict=True))
    (fixed, each), error = least(np.stack([np.ones_like(sizes), sizes], axis=1), took, np.zeros(2))
    return Batches(float(fixed), float(each), most, delay_us, error)
