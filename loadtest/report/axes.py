"""Where on a plot does a figure stand? Axes map a figure to 0..1; their ticks are round."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor, log10

from loadtest.report import units

TICKS = 5
STEPS_S = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10800, 21600, 43200, 86400)
TIME_TICKS = 6  # as many as a telephone has room for
DECADES_MAX = 6


@dataclass(frozen=True, slots=True)
class Linear:
    """From 0 to top."""

    top: float
    step: float

    def place(self, value: float) -> float:
        return value / self.top

    def ticks(self) -> list[tuple[float, str]]:
        count = round(self.top / self.step)
        return [(at / count, units.number(at * self.step)) for at in range(count + 1)]


@dataclass(frozen=True, slots=True)
class Log:
    """From 10**low to 10**high. What is smaller stands on the floor."""

    low: float
    high: float

    def place(self, value: float) -> float:
        if value <= 10.0**self.low:
            return 0.0
        return min(1.0, (log10(value) - self.low) / (self.high - self.low))

    def ticks(self) -> list[tuple[float, str]]:
        span = self.high - self.low
        within = (1, 2, 5) if span <= 2 else (1, 3) if span <= 3.5 else (1,)
        values = [step * 10.0**power for power in range(floor(self.low), ceil(self.high) + 1) for step in within]
        edge = 1e-9
        return [
            (self.place(value), units.number(value)) for value in values if self.low - edge <= log10(value) <= self.high + edge
        ]


Axis = Linear | Log


def round_up(value: float) -> float:
    """1, 2 or 5 times a power of ten, not less than value."""
    power = 10.0 ** floor(log10(value))
    return next((step * power for step in (1, 2, 5) if step * power >= value * (1 - 1e-9)), 10 * power)


def round_down(value: float) -> float:
    """1, 2 or 5 times a power of ten, not more than value."""
    power = 10.0 ** floor(log10(value))
    return next((step * power for step in (5, 2) if step * power <= value * (1 + 1e-9)), power)


def linear(values: Iterable[float], least: float = 0.0) -> Linear:
    """An axis that holds all values, and least."""
    top = max([*values, least])
    if top <= 0:
        return Linear(1.0, 0.5)
    step = round_up(top / TICKS)
    return Linear(step * ceil(top / step - 1e-9), step)


def log(values: Iterable[float]) -> Log:
    """From a round figure to a round figure, at least a decade, at most the upper six."""
    seen = [value for value in values if value > 0]
    if not seen:
        return Log(0, 1)
    high = log10(round_up(max(seen)))
    low = min(log10(round_down(min(seen))), high - 1)
    return Log(max(low, high - DECADES_MAX), high)


@dataclass(frozen=True, slots=True)
class Time:
    """Seconds since the load began, from 0 to end."""

    end: float

    def place(self, t: float) -> float:
        return min(1.0, max(0.0, t / self.end))

    def ticks(self) -> list[tuple[float, str]]:
        wanted = self.end / TIME_TICKS
        at = bisect_left(STEPS_S, wanted)
        step = STEPS_S[at] if at < len(STEPS_S) else 86400 * ceil(wanted / 86400)
        return [(self.place(t), units.clock(t)) for t in range(0, int(self.end) + 1, step)]
