"""Does Redis hold the versions that count, and nothing of those that are forgotten?"""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from pyshim.configuration import store as stores
from pyshim.configuration.configuration import Configuration
from pyshim.configuration.store import Store
from pyshim.errors import BadTenant
from pyshim.outside.redis import Redis, opened
from pyshim.redis_address import at
from pyshim.settings import read_settings
from pyshim.tenants import source
from pyshim.tenants.compile import Snapshot, compile_all
from pyshim.tenants.source import Source
from tests.conftest import RedisServer

pytestmark = pytest.mark.real


@pytest.fixture
async def redis(redis_server: RedisServer) -> AsyncIterator[Redis]:
    async with opened(replace(read_settings({}), redis=at(redis_server.socket))) as client:
        await client.command("FLUSHALL")
        yield client


@pytest.fixture(scope="module")
def shipped() -> tuple[Snapshot, list[Source]]:
    settings = read_settings({})
    return compile_all(settings), source.of_settings(settings)


async def put(store: Store, shipped: tuple[Snapshot, list[Source]], tenants: list[str]) -> int:
    """A version of some of the tenants."""
    compiled, sources = shipped
    number = await store.next_number()
    await store.put(replace(compiled, number=number), [one for one in sources if one.tenant in tenants], "me", 1.0, "")
    return number


async def test_versions_are_listed_without_a_look_at_every_key(redis: Redis, shipped: tuple[Snapshot, list[Source]]) -> None:
    store = Store(redis)
    assert await store.numbers() == []
    made = [await put(store, shipped, ["shop"]) for _ in range(11)]
    assert await store.numbers() == made == sorted(made)


async def test_the_oldest_go_with_the_pieces_only_they_name_and_what_serves_stays(
    redis: Redis, shipped: tuple[Snapshot, list[Source]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stores, "KEPT", 2)
    store = Store(redis)
    serving = await put(store, shipped, ["telecom"])
    await put(store, shipped, ["bank", "shop"])
    kept = [await put(store, shipped, ["shop"]) for _ in range(2)]
    await store.prune(Configuration(seq=1, serving=serving))
    assert await store.numbers() == [serving, *kept]
    assert [one.tenant for one in await store.sources(serving)] == ["telecom"]
    assert [one.tenant for one in await store.sources(kept[0])] == ["shop"]
    with pytest.raises(BadTenant, match="no version 2 is stored"):
        await store.manifest(2)
    left = {key.decode() for key in await redis.command("KEYS", "*")}
    assert sum(":source:" in key for key in left) == sum(":part:" in key for key in left) == 2  # telecom's and the shop's
    assert not any(key.endswith((":version:2", ":edge:2")) for key in left)
