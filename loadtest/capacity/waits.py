"""How long do turns wait, and the most unlucky of them? Distributions of time on a grid of small steps.

Parts wait independently of each other: their waits are added by convolution.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
STEPS = 1600


@dataclass(frozen=True, slots=True)
class Waits:
    """chance[i]: of a time of about i steps; what is longer than the grid is in none. step_ms: its step."""

    chance: Floats
    step_ms: float

    def __add__(self, other: "Waits") -> "Waits":
        """One wait after the other."""
        return Waits(np.convolve(self.chance, other.chance)[: len(self.chance)], self.step_ms)

    def mixed(self, other: "Waits", share: float) -> "Waits":
        """The other with this share, else this."""
        return Waits((1 - share) * self.chance + share * other.chance, self.step_ms)

    def percentile(self, of: float) -> float:
        """ms; inf where it lies beyond the grid. of: 0 to 100."""
        sums = np.cumsum(self.chance)
        at = int(np.searchsorted(sums, of / 100 - 1e-12))
        return at * self.step_ms if at < len(sums) else float("inf")


def grid(longest_ms: float) -> float:
    """The step of a grid that reaches so far, ms."""
    return longest_ms / STEPS


def of_tail(step_ms: float, longer: Callable[[Floats], Floats]) -> Waits:
    """longer: the chance of more than so many ms. What lies within half a step of a point is that point's."""
    edges = (np.arange(STEPS + 1) - 0.5) * step_ms
    chances = np.concatenate([[1.0], longer(edges[1:])])
    return Waits(-np.diff(chances), step_ms)


def exponential(step_ms: float, chance: float, mean_ms: float) -> Waits:
    """With this chance a wait, whose length is exponential with this mean; else none."""
    if chance <= 0 or mean_ms <= 0:
        return constant(step_ms, 0.0)
    return of_tail(step_ms, lambda t: chance * np.exp(-t / mean_ms))


def constant(step_ms: float, ms: float) -> Waits:
    chance = np.zeros(STEPS)
    at = round(ms / step_ms)
    if at < STEPS:
        chance[at] = 1.0
    return Waits(chance, step_ms)


def of_samples(step_ms: float, ms: Floats, weights: Floats) -> Waits:
    at = np.rint(np.maximum(ms, 0.0) / step_ms).astype(int)
    inside = at < STEPS
    found = np.bincount(at[inside], weights[inside], minlength=STEPS)
    return Waits(found / weights.sum(), step_ms)
