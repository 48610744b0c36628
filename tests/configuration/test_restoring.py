"""Do several who know what Redis lost tell it once, and does each version come back whole?"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from pyshim.agreement.lost import PATIENCE, WAIT
from pyshim.configuration.configuration import Configuration, Records
from pyshim.configuration.copy import Copy
from pyshim.configuration.restoring import Restoring
from pyshim.configuration.store import Event, Store
from pyshim.outside.redis import Redis, opened
from pyshim.redis_address import at
from pyshim.settings import Settings, read_settings
from pyshim.tenants import source
from pyshim.tenants.compile import Snapshot, compile_all
from pyshim.tenants.source import Source
from tests.conftest import RedisServer

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def shipped() -> tuple[Snapshot, list[Source]]:
    settings = read_settings({})
    return compile_all(settings), source.of_settings(settings)


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


async def stored(redis: Redis, shipped: tuple[Snapshot, list[Source]], settings: Settings, tenants: list[str]) -> Configuration:
    """A record of one more version, which is of these tenants."""
    store, records, before = Store(redis), Records(redis), None
    compiled, sources = shipped
    number = await store.next_number()
    wanted = [one for one in sources if one.tenant in tenants]
    await store.put(replace(compiled, number=number), wanted, "me", 1.0, "")
    before = await records.read()
    record = before.given(number, 100) if before else Configuration(1, number)
    assert await records.write(record, before)
    await store.note(Event(1.0, "me", "applied", number))
    return record


def process(redis: Redis, settings: Settings, name: str) -> Restoring:
    store = Store(redis)
    return Restoring(redis, store, Copy(settings, store), name)


async def everything(redis: Redis) -> dict[bytes, object]:
    """All there is, but for the record and the log."""
    keys = [key for key in await redis.command("KEYS", "*") if key not in (b"{config}:record", b"{config}:log")]
    kinds = {key: await redis.command("TYPE", key) for key in keys}
    assert set(kinds.values()) <= {b"string", b"zset"}
    return {
        key: await redis.command(*(("GET", key) if kinds[key] == b"string" else ("ZRANGE", key, 0, -1))) for key in sorted(keys)
    }


async def test_of_several_one_tells_it_and_all_that_was_is_there_again(
    redis: Redis, shipped: tuple[Snapshot, list[Source]], settings: Settings
) -> None:
    await stored(redis, shipped, settings, ["bank", "shop"])
    record = await stored(redis, shipped, settings, ["shop", "telecom"])
    await Copy(settings, Store(redis)).take(record)
    before, lines = await everything(redis), await Store(redis).events(9)
    await redis.command("FLUSHALL")
    processes = [process(redis, settings, f"shim {number}") for number in range(5)]
    told: list[Configuration | None] = []
    for _ in range(WAIT):
        assert not any(told)
        told = await asyncio.gather(*(one.beat(record, None) for one in processes))
    again = [one for one in told if one is not None]
    assert again == [await Records(redis).read()]
    assert (again[0].seq, again[0].serving, again[0].previous) == (record.seq + 1, 2, 1)
    assert await everything(redis) == before
    first, *rest = await Store(redis).events(9)
    assert (first.what, first.version, rest) == ("written again, lost by Redis:", 2, lines)
    assert await Store(redis).next_number() == 3


async def test_who_begins_knows_by_the_files_of_its_machine(
    redis: Redis, shipped: tuple[Snapshot, list[Source]], settings: Settings
) -> None:
    record = await stored(redis, shipped, settings, ["shop"])
    one = process(redis, settings, "shim 0")
    assert await one.beat(None, None) is None
    assert not one.knows
    await Copy(settings, Store(redis)).take(record)
    await redis.command("FLUSHALL")
    told = [await one.beat(None, None) for _ in range(WAIT)][-1]
    assert told == await Records(redis).read() is not None
    assert [one.tenant for one in await Store(redis).sources(record.serving)] == ["shop"]


async def test_a_record_that_is_there_is_never_overruled_by_files(
    redis: Redis, shipped: tuple[Snapshot, list[Source]], settings: Settings
) -> None:
    await stored(redis, shipped, settings, ["shop"])
    newer = await stored(redis, shipped, settings, ["bank"])
    await Copy(settings, Store(redis)).take(newer)
    another = Configuration(1, 1)  # of another Redis, say
    one = process(redis, settings, "shim 0")
    assert [await one.beat(None, another) for _ in range(2 * PATIENCE)] == [None] * 2 * PATIENCE


async def test_a_change_that_no_copy_has_is_lost_and_the_one_before_serves_then(
    redis: Redis, shipped: tuple[Snapshot, list[Source]], settings: Settings
) -> None:
    kept = await stored(redis, shipped, settings, ["shop"])
    await Copy(settings, Store(redis)).take(kept)
    lost = await stored(redis, shipped, settings, ["bank"])
    await redis.command("FLUSHALL")
    one = process(redis, settings, "shim 0")
    *waited, told = [await one.beat(lost, None) for _ in range(PATIENCE)]
    assert waited == [None] * (PATIENCE - 1)
    assert told is not None
    assert (told.seq, told.serving) == (lost.seq + 1, kept.serving)


async def test_a_copy_keeps_nothing_that_the_record_names_no_more_and_only_its_owner_reads_it(
    redis: Redis, shipped: tuple[Snapshot, list[Source]], settings: Settings
) -> None:
    store = Store(redis)
    copy = Copy(settings, store)
    for tenants in (["bank"], ["shop"], ["telecom"]):
        await copy.take(await stored(redis, shipped, settings, tenants))
    files = list(settings.configuration_copy.iterdir())
    manifests = await store.manifests([2, 3])
    assert {path.name for path in files} == {"index"}.union(*(one.pieces | one.names for one in manifests))
    assert {path.stat().st_mode & 0o077 for path in files} == {0}
