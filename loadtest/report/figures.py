"""On what grounds is a figure of one side compared with the other?

One run a side: its rounds, and its seconds in pairs. Repeated runs: the figures of whole runs; runs are drawn, not seconds,
because what differs between two starts of a system is not seen within one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from loadtest.report import noise
from loadtest.report.noise import Estimate, Interval, Sample
from loadtest.seen.record import Record, Second

Worse = Literal["more", "less", ""]
ALONE = "one run a side: repeat both to judge this"
NOTHING = "too little was recorded to judge this"


@dataclass(frozen=True, slots=True)
class Figure:
    """worse: what would be bad news. share: a and b are shares, 0 to 1. estimate: None where reason says why not."""

    name: str
    unit: str
    a: float
    b: float
    worse: Worse
    estimate: Estimate | None
    share: bool = False
    reason: str = NOTHING


@dataclass(frozen=True, slots=True)
class Row:
    figure: Figure
    interval: Interval | None

    @property
    def verdict(self) -> Literal["worse", "better", "different", "same", "unjudged"]:
        if self.interval is None:
            return "unjudged"
        if not self.interval.differs:
            return "same"
        if not self.figure.worse:
            return "different"
        grew = self.interval.value > (1.0 if self.interval.ratio else 0.0)
        return "worse" if grew == (self.figure.worse == "more") else "better"


def judged(figures: Sequence[Figure]) -> list[Row]:
    """As one claim."""
    found = noise.intervals([one.estimate for one in figures])
    return [Row(figure, interval) for figure, interval in zip(figures, found, strict=True)]


def between(name: str, unit: str, worse: Worse, a: Sequence[float], b: Sequence[float], share: bool = False) -> Figure:
    """A figure of whole runs. Where each run said the very same, two runs are too few to claim anything."""
    if min(len(a), len(b)) < noise.FEWEST_RUNS:
        return Figure(name, unit, fmean(a), fmean(b), worse, None, share, ALONE)
    estimate = noise.of_parts(noise.sample("runs", a), noise.sample("runs", b), not share)
    if estimate is None and not share:
        estimate = noise.of_parts(noise.sample("runs", a), noise.sample("runs", b), False)
    if estimate is not None and _all_alike(estimate) and min(len(a), len(b)) < noise.FEWEST_PARTS:
        estimate = None
    return Figure(name, unit, fmean(a), fmean(b), worse, estimate, share)


def _all_alike(estimate: Estimate) -> bool:
    """The runs of each side agree to the last digit, and the sides do not."""
    return estimate.error < noise.ROUNDING < abs(estimate.value)


def paired(name: str, unit: str, worse: Worse, samples: tuple[Sample, Sample] | None, share: bool = False) -> Figure | None:
    """A figure of the seconds that both runs have."""
    if samples is None or not samples[0].bottom.sum() or not samples[1].bottom.sum():
        return None
    a, b = samples
    return Figure(name, unit, a.value, b.value, worse, noise.of_seconds(a, b, not share), share)


def seconds(
    a: Record, b: Record, top: Callable[[Second], float], bottom: Callable[[Second], float] = lambda _: 1.0
) -> tuple[Sample, Sample] | None:
    left, right = ({one.t: one for one in record.series} for record in (a, b))
    both = sorted(left.keys() & right.keys())
    if not both:
        return None
    before, after = (
        noise.sample("series", [top(side[t]) for t in both], [bottom(side[t]) for t in both]) for side in (left, right)
    )
    return before, after
