"""What if Redis goes away, is full, or is somebody else's while a backup is made or comes back? On a real Redis."""

from pathlib import Path
from typing import Any

import pytest

from pyshim.errors import BadBackup, RedisAway, RedisTakesNothing
from pyshim.outside.redis import Redis
from pyshim.settings import Settings
from pyshim.tenants.schema import Tenant
from tests.backup.conftest import everything, restored, taken, talked

pytestmark = pytest.mark.real
USERS = 45


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "backup"


def breaking(patch: pytest.MonkeyPatch, script: str, after: int, error: Exception) -> None:
    """This script works so many times, and then Redis is away."""
    run, left = Redis.run, iter(range(after))

    async def told(self: Redis, what: Any, *arguments: Any) -> Any:
        if what.name == script and next(left, None) is None:
            raise error
        return await run(self, what, *arguments)

    patch.setattr(Redis, "run", told)


async def test_a_redis_that_goes_away_leaves_no_backup(
    shop: Tenant, settings: Settings, redis: Redis, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        await talked(shop, settings, redis, f"u{number}", 1)
    breaking(monkeypatch, "whole-6", 3, RedisAway("told to be away"))
    with pytest.raises(RedisAway):
        await taken(redis, path)
    assert list(path.parent.iterdir()) == []


async def test_a_restore_that_was_interrupted_goes_on(
    shop: Tenant, settings: Settings, redis: Redis, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(USERS):
        await talked(shop, settings, redis, f"u{number}", 1)
    before = await everything(redis)
    await taken(redis, path)
    await redis.command("FLUSHALL")
    with monkeypatch.context() as patch:
        breaking(patch, "put_back-6", 20, RedisTakesNothing("OOM"))
        with pytest.raises(RedisTakesNothing):
            await restored(settings, redis, path)
    assert 0 < len(await everything(redis)) < len(before)
    done = await restored(settings, redis, path)
    assert done["users"] + done["users there already"] == USERS
    assert await everything(redis) == before


async def test_a_redis_that_is_full_is_read_and_written_by_nobody(
    shop: Tenant, settings: Settings, redis: Redis, path: Path
) -> None:
    await talked(shop, settings, redis, "u", 1)
    await redis.command("CONFIG", "SET", "maxmemory", 1)
    try:
        assert (await taken(redis, path)).turns == 1
        with pytest.raises(RedisTakesNothing):
            await restored(settings, redis, path)
    finally:
        await redis.command("CONFIG", "SET", "maxmemory", 0)


async def test_two_do_not_restore_at_once(shop: Tenant, settings: Settings, redis: Redis, path: Path) -> None:
    await talked(shop, settings, redis, "u", 1)
    await taken(redis, path)
    await redis.command("SET", "{restore}", "bob@elsewhere (7)", "EX", 5)
    with pytest.raises(BadBackup, match="somebody else restores a backup into this Redis just now"):
        await restored(settings, redis, path)
    assert await restored(settings, redis, path, write=False) == {"users there already": 1}, "looking disturbs nobody"
    assert await redis.command("GET", "{restore}") == b"bob@elsewhere (7)"
