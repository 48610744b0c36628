"""Does a process follow every change of the record, whatever comes in between?"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pyshim.configuration.configuration import SEEN, Configuration, Records
from pyshim.configuration.follower import Configurations
from pyshim.configuration.presence import read
from pyshim.configuration.store import Manifest, Store
from pyshim.errors import RedisAway
from pyshim.outside.redis import Redis, opened
from pyshim.redis_address import at
from pyshim.settings import Settings, read_settings
from pyshim.tenants import source
from pyshim.tenants.compile import Compiler, Snapshot, new_compiler
from tests.conftest import RedisServer

pytestmark = pytest.mark.real
FIRST = Configuration(seq=1, serving=1)


@pytest.fixture
def settings(redis_server: RedisServer, tmp_path: Path) -> Settings:
    (tmp_path / "run").mkdir()
    return replace(read_settings({"SLUICE_VAR": str(tmp_path)}), redis=at(redis_server.socket))


@pytest.fixture
async def redis(settings: Settings) -> AsyncIterator[Redis]:
    async with opened(settings) as client:
        await client.command("FLUSHALL")
        yield client
        await client.command("FLUSHALL")


@pytest.fixture(scope="module")
def compiled() -> tuple[Compiler, Snapshot]:
    settings = read_settings({})
    compiler = new_compiler(settings)
    return compiler, compiler.compile([one for one in source.of_settings(settings) if one.tenant == "shop"], 1)


@pytest.fixture
async def process(redis: Redis, settings: Settings, compiled: tuple[Compiler, Snapshot]) -> Configurations:
    """One that serves by version 1; Redis has 1, 2 and 3."""
    compiler, first = compiled
    sources = [one for one in source.of_settings(read_settings({})) if one.tenant == "shop"]
    for number in (1, 2, 3):
        await Store(redis).put(replace(first, number=number), sources, "me", 1.0, "")
    assert await Records(redis).write(FIRST, None)
    configurations = Configurations(replace(first, settings=settings), compiler, redis, None)
    await configurations.beat()
    return configurations


async def has(redis: Redis) -> set[int]:
    """The versions it says that it has."""
    (beat,) = read(await redis.command("HGETALL", SEEN)).values()
    return beat.versions


def when_asked_for(monkeypatch: pytest.MonkeyPatch, number: int, happens: Callable[[], Awaitable[None]]) -> None:
    """Lets something happen, once, when a version is asked for."""
    ask, waits = Store.manifest, [number]

    async def manifest(store: Store, wanted: int) -> Manifest:
        if wanted in waits:
            waits.remove(wanted)
            await happens()
        return await ask(store, wanted)

    monkeypatch.setattr(Store, "manifest", manifest)


async def test_a_change_that_comes_while_the_one_before_is_followed_is_followed_next(
    process: Configurations, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An apply that comes right after a refused one was refused by a shim that knew of it and did nothing."""

    async def another() -> None:
        before = await Records(redis).read()
        assert before is not None
        assert await Records(redis).write(before.but(preparing=3), before)

    when_asked_for(monkeypatch, 2, another)
    assert await Records(redis).write(FIRST.but(preparing=2), FIRST)
    await process.beat()
    await process.beat()
    assert await has(redis) >= {1, 3}


async def test_what_could_not_be_read_since_redis_went_away_is_read_at_the_next_beat(
    process: Configurations, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away() -> None:
        raise RedisAway("no answer")

    when_asked_for(monkeypatch, 2, away)
    assert await Records(redis).write(FIRST.but(preparing=2), FIRST)
    with pytest.raises(RedisAway):
        await process.beat()
    assert await has(redis) == {1}
    await process.beat()
    assert await has(redis) == {1, 2}


async def test_without_a_change_nothing_is_read_again(
    process: Configurations, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await Records(redis).write(FIRST.but(preparing=2), FIRST)
    await process.beat()
    asked: list[int] = []
    monkeypatch.setattr(Store, "manifest", lambda _, wanted: asked.append(wanted))
    await process.beat()
    assert asked == []
    assert await has(redis) == {1, 2}
