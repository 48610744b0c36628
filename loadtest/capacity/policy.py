"""How many replicas are there to be? What is seen of the queue in, a number out.

The rule that is quoted for such systems: double when the queue lags by more than 50,000 turns or 200 ms, at most 300 replicas;
after 5 stable minutes shrink by 10 %. Ours besides: what is always there, what is there ahead of a peak that is known, and that
nothing is shrunk that would be missed at once.
"""

from dataclasses import dataclass
from math import ceil, floor, inf


@dataclass(frozen=True, slots=True)
class Window:
    """So many replicas are ordered at start, and not dismissed before end, s."""

    replicas: int
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Policy:
    """lag_turns, lag_s: beyond either, times growth, and not again for pause_s. keep: shrink only where the rest would be busy to
    no more than this. busy: grow also where the ready ones are busier (the quoted rule does not look)."""

    base: int
    ahead: Window | None = None
    lag_turns: float = 50_000
    lag_s: float = 0.2
    growth: float = 2.0
    most: int = 300
    shrink: float = 0.1
    stable_s: float = 300.0
    check_s: float = 15.0  # Kubernetes' own
    pause_s: float = 15.0
    keep: float = 0.9
    busy: float = inf

    def least(self, t: float) -> int:
        window = self.ahead
        inside = window is not None and window.start <= t < window.end
        return min(self.most, max(self.base, window.replicas if window and inside else 0))


@dataclass(frozen=True, slots=True)
class Lag:
    """What is seen at t: turns that wait, for how long the first has, s; replicas that are ready or starting; since_s: since the
    last change of their number; calm_s: since when nothing lagged or changed; busy: rate over what the ready ones do."""

    t: float
    turns: float
    seconds: float
    ready: int
    starting: int
    since_s: float
    calm_s: float
    busy: float

    @property
    def replicas(self) -> int:
        return self.ready + self.starting


def lags(policy: Policy, seen: Lag) -> bool:
    return seen.turns > policy.lag_turns or seen.seconds > policy.lag_s


def wanted(policy: Policy, seen: Lag) -> int:
    """Replicas, those that start among them."""
    now, least = seen.replicas, policy.least(seen.t)
    hurried = lags(policy, seen) or seen.busy * seen.ready > policy.busy * now
    if hurried and seen.since_s >= policy.pause_s:
        now = min(policy.most, ceil(now * policy.growth))
    elif seen.calm_s >= policy.stable_s and now > least:
        fewer = max(least, min(now - 1, floor(now * (1 - policy.shrink))))
        now = fewer if seen.busy * seen.ready <= policy.keep * fewer else now
    return max(now, least)
