"""Does Redis keep jobs as memory does, whatever is asked in whatever order?"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pyshim.errors import ClaimLost, QueueFull
from pyshim.outside.queue.job import Fault, Job, Key, Tried
from pyshim.outside.queue.memory import Memory
from pyshim.outside.queue.store import Bounds, End, Store
from pyshim.outside.queue.streams import Streams
from pyshim.outside.redis import opened
from pyshim.redis_address import at
from pyshim.settings import read_settings
from tests.conftest import RedisServer

pytestmark = [pytest.mark.real, pytest.mark.long]
KEY = Key("shop", "turn", "ann")
PARTITION = KEY.partition
TRIED = Tried(1, 5.0, [Fault(1.0, "no")])
BOUNDS = Bounds(jobs=5, bytes=100_000)
Step = tuple[Any, ...]

whos, fences, numbers = st.sampled_from(["one", "other"]), st.integers(0, 2), st.integers(0, 7)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("put"), numbers),
        st.tuples(st.just("claim"), whos, st.booleans()),
        st.tuples(st.just("give_back"), whos),
        st.tuples(st.just("read"), whos, st.integers(1, 4), st.booleans()),
        st.tuples(st.just("begin"), whos, numbers),
        st.tuples(st.just("settle"), whos, st.lists(st.tuples(numbers, st.sampled_from(["done", "again", "aside"])), max_size=3)),
        st.tuples(st.just("lag")),
    ),
    max_size=30,
)


class Told:
    """One store under test. Entries and claims have other names in each: here they are ids of jobs, and how many there were."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.fence = {"one": 0, "other": 0}
        self.fences: list[int] = []
        self.entries: dict[int, str] = {}

    async def put(self, number: int) -> object:
        try:
            await self.store.put(KEY, Job(f"job-{number}", b"x"), BOUNDS)
        except QueueFull:
            return "full"
        return "put"

    async def claim(self, who: str, renew: bool) -> object:
        claim = await self.store.claim(PARTITION, who, self.fence[who] if renew else 0)
        if claim.fence:
            if claim.fence not in self.fences:
                assert all(claim.fence > before for before in self.fences)
                self.fences.append(claim.fence)
            self.fence[who] = claim.fence
        return (len(self.fences) if claim.fence else 0, claim.orphaned, claim.more)

    async def give_back(self, who: str) -> None:
        await self.store.give_back(PARTITION, who, self.fence[who])

    async def read(self, who: str, most: int, again: bool) -> object:
        read = await self.store.read(PARTITION, who, self.fence[who], most, "" if again else None)
        for one in read.entries:
            self.entries[int(one.job.id[4:])] = one.entry
        return [(one.job.id, one.key, one.tried) for one in read.entries], read.due_s

    async def begin(self, who: str, number: int) -> None:
        if number in self.entries:
            await self.store.begin(PARTITION, who, self.fence[who], self.entries[number], TRIED)

    async def settle(self, who: str, ends: list[tuple[int, str]]) -> None:
        known = {number: how for number, how in ends if number in self.entries}
        said = [
            End(self.entries[number], f"job-{number}", None if how == "done" else TRIED, how == "aside")
            for number, how in known.items()
        ]
        await self.store.settle(PARTITION, who, self.fence[who], said)

    async def lag(self) -> object:
        lag = await self.store.lag(PARTITION)
        return lag.jobs, lag.aside

    async def step(self, step: Step) -> object:
        ask: Callable[..., Awaitable[object]] = getattr(self, step[0])
        try:
            return await ask(*step[1:])
        except ClaimLost:
            return "lost"


@given(steps)
@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_redis_and_memory_answer_alike(redis_server: RedisServer, steps: list[Step]) -> None:
    async def told() -> None:
        where = replace(read_settings({}), redis=at(redis_server.socket))
        async with opened(where) as redis:
            await redis.command("FLUSHALL")
            in_redis, in_memory = Told(Streams(redis, where)), Told(Memory())
            for step in steps:
                assert await in_redis.step(step) == await in_memory.step(step), step

    asyncio.run(told())
