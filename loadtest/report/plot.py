"""What is on a plot over time?

A value of None, and a hole in the times, is a gap: it is shown as one, never bridged. Long runs are thinned to POINTS points a
line, or a few less: each is the mean of its part, or the highest where what matters is how bad it got (percentiles have no mean).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil
from statistics import fmean, median
from typing import Literal

POINTS = 900
LINES = 24  # more cannot be told apart
Point = tuple[float, float | None]


@dataclass(frozen=True, slots=True)
class Line:
    """points: (s, value), in order. colour: c0 to c10 of page.css. told: what the legend says while no moment is chosen."""

    name: str
    points: Sequence[Point]
    colour: int
    told: str = ""
    dashed: bool = False
    thin: bool = False


@dataclass(frozen=True, slots=True)
class Plot:
    """kind: lines from point to point; stack: areas on one another, each point lasting until the next; share: the same, of 100 %.
    joined: longer steps than so many usual ones are gaps. worst: thinning keeps the highest."""

    name: str
    title: str
    unit: str
    lines: Sequence[Line]
    note: str = ""
    kind: Literal["lines", "stack", "share"] = "lines"
    log: bool = False
    worst: bool = False
    joined: float = 1.5
    least: float = 0.0
    step: float = 0.0  # s between points after thinning; 0: as they are

    def values(self) -> list[float]:
        return [value for line in self.lines for _, value in line.points if value is not None]


def thinned(plot: Plot, end: float) -> Plot:
    """The plot as it is drawn; end: of the time axis, s."""
    if len(plot.lines) > LINES:
        told = f"{len(plot.lines) - LINES:,} more are in record.json."
        plot = replace(plot, lines=plot.lines[:LINES], note=f"{plot.note} {told}".strip())
    longest = max((len(line.points) for line in plot.lines), default=0)
    if longest <= POINTS:
        return plot
    step = ceil(end / POINTS)
    take: Callable[[list[float]], float] = max if plot.worst else fmean
    centred = plot.kind == "lines"
    lines = [replace(line, points=_binned(line.points, step, take, centred)) for line in plot.lines]
    told = f"Each point is the {'highest' if plot.worst else 'mean'} of {step} s."
    return replace(plot, lines=lines, note=f"{plot.note} {told}".strip(), step=step)


def _binned(points: Sequence[Point], step: int, take: Callable[[list[float]], float], centred: bool) -> list[Point]:
    bins: dict[int, list[float]] = {}
    for t, value in points:
        bins.setdefault(int(t // step), []).extend([] if value is None else [value])
    middle = 0.5 if centred else 0.0
    return [((at + middle) * step, take(values) if values else None) for at, values in bins.items()]


def spacing(points: Sequence[Point]) -> float:
    """The usual step between two points, s."""
    return median(after[0] - before[0] for before, after in pairwise(points)) if len(points) > 1 else 1.0


def stretches(points: Sequence[Point], joined: float) -> list[list[tuple[float, float]]]:
    """The parts between gaps."""
    longest = joined * spacing(points)
    found: list[list[tuple[float, float]]] = []
    last: float | None = None
    for t, value in points:
        if value is None:
            last = None
            continue
        if last is None or t - last > longest:
            found.append([])
        found[-1].append((t, value))
        last = t
    return found
