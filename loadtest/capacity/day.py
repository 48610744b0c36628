"""How many turns come in each second of a day with a sale at midnight? A table, from noon to noon.

Rates are in multiples of an ordinary hour's; between two rows the rate changes evenly. At midnight it jumps within rise_s.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate, pairwise

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
MIDNIGHT_S = 12 * HOUR_S
PEAK = 15.0  # times an ordinary hour

# (hours since noon, times an ordinary hour's rate); 12 is midnight, before the jump
BEFORE = ((0, 1.0), (2, 0.9), (5, 1.0), (8, 1.3), (10, 1.6), (11.5, 2.0), (12, 2.5))
# after the jump, hours since midnight
AFTER = ((1 / 12, 15.0), (1 / 6, 12.0), (0.5, 7.0), (1, 4.0), (2, 1.5), (3, 0.6), (6, 0.3), (9, 0.8), (12, 1.0))

Row = tuple[float, float]  # (s since the beginning, turns a second)


@dataclass(frozen=True, slots=True)
class Load:
    """Rows in order of time, the first at 0. peak: the highest rate; _before: turns before each row."""

    rows: tuple[Row, ...]
    peak: float = field(init=False)
    _times: tuple[float, ...] = field(init=False, repr=False)
    _before: tuple[float, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        areas = ((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in pairwise(self.rows))
        found = {
            "peak": max(rate for _, rate in self.rows),
            "_times": tuple(at for at, _ in self.rows),
            "_before": tuple(accumulate(areas, initial=0.0)),
        }
        for name, value in found.items():
            object.__setattr__(self, name, value)

    @property
    def seconds(self) -> float:
        return self.rows[-1][0]

    @property
    def peak_at(self) -> float:
        """When it begins, s."""
        return next(at for at, rate in self.rows if rate == self.peak)

    @property
    def rise_at(self) -> float:
        """When the rise to the peak begins, s."""
        return max((at for at, rate in self.rows if at < self.peak_at), default=0.0)

    def rate(self, t: float) -> float:
        at = bisect_right(self._times, t)
        if at == 0 or at == len(self.rows):
            return self.rows[max(0, at - 1)][1]
        (start, before), (end, after) = self.rows[at - 1 : at + 1]
        return before + (after - before) * (t - start) / (end - start)

    def until(self, t: float) -> float:
        """Turns from the beginning to t."""
        at = max(1, min(len(self.rows) - 1, bisect_right(self._times, t)))
        start, before = self.rows[at - 1]
        return self._before[at - 1] + (t - start) * (before + self.rate(t)) / 2

    def busiest(self, start: float, end: float) -> float:
        """The highest rate between."""
        first, last = bisect_right(self._times, start), bisect_right(self._times, end)
        return max(self.rate(start), self.rate(end), *(rate for _, rate in self.rows[first:last]))


def sale(peak_per_s: float, rise_s: float = 10.0) -> Load:
    """A day whose peak, right after midnight, has so many turns a second."""
    ordinary = peak_per_s / PEAK
    rows = [(HOUR_S * at, ordinary * times) for at, times in BEFORE]
    rows.append((MIDNIGHT_S + rise_s, peak_per_s))
    rows += [(MIDNIGHT_S + HOUR_S * at, ordinary * times) for at, times in AFTER]
    return Load(tuple(rows))
