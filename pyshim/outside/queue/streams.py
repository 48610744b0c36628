"""A queue's jobs in Redis Streams.

    {q}:members, {q}:partitions         who takes jobs; all partitions that ever had one
    {q:t:k:n}:about                     owner, fence and until of the claim; bytes kept; how many entries nobody read
    {q:t:k:n}:jobs                      a stream: what is not done, in order; the consumer's name is the partition's
    {q:t:k:n}:later                     delayed jobs by when they are due
    {q:t:k:n}:kept, :tried, :aside      by id what is not done; by entry what was tried; by id what failed for good

Everything of a partition lies in one slot, and each method is one script.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import msgspec

from pyshim.errors import ClaimLost, QueueFull, RedisTakesNothing
from pyshim.outside.listening import listen
from pyshim.outside.queue.job import Job, Key, Lag, Partition, Tried
from pyshim.outside.queue.store import CLAIM_S, Bounds, Claim, End, Entry, Read, Seen
from pyshim.outside.redis import Redis, Script
from pyshim.settings import Settings

MEMBERS, PARTITIONS, BELL = "{q}:members", "{q}:partitions", "{q}:bell"
CLAIM_MS = round(CLAIM_S * 1000)


class Written(msgspec.Struct, frozen=True, array_like=True):
    """A job as it stands in Redis."""

    id: str
    who: str
    job: Job


_write = msgspec.msgpack.encode
_read = msgspec.msgpack.Decoder(Written).decode
_read_tried = msgspec.msgpack.Decoder(Tried).decode
_read_aside = msgspec.msgpack.Decoder(tuple[bytes, bytes]).decode


@cache
def keys(partition: Partition, *names: str) -> tuple[str, ...]:
    """Partitions are as few as tenants and kinds are."""
    return tuple(f"{{q:{partition}}}:{name}" for name in names)


class Streams:
    """As pyshim/outside/queue/store.py says; all raise RedisAway."""

    def __init__(self, redis: Redis, settings: Settings) -> None:
        self._redis, self._settings = redis, settings
        self._known: set[Partition] = set()
        self._put, self._claim, self._give_back = Script("queue_put-4"), Script("queue_claim-3"), Script("queue_give_back-1")
        self._read, self._begin, self._settle = Script("queue_read-5"), Script("queue_begin-2"), Script("queue_settle-5")
        self._lag, self._beat = Script("queue_lag-3"), Script("queue_beat-2")

    async def put(self, key: Key, job: Job, bounds: Bounds) -> None:
        partition = key.partition
        if partition not in self._known:  # before it: a partition without jobs harms nobody
            await self._redis.command("SADD", PARTITIONS, str(partition))
            self._known.add(partition)
        written = _write(Written(job.id, key.who, job))
        due = round(job.due * 1000) if job.due else 0
        where = keys(partition, "about", "jobs", "kept", "later")
        said, covered = await self._redis.run_covered(
            self._put, *where, job.id, written, due, bounds.jobs, bounds.bytes, BELL, str(partition)
        )
        if said < 0:
            what = f"{bounds.jobs} jobs" if said == -1 else f"{bounds.bytes} bytes of jobs"
            raise QueueFull(f"{partition}: {what} wait")
        if not covered:
            raise RedisTakesNothing("no replica has the job")

    async def beat(self, who: str) -> Seen:
        members, partitions = await self._redis.run(self._beat, MEMBERS, PARTITIONS, who, CLAIM_MS)
        return Seen(sorted(one.decode() for one in members), sorted(Partition.read(one.decode()) for one in partitions))

    async def partitions(self) -> list[Partition]:
        return (await self.beat("")).partitions

    async def leave(self, who: str) -> None:
        await self._redis.command("ZREM", MEMBERS, who)

    async def claim(self, partition: Partition, who: str, fence: int) -> Claim:
        where = keys(partition, "about", "jobs", "later")
        fence, orphaned, more = await self._redis.run(self._claim, *where, who, fence, CLAIM_MS)
        return Claim(fence, bool(orphaned), bool(more))

    async def give_back(self, partition: Partition, who: str, fence: int) -> None:
        await self._redis.run(self._give_back, *keys(partition, "about"), who, fence, BELL, str(partition))

    async def read(self, partition: Partition, who: str, fence: int, most: int, after: str | None) -> Read:
        where = keys(partition, "about", "jobs", "kept", "later", "tried")
        said = await self._redis.run(self._read, *where, who, fence, most, ">" if after is None else after or "0")
        if not said:
            raise ClaimLost(str(partition))
        due_ms, *rest = said
        rows = zip(rest[::3], rest[1::3], rest[2::3], strict=True)
        entries = [_entry(partition, entry, job, tried) for entry, job, tried in rows if job]
        return Read(entries, due_ms / 1000 if due_ms >= 0 else None)

    async def begin(self, partition: Partition, who: str, fence: int, entry: str, tried: Tried) -> None:
        if not await self._redis.run(self._begin, *keys(partition, "about", "tried"), who, fence, entry, _write(tried)):
            raise ClaimLost(str(partition))

    async def settle(self, partition: Partition, who: str, fence: int, ends: Sequence[End]) -> None:
        where = keys(partition, "about", "jobs", "kept", "tried", "aside")
        what: list[Any] = []
        for end in ends:
            how = "done" if end.tried is None else "aside" if end.aside else "again"
            what += [end.entry, end.id, how, _write(end.tried) if end.tried else b""]
        if not await self._redis.run(self._settle, *where, who, fence, *what):
            raise ClaimLost(str(partition))

    async def lag(self, partition: Partition) -> Lag:
        jobs, oldest_ms, aside = await self._redis.run(self._lag, *keys(partition, "jobs", "kept", "aside"))
        return Lag(jobs, oldest_ms / 1000, aside)

    async def listen(self, rung: Callable[[Partition], None]) -> None:
        await listen(self._redis, self._settings, BELL, lambda name: rung(Partition.read(name.decode())))


def _entry(partition: Partition, entry: bytes, job: bytes, tried: bytes) -> Entry:
    written = _read(job)
    key = Key(partition.tenant, partition.kind, written.who)
    at = int(entry.partition(b"-")[0]) / 1000
    return Entry(entry.decode(), key, written.job, at, _read_tried(tried) if tried else Tried())
