"""What do the backup's tests stand on? A real Redis, a few customers, and both commands without their words."""

import time
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest

from pyshim.backup import file
from pyshim.backup.file import NAME, writing
from pyshim.backup.record import FORMAT, Header
from pyshim.backup.restoring import Restoring
from pyshim.backup.taking import Taken, Taking
from pyshim.outside.redis import Redis, opened
from pyshim.serve.conversation import Conversations
from pyshim.settings import Settings, read_settings
from pyshim.tenants.schema import Tenant
from pyshim.turns.erasures import Erasure
from pyshim.turns.memory import Memory
from tests.conftest import RedisServer
from tests.redis.test_forgetting import Says, turn
from tests.shim.conftest import shop as shop_of_the_shim

shop = shop_of_the_shim
PASSING = (b"{restore}",)  # a claim


@pytest.fixture
def settings(redis_server: RedisServer) -> Settings:
    return read_settings({"SLUICE_REDIS": str(redis_server.socket)})


@pytest.fixture
async def redis(settings: Settings) -> AsyncIterator[Redis]:
    async with opened(settings, 5) as found:
        await found.command("FLUSHALL")
        yield found


async def taken(redis: Redis, path: Path) -> Taken:
    with writing(path, Header(NAME, FORMAT, "test", time.time(), "test", redis.where)) as writer:
        return await Taking(redis, writer).run()


async def restored(
    settings: Settings, redis: Redis, path: Path, notes: Iterable[Erasure] = (), write: bool = True
) -> dict[str, int]:
    """What was, or would be, put back."""
    backup = file.opened(path)
    try:
        restoring = Restoring(settings, redis, backup, notes, write)
        await restoring.run()
    finally:
        backup.close()
    return {name: count for name, count in restoring.done.items() if count}


async def everything(redis: Redis, pattern: str = "*") -> dict[bytes, tuple[bytes, int]]:
    """All there is: each key's content, and until when it lives."""
    found = {}
    for master in await redis.masters():
        for key in await redis.on(master, "KEYS", pattern):
            found[key] = (await redis.command("DUMP", key), await redis.command("PEXPIRETIME", key))
    return {key: value for key, value in sorted(found.items()) if key not in PASSING}


async def talked(shop: Tenant, settings: Settings, redis: Redis, user: str, *numbers: int, **more: object) -> None:
    """One turn each."""
    talk = Conversations(Memory(settings, redis), [Says()])
    for number in numbers:
        await talk.answer(turn(shop, number, user, **more))
