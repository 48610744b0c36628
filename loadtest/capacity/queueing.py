"""How long does a turn wait for a process that is busy? Closed forms, and one approximation for the tail.

M/G/1: Pollaczek and Khinchine's mean, exact. M/G/c: Allen and Cunneen's, exact for M/M/c. The tail is taken as exponential behind
the chance to wait at all, which is exact for M/M/1 and M/M/c, and within 15 % of p99 for the rest (tests/loadtest/capacity).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import inf, log

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Wait:
    """chance: to wait at all; mean: of all who come, in the unit of the service time."""

    chance: float
    mean: float

    @property
    def of_those_who_wait(self) -> float:
        return self.mean / self.chance if self.chance else 0.0

    def percentile(self, of: float) -> float:
        """of: 0 to 100."""
        beyond = 1 - of / 100
        return self.of_those_who_wait * log(self.chance / beyond) if self.chance > beyond else 0.0


def erlang_c(servers: int, busy: float) -> float:
    """The chance that all servers are busy. busy: share of time a server works, 0 to 1."""
    if busy >= 1:
        return 1.0
    offered, blocked = servers * busy, 1.0
    for count in range(1, servers + 1):
        blocked = offered * blocked / (count + offered * blocked)
    return blocked / (1 - busy * (1 - blocked))


def waiting(servers: int, busy: float, service: float, scv: float = 1.0) -> Wait:
    """Poisson arrivals at one queue before so many servers. service: mean time; scv: its variance over the square of its mean."""
    if busy >= 1:
        return Wait(1.0, inf)
    chance = erlang_c(servers, busy)
    return Wait(chance, chance * service / (servers * (1 - busy)) * (1 + scv) / 2)


def stretch(servers: int, users: int, busy: float) -> float:
    """How many times as long work takes because the servers are shared fairly among so many who are at work, or not (the machine
    repairman's queue, M/M/c//N: exact for exponential times). busy: share of time a server works, 0 to 1."""
    if users <= servers:
        return 1.0
    levels, stretched = _repairman(servers, users)
    return float(np.interp(busy, levels, stretched))


@cache
def _repairman(servers: int, users: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """How busy, and how stretched, from hardly at work to hardly ever not."""
    count = np.arange(1, users + 1)
    each = np.log((users - count + 1) / np.minimum(count, servers))  # from one less at work to so many, times the load
    chance = np.exp(np.cumsum(each[None, :] + np.linspace(-12, 12, 400)[:, None], axis=1))
    working, served = chance @ count, chance @ np.minimum(count, servers)
    return served / servers / (1 + chance.sum(axis=1)), working / served


def mixture_scv(kinds: Sequence[tuple[float, float]], scv: float = 1.0) -> float:
    """Of service times of several kinds: (how many, mean); scv: of each kind."""
    total = sum(count for count, _ in kinds)
    mean = sum(count * time for count, time in kinds) / total if total else 0.0
    if mean <= 0:
        return scv
    return sum(count * time * time * (1 + scv) for count, time in kinds) / total / mean**2 - 1
