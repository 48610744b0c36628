"""Is a difference between two runs more than noise?

Each run is cut into parts that are taken to be exchangeable, and parts are drawn again and again, with replacement (bootstrap):

    parts      the rounds of a run, or whole runs where they were repeated; both sides drawn by themselves
    seconds    the same second of both runs as a pair, drawn in blocks of 10 s and more: what one second does to the next stays
               within a block, and the shape of the load, which both runs had, falls out (circular block bootstrap)

The spread of what was drawn is the standard error. Few parts know little of their own spread: it is widened by sqrt(n / (n - 1)),
and the interval is Student's, with Welch's degrees of freedom, not the normal one's (as Hesterberg proposes, 2015). Where a few
blocks hold most of what is counted, as in a spike, n is what they are worth: (sum w)^2 / sum w^2.

A table of several figures is one claim: each gets the level at which the whole table is wrong in 1 - LEVEL of comparisons of
equal systems (Sidak).
Everything is seeded: the same records give the same intervals.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, exp, inf, log, sqrt
from typing import Any
from zlib import crc32

import numpy as np

LEVEL = 0.95
DRAWS = 2000
SEED = 20261127
BLOCK_S = 10
FEWEST_PARTS = 5
FEWEST_RUNS = 2
ROUNDING = 1e-9  # what sums of the same figures may differ by

Array = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class Sample:
    """A figure in parts: top / bottom of each, and sum(top) / sum(bottom) of all. source: one source, the same draws."""

    source: str
    top: Array
    bottom: Array

    @property
    def value(self) -> float:
        return float(self.top.sum() / self.bottom.sum())


def sample(source: str, top: Sequence[float], bottom: Sequence[float] | None = None) -> Sample:
    return Sample(source, np.asarray(top, float), np.ones(len(top)) if bottom is None else np.asarray(bottom, float))


@dataclass(frozen=True, slots=True)
class Estimate:
    """B against A, in logarithms where ratio is true. error: its standard error; freedom: Student's degrees of it."""

    value: float
    error: float
    freedom: float
    ratio: bool


@dataclass(frozen=True, slots=True)
class Interval:
    """low to high: of B / A where ratio is true, of B - A otherwise."""

    value: float
    low: float
    high: float
    ratio: bool

    @property
    def differs(self) -> bool:
        neutral = 1.0 if self.ratio else 0.0
        return self.low > neutral + ROUNDING or self.high < neutral - ROUNDING


def of_parts(a: Sample, b: Sample, ratio: bool) -> Estimate | None:
    """Both sides drawn by themselves. None where a ratio makes no sense: something is 0."""
    drawn = [_scaled(_draw(one, f"{side} {one.source}"), ratio) for side, one in (("a", a), ("b", b))]
    value = _difference(a, b, ratio)
    if value is None or drawn[0] is None or drawn[1] is None:
        return None
    left, right = (
        float(one.var()) * len(of.top) / (len(of.top) - 1) for one, of in zip(drawn, (a, b), strict=True) if one is not None
    )
    variance = left + right
    least = left**2 / (len(a.top) - 1) + right**2 / (len(b.top) - 1)
    return Estimate(value, sqrt(variance), variance**2 / least if least else 1.0, ratio)


def of_seconds(a: Sample, b: Sample, ratio: bool) -> Estimate | None:
    """The same seconds of both, in blocks drawn together. None as above, or where there are too few blocks."""
    seconds = len(a.top)
    length = max(BLOCK_S, ceil(sqrt(seconds)))
    blocks = seconds // length
    value = _difference(a, b, ratio) if blocks >= FEWEST_PARTS else None
    if value is None:
        return None
    starts = _random(f"seconds {a.source}").integers(0, seconds, (DRAWS, blocks))
    before, after = (
        _scaled(_blocks(one.top, length)[starts].sum(1) / _blocks(one.bottom, length)[starts].sum(1), ratio) for one in (a, b)
    )
    if before is None or after is None:
        return None
    worth = max(FEWEST_RUNS, min(_worth(values, length) for one in (a, b) for values in (one.top, one.bottom)))
    return Estimate(value, float((after - before).std()) * sqrt(worth / (worth - 1)), worth - 1, ratio)


def _worth(values: Array, length: int) -> float:
    """How many equal blocks say as much as these do."""
    weights = _blocks(values, length)[: len(values) // length * length : length]
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares else inf


def intervals(estimates: Sequence[Estimate | None], level: float = LEVEL) -> list[Interval | None]:
    """One claim of all of them: together they are wrong in at most 1 - level of cases."""
    tails = 1 - level ** (1 / max(1, sum(one is not None for one in estimates)))
    return [None if one is None else _interval(one, tails) for one in estimates]


def _interval(one: Estimate, tails: float) -> Interval:
    reach = student(1 - tails / 2, one.freedom) * one.error
    value, low, high = one.value, one.value - reach, one.value + reach
    return Interval(exp(value), exp(low), exp(high), True) if one.ratio else Interval(value, low, high, False)


def student(probability: float, freedom: float) -> float:
    """Quantile of Student's t above the middle. With t = sqrt(freedom) tan(x) its density is cos(x) ** (freedom - 1)."""
    # finer towards the far end, where few degrees of freedom have their tail
    x = (np.pi / 2) * (1 - np.linspace(1, 0, 2001) ** 4)
    density = np.cos(x) ** (freedom - 1)
    below = np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2 * np.diff(x))])
    return float(sqrt(freedom) * np.tan(np.interp(probability - 0.5, below / below[-1] / 2, x)))


def _random(source: str) -> np.random.Generator:
    return np.random.default_rng([SEED, crc32(source.encode())])


def _draw(one: Sample, source: str) -> Array:
    parts = len(one.top)
    chosen = _random(source).integers(0, parts, (DRAWS, parts))
    drawn: Array = one.top[chosen].sum(1) / one.bottom[chosen].sum(1)
    return drawn


def _blocks(values: Array, length: int) -> Array:
    """Sums of all blocks of this length, the end joined to the beginning."""
    total = np.concatenate([[0.0], np.cumsum(np.concatenate([values, values[: length - 1]]))])
    sums: Array = total[length:] - total[:-length]
    return sums


def _scaled(values: Array, ratio: bool) -> Array | None:
    if not np.isfinite(values).all() or (ratio and (values <= 0).any()):
        return None
    return np.log(values) if ratio else values


def _difference(a: Sample, b: Sample, ratio: bool) -> float | None:
    if not a.bottom.sum() or not b.bottom.sum():
        return None
    if ratio:
        return log(b.value / a.value) if a.value > 0 and b.value > 0 else None
    return b.value - a.value
