"""Which policy is the cheapest that keeps p99 through the day? It is played, not believed: every candidate has its own day.

Cost is replica hours. From a policy that never reacts, one thing after the other is changed for the cheaper, as long as that
helps: what is always there, what is there ahead of the peak and until when, how soon and by how much it grows and shrinks. The
cheapest of these, not of all there could be.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import ceil, inf

from loadtest.capacity import fluid
from loadtest.capacity.day import HOUR_S, Load
from loadtest.capacity.errors import OutOfReach
from loadtest.capacity.fleet import Replica
from loadtest.capacity.fluid import Day
from loadtest.capacity.policy import Policy, Window

MARGIN_S = 30.0  # between the last start and the peak
ENDS_S = (600.0, 1200.0, 1800.0, HOUR_S, 2 * HOUR_S)  # after the peak's beginning
GROWTHS = (1.1, 1.25, 1.5, 2.0, 3.0)
LAGS_S = (0.05, 0.1, 0.2)
BUSY = (0.8, 0.9)
KEEPS = (0.7, 0.8, 0.9)
SHRINKS = (0.05, 0.1, 0.2, 0.4)


@dataclass(frozen=True, slots=True)
class Found:
    """reactive: the quoted rule alone, from what an ordinary hour needs. still: as many as the peak needs, all day."""

    cheapest: Day
    reactive: Day
    still: Day
    tried: int


@dataclass
class Search:
    """play: the day of a policy; give_up_at: replica hours from which it is not wanted any more."""

    play: Callable[[Policy, float], Day]
    load: Load
    replica: Replica
    most: int
    tried: int = 0

    def better(self, than: Day, policy: Policy) -> Day | None:
        self.tried += 1
        day = self.play(policy, than.hours)
        return day if day.hours < than.hours and day.keeps else None

    def improved(self, best: Day) -> Day:
        """Once through everything that can be changed."""
        for change in (self.bases, self.windows, self.paces):
            for policy in change(best.policy):
                best = self.better(best, policy) or best
        return best

    def bases(self, policy: Policy) -> Iterator[Policy]:
        """From few to many: the first that keeps p99 is the cheapest."""
        for base in sorted({1, *(ceil(policy.base * share) for share in (0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.7))}):
            if base < policy.base:
                yield replace(policy, base=base)

    def windows(self, policy: Policy) -> Iterator[Policy]:
        start = self.load.rise_at - self.replica.start_s * (1 + self.replica.spread) - MARGIN_S
        least = self.needed(self.load.peak)
        for replicas in sorted({least, ceil(1.05 * least), ceil(0.8 * least)}):
            for end in ENDS_S:
                yield replace(policy, ahead=Window(replicas, max(0.0, start), self.load.peak_at + end))

    def paces(self, policy: Policy) -> Iterator[Policy]:
        yield from (replace(policy, growth=growth) for growth in GROWTHS)
        yield from (replace(policy, busy=busy) for busy in BUSY)
        yield from (replace(policy, lag_s=lag) for lag in LAGS_S)
        yield from (replace(policy, keep=keep) for keep in KEEPS)
        yield from (replace(policy, shrink=shrink) for shrink in SHRINKS)

    def needed(self, per_s: float) -> int:
        """Replicas for so many turns a second."""
        return ceil(per_s / self.replica.per_s)


def cheapest(load: Load, replica: Replica, in_time_s: float, deadline_s: float, quoted: Policy, seed: int = 7) -> Found:
    """quoted: the rule that reacts alone; its most replicas, and how often it looks, are everybody's. Raises OutOfReach."""

    def play(policy: Policy, give_up_at: float) -> Day:
        return fluid.simulate(policy, load, replica, in_time_s, deadline_s, seed, give_up_at)

    search = Search(play, load, replica, quoted.most)
    still = play(replace(quoted, base=min(quoted.most, search.needed(load.peak))), inf)
    if not still.keeps:
        raise OutOfReach(
            f"no policy keeps p99: the peak needs {search.needed(load.peak):,} replicas, at most {quoted.most:,} are allowed"
        )
    best, before = _with_windows(search, still), still
    while best.hours < before.hours:
        best, before = search.improved(best), best
    ordinary = replace(quoted, base=min(quoted.most, search.needed(load.rate(0.0))))
    return Found(best, play(ordinary, inf), still, search.tried)


def _with_windows(search: Search, still: Day) -> Day:
    """A window ahead and few replicas else, looked at together: neither alone is any good."""
    best = still
    for policy in search.windows(replace(still.policy, busy=BUSY[0], growth=GROWTHS[1])):
        for few in search.bases(policy):
            best = search.better(best, few) or best
    return best
