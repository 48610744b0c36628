"""A queue's jobs in memory: for unit tests, and what Redis Streams is compared with."""

import asyncio
import time
from bisect import insort
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pyshim.errors import ClaimLost, QueueFull
from pyshim.outside.queue.job import Job, Key, Lag, Partition, Tried
from pyshim.outside.queue.store import CLAIM_S, Bounds, Claim, End, Entry, Read, Seen


@dataclass(slots=True)
class _Partition:
    """jobs: by entry, in order; kept: ids of what is not done -> its bytes."""

    jobs: dict[str, Entry] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    later: list[tuple[float, int, Key, Job]] = field(default_factory=list)
    aside: dict[str, Entry] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)
    owner: str = ""
    fence: int = 0
    until: float = 0.0
    last: int = 0


class Memory:
    """Shared by all members of one process. clock: seconds since 1970."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._partitions = defaultdict[Partition, _Partition](_Partition)
        self._members: dict[str, float] = {}
        self._rung: list[Callable[[Partition], None]] = []

    async def put(self, key: Key, job: Job, bounds: Bounds) -> None:
        one = self._partitions[key.partition]
        size = len(job.body)
        if job.id in one.kept:
            return
        if len(one.kept) >= bounds.jobs or sum(one.kept.values()) + size > bounds.bytes:
            raise QueueFull(f"{key.partition}: {len(one.kept)} jobs, {sum(one.kept.values())} bytes")
        one.kept[job.id] = size
        one.last += 1
        if job.due > self._clock():
            insort(one.later, (job.due, one.last, key, job), key=lambda later: later[:2])
        else:
            self._add(one, key, job)
        for rung in self._rung:
            rung(key.partition)

    def _add(self, one: _Partition, key: Key, job: Job) -> None:
        one.last += 1
        entry = str(one.last)
        one.jobs[entry] = Entry(entry, key, job, self._clock(), Tried())
        one.unread.append(entry)

    async def beat(self, who: str) -> Seen:
        now = self._clock()
        self._members[who] = now
        self._members = {name: at for name, at in self._members.items() if now - at <= CLAIM_S}
        return Seen(sorted(self._members), list(self._partitions))

    async def partitions(self) -> list[Partition]:
        return list(self._partitions)

    async def leave(self, who: str) -> None:
        self._members.pop(who, None)

    async def claim(self, partition: Partition, who: str, fence: int) -> Claim:
        one, now = self._partitions[partition], self._clock()
        orphaned = False
        if (one.owner, one.fence) != (who, fence):
            if one.owner and one.until >= now:
                return Claim(0)
            orphaned = bool(one.owner)
            one.owner, one.fence = who, one.fence + 1
        one.until = now + CLAIM_S
        return Claim(one.fence, orphaned, bool(one.unread or one.later))

    async def give_back(self, partition: Partition, who: str, fence: int) -> None:
        one = self._partitions[partition]
        if (one.owner, one.fence) == (who, fence):
            one.owner = ""
            for rung in self._rung:
                rung(partition)

    def _mine(self, partition: Partition, who: str, fence: int) -> _Partition:
        one = self._partitions[partition]
        if (one.owner, one.fence) != (who, fence):
            raise ClaimLost(str(partition))
        return one

    async def read(self, partition: Partition, who: str, fence: int, most: int, after: str | None) -> Read:
        one, now = self._mine(partition, who, fence), self._clock()
        while one.later and one.later[0][0] <= now:
            _, _, key, job = one.later.pop(0)
            self._add(one, key, job)
        if after is None:
            found, one.unread = one.unread[:most], one.unread[most:]
        else:
            found = [entry for entry in one.jobs if int(entry) > int(after or 0) and entry not in one.unread][:most]
        return Read([one.jobs[entry] for entry in found], one.later[0][0] - now if one.later else None)

    async def begin(self, partition: Partition, who: str, fence: int, entry: str, tried: Tried) -> None:
        one = self._mine(partition, who, fence)
        if entry in one.jobs:
            one.jobs[entry] = one.jobs[entry]._replace(tried=tried)

    async def settle(self, partition: Partition, who: str, fence: int, ends: Sequence[End]) -> None:
        one = self._mine(partition, who, fence)
        for end in ends:
            entry = one.jobs.get(end.entry)
            if entry is None:
                continue
            if end.tried is not None:
                one.jobs[end.entry] = entry._replace(tried=end.tried)
            if end.aside:
                one.aside[end.id] = one.jobs.pop(end.entry)
            elif end.tried is None:
                del one.jobs[end.entry], one.kept[end.id]

    async def lag(self, partition: Partition) -> Lag:
        one = self._partitions[partition]
        oldest = next((entry.at for entry in one.jobs.values()), self._clock())
        return Lag(len(one.kept) - len(one.aside), self._clock() - oldest, len(one.aside))

    async def listen(self, rung: Callable[[Partition], None]) -> None:
        self._rung.append(rung)
        try:
            await asyncio.Event().wait()
        finally:
            self._rung.remove(rung)
