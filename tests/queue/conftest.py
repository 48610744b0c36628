"""What do the queue's tests stand on? Memory or a real Redis, the same tests for both."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from pyshim.outside.queue.job import Job, Key, Taken
from pyshim.outside.queue.memory import Memory
from pyshim.outside.queue.queue import Queue
from pyshim.outside.queue.store import Bounds, Store
from pyshim.outside.queue.streams import Streams
from pyshim.outside.redis import Redis, opened
from pyshim.redis_address import at
from pyshim.settings import read_settings
from tests.conftest import RedisServer

WIDE = Bounds(jobs=10_000, bytes=10_000_000)
Member = Callable[..., Queue]


@pytest.fixture
async def redis(redis_server: RedisServer) -> AsyncIterator[Redis]:
    async with opened(replace(read_settings({}), redis=at(redis_server.socket))) as client:
        await client.command("FLUSHALL")
        yield client
        await client.command("FLUSHALL")


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.real)])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "memory":
        return Memory()
    server: RedisServer = request.getfixturevalue("redis_server")
    return Streams(request.getfixturevalue("redis"), replace(read_settings({}), redis=at(server.socket)))


@pytest.fixture
async def member(store: Store) -> AsyncIterator[Member]:
    """Makes members of one queue, by name; closed in the end."""
    members: list[Queue] = []

    def make(name: str, bounds: Bounds = WIDE, weights: dict[str, float] | None = None) -> Queue:
        members.append(Queue(store, name, bounds, lambda tenant: (weights or {}).get(tenant, 1.0)))
        return members[-1]

    yield make
    for one in members:
        await one.close()


def key(who: str = "ann", tenant: str = "shop", kind: str = "turn") -> Key:
    return Key(tenant, kind, who)


async def some(queue: Queue, count: int, within_s: float = 10.0) -> list[Taken]:
    """So many jobs, all out at the same time."""
    found: list[Taken] = []
    async with asyncio.timeout(within_s):
        while len(found) < count:
            found += await queue.take(count - len(found), 0.5)
    return found


async def put(queue: Queue, *ids: str, who: str = "ann", tenant: str = "shop") -> None:
    for one in ids:
        await queue.put(key(who, tenant), Job(one, one.encode()))


def ids(jobs: list[Taken]) -> list[str]:
    return [one.job.id for one in jobs]
