"""What goes where Redis is short of memory, and what never does?"""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
import redis

from pyshim.outside.redis import Redis, opened
from pyshim.settings import Settings, read_settings
from pyshim.telemetry import metrics
from pyshim.turns.shedding import BEGIN, END, Shedding
from tests.conftest import RedisServer

LIFE_S = 604800
BIG = "x" * 10_000


@pytest.fixture
def client(redis_server: RedisServer) -> Iterator["redis.Redis[bytes]"]:
    with redis.Redis(unix_socket_path=str(redis_server.socket)) as found:
        found.flushall()
        yield found
        found.config_set("maxmemory", "0")
        found.flushall()


@pytest.fixture
def settings(redis_server: RedisServer) -> Settings:
    return read_settings({"SLUICE_REDIS": str(redis_server.socket)})


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[Redis]:
    async with opened(settings) as found:
        yield found


def guest(number: int) -> str:
    return f"{{shop:guest-{number:016x}}}"


def talked(client: "redis.Redis[bytes]", whose: str, turns: int = 10, age_s: int = 0, open_: bool = False) -> None:
    client.rpush(f"h:{whose}", *[BIG] * turns)
    client.expire(f"h:{whose}", LIFE_S - age_s)
    client.hset(f"i:{whose}", "greet", BIG)
    if open_:
        client.set(f"d:{whose}", "state", ex=1800)


def full(client: "redis.Redis[bytes]", share: float) -> None:
    """What is in it now is this share of what it may hold."""
    client.config_set("maxmemory", str(int(client.info("memory")["used_memory"] / share)))


def turns(client: "redis.Redis[bytes]", whose: str) -> int:
    return client.llen(f"h:{whose}")


async def test_the_oldest_guests_go_first_and_no_more_than_is_needed(
    client: "redis.Redis[bytes]", settings: Settings, store: Redis
) -> None:
    for number in range(100):
        talked(client, guest(number), age_s=number % 2 * 600_000)
    talked(client, "{shop:known}", age_s=600_000)
    talked(client, guest(1000), age_s=600_000, open_=True)
    full(client, 0.85)
    before = metrics.shed.labels("guests")._value.get()
    shedding = Shedding(settings, store, 0)
    assert await shedding.share() > BEGIN
    await shedding.shed()
    assert await shedding.share() <= END
    old, new = ([turns(client, guest(number)) for number in range(kind, 100, 2)] for kind in (1, 0))
    assert 0 < sum(not one for one in old) < 50 and all(new)
    assert turns(client, "{shop:known}") == turns(client, guest(1000)) == 10
    assert metrics.shed.labels("guests")._value.get() == before + 10 * sum(not one for one in old)


async def test_then_histories_become_shorter_and_open_dialogues_stay_whole(
    client: "redis.Redis[bytes]", settings: Settings, store: Redis
) -> None:
    for number in range(20):
        talked(client, f"{{bank:{number}}}", turns=100)
    talked(client, "{bank:open}", turns=100, open_=True)
    talked(client, "{bank:asks}", turns=100)
    client.hset("c:{bank:asks}", "key", "a call whose end nobody knows")
    talked(client, guest(1))
    full(client, 0.9)
    await Shedding(settings, store, 0).shed()
    assert turns(client, guest(1)) == 0
    assert turns(client, "{bank:open}") == turns(client, "{bank:asks}") == 100
    assert sorted({turns(client, f"{{bank:{number}}}") for number in range(20)}) in ([50], [50, 100])


async def test_what_may_never_go_stays_even_where_nothing_else_is_left(
    client: "redis.Redis[bytes]", settings: Settings, store: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(20):
        talked(client, guest(number), open_=True)
    full(client, 0.99)
    await Shedding(settings, store, 0).shed()
    assert [turns(client, guest(number)) for number in range(20)] == [10] * 20
    assert "nothing is left that may go" in caplog.text


async def test_a_redis_that_is_full_already_is_helped(client: "redis.Redis[bytes]", settings: Settings, store: Redis) -> None:
    for number in range(50):
        talked(client, guest(number))
    full(client, 1.01)
    with pytest.raises(redis.exceptions.OutOfMemoryError):
        client.set("more", "1")
    await Shedding(settings, store, 0).shed()
    client.set("more", "1")


async def test_only_one_shim_does_it(client: "redis.Redis[bytes]", settings: Settings, store: Redis) -> None:
    first, second = Shedding(settings, store, 0), Shedding(settings, store, 1)
    assert [await first._claimed(), await second._claimed(), await first._claimed()] == [True, False, True]


async def test_it_begins_by_itself(client: "redis.Redis[bytes]", settings: Settings, store: Redis) -> None:
    for number in range(50):
        talked(client, guest(number))
    full(client, 0.85)
    watching = asyncio.create_task(Shedding(settings, store, 0).run())
    async with asyncio.timeout(20):
        while await Shedding(settings, store, 1).share() > END:  # noqa: ASYNC110 - nobody says when
            await asyncio.sleep(0.02)
    watching.cancel()


async def test_without_maxmemory_nothing_is_full(client: "redis.Redis[bytes]", settings: Settings, store: Redis) -> None:
    assert await Shedding(settings, store, 0).share() == 0
