"""Which jobs of one partition may be begun now?

What was read of it and is not done, in order, by key. A key's first job is handed out when it is due; those behind it wait.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from heapq import heappop, heappush

from pyshim.outside.queue.job import Key, Partition, Taken, Tried


class Held:
    """One claim on one partition. until: the loop's clock, before which the claim is surely good; more: is there something to
    read; missing: was something read that is not here, under an earlier claim or with an answer that was lost? last: the last
    entry that is here; leaving: another one is to have it; due: when the next delayed job is, seconds since 1970; out: what was
    handed out."""

    def __init__(self, partition: Partition, fence: int, orphaned: bool) -> None:
        self.partition, self.fence = partition, fence
        self.until, self.more, self.leaving, self.due = 0.0, True, False, float("inf")
        self.missing, self.last = True, ""
        self.reading = False
        self._orphaned = orphaned
        self._rows: dict[Key, deque[Taken]] = {}
        self._ready: deque[Taken] = deque()
        self._suspects: deque[Taken] = deque()
        self._suspicious: set[str] = set()
        self._asleep: list[tuple[float, str, Taken]] = []
        self.out: dict[str, Taken] = {}

    def add(self, jobs: Iterable[Taken], now: float) -> None:
        """What was read, in order. now: seconds since 1970."""
        for one in jobs:
            self.last = one.entry
            if self._orphaned:
                self._suspicious.add(one.entry)
            row = self._rows.setdefault(one.key, deque())
            row.append(one)
            if len(row) == 1:
                self._first(one, now)

    def caught_up(self) -> None:
        """Nothing is missing: what comes now was read by nobody before."""
        self.missing = self._orphaned = False

    def _first(self, one: Taken, now: float) -> None:
        if one.tried.due > now:
            heappush(self._asleep, (one.tried.due, one.entry, one))
        elif one.entry in self._suspicious:
            self._suspects.append(one)
        else:
            self._ready.append(one)

    def wake(self, now: float) -> None:
        while self._asleep and self._asleep[0][0] <= now:
            self._first(heappop(self._asleep)[2], now)

    @property
    def next_due(self) -> float:
        """Seconds since 1970; of what is here or is delayed."""
        return min(self._asleep[0][0] if self._asleep else float("inf"), self.due)

    @property
    def ready(self) -> int:
        """How many keys could be worked on."""
        return len(self._ready) + len(self._suspects)

    @property
    def has_ready(self) -> bool:
        return bool(self._ready) or (bool(self._suspects) and not self._suspicious & self.out.keys())

    def suspect(self, one: Taken) -> bool:
        """Was it, perhaps, what its worker died of? Of those one at a time is begun, and that is written down before."""
        return one.entry in self._suspicious

    def hand_out(self) -> Taken:
        """One of has_ready."""
        one = (self._ready or self._suspects).popleft()
        self.out[one.entry] = one
        return one

    def put_off(self, one: Taken, until: float) -> None:
        """It was handed out and could not be begun."""
        del self.out[one.entry]
        heappush(self._asleep, (until, one.entry, one))

    def ended(self, one: Taken, again: Tried | None, now: float) -> None:
        """It was handed out, and is done or goes aside; or is to be tried again: what is known of it by now."""
        del self.out[one.entry]
        self._suspicious.discard(one.entry)
        row = self._rows[one.key]
        row.popleft()
        if again is not None:
            row.appendleft(replace(one, tried=again, fault="", again_s=0.0))
        if row:
            self._first(row[0], now)
        else:
            del self._rows[one.key]
