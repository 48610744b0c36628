"""What did the two versions do since the last look?

nginx counts for each version: turns, failed ones (status of 500 or more, or the version could not be asked), answers of low
confidence, fallbacks, and turns by time (BOUNDS_MS). A turn is slow above the time that 99 % of the stable version's earlier
turns stayed under. The counts only grow; a look takes what is new.
"""

from bisect import bisect_left
from collections.abc import Mapping
from itertools import accumulate

import msgspec

from pyshim.rollout.judge import HARMLESS, Block, Seen, look

BOUNDS_MS = tuple(2 ** (step / 2) for step in range(22))  # the same as in lua/edge/evidence.lua; the last bucket has no bound
BUCKETS = len(BOUNDS_MS) + 1
FEW = 100  # turns of the stable version before anything is called slow
SLOWEST = 0.01

Counts = Mapping[str, int]  # "<version>:<what>" -> count, as in Redis


class Look(msgspec.Struct):
    """All that a judge knows; kept in Redis, so that another can go on."""

    counts: dict[str, int] = {}
    seen: dict[str, Seen] = {}
    slow_above: int = BUCKETS  # number of the first bucket that is slow, BUCKETS for none yet

    def turns(self, version: int) -> int:
        return self.counts.get(f"{version}:turns", 0)


def _times(counts: Counts, version: int) -> list[int]:
    return [counts.get(f"{version}:t{number}", 0) for number in range(BUCKETS)]


def slow_from(times: list[int]) -> int:
    """The first bucket behind the one that holds the 99th percentile."""
    total = sum(times)
    if total < FEW:
        return BUCKETS
    return bisect_left(list(accumulate(times)), total * (1 - SLOWEST)) + 1


def taken(before: Look, counts: Counts, stable: int, candidate: int) -> Look:
    """The next look, judged by what was known before it. Until both versions had turns there is nothing new to see."""
    new = {name: counts[name] - before.counts.get(name, 0) for name in counts}
    turns = {version: new.get(f"{version}:turns", 0) for version in (stable, candidate)}
    if not all(turns.values()):
        return before
    bad = {version: _bad(new, version, before.slow_above) for version in (stable, candidate)}
    seen = {}
    for measure, harmless in HARMLESS.items():
        block = Block(bad[stable][measure], turns[stable], bad[candidate][measure], turns[candidate])
        known = before.seen.get(measure, Seen())
        nothing_slow = measure == "slow" and before.slow_above == BUCKETS
        seen[measure] = known if nothing_slow else look(known, block, harmless)
    return Look(dict(counts), seen, slow_from(_times(counts, stable)))


def _bad(new: Counts, version: int, slow_above: int) -> dict[str, int]:
    found = {measure: new.get(f"{version}:{measure}", 0) for measure in ("failed", "low", "fallback")}
    return found | {"slow": sum(_times(new, version)[slow_above:])}
