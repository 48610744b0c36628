"""Does a backup hold what all shards have, and come back into a cluster or a Redis alone? On a real cluster of six."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pyshim.errors import BadBackup
from pyshim.identity.revocations import Revocations
from pyshim.outside.redis import Redis, opened
from pyshim.outside.slots import slot_of
from pyshim.settings import read_settings
from pyshim.tenants.schema import Tenant
from tests.backup.conftest import everything, restored, taken, talked
from tests.conftest import RedisServer
from tests.redis.conftest import RedisCluster
from tests.redis.test_cluster import carried, keys, moved, opened_for
from tests.redis.test_forgetting import agree
from tests.shim.conftest import shop as shop_of_the_shim

pytestmark = pytest.mark.real
shop = shop_of_the_shim
USERS = 30


@pytest.fixture
async def many(redis_cluster: RedisCluster) -> AsyncIterator[Redis]:
    async with opened(redis_cluster.read(), 5) as found:
        for master in await found.masters():
            await found.on(master, "FLUSHALL")
        yield found


async def test_it_goes_from_a_cluster_into_one_alone_and_back(
    redis_cluster: RedisCluster, redis_server: RedisServer, shop: Tenant, many: Redis, tmp_path: Path
) -> None:
    here = redis_cluster.read()
    for number in range(USERS):
        await talked(shop, here, many, f"u{number}", 1, 2)
        await agree(shop, many, f"key-{number}", f"u{number}", 3)
    await Revocations(here, many).say("shop", "user", "u1", "ann")
    before = await everything(many, "[^{]*")
    assert (await taken(many, tmp_path / "many")).turns == 2 * USERS
    settings = read_settings({"SLUICE_REDIS": str(redis_server.socket)})
    async with opened(settings, 5) as one:
        await one.command("FLUSHALL")
        done = await restored(settings, one, tmp_path / "many")
        assert done == {
            **{"users": USERS, "turns": 2 * USERS, "dialogues": USERS, "intents": USERS, "calls": USERS},
            **{"consents": USERS, "revocations": 1},
        }
        assert await everything(one, "[^{]*") == before
        assert await one.command("ZCARD", "{calls}") == USERS
        await taken(one, tmp_path / "one")
    for master in await many.masters():
        await many.on(master, "FLUSHALL")
    assert await restored(here, many, tmp_path / "one") == done
    assert await everything(many, "[^{]*") == before
    assert await restored(here, many, tmp_path / "many") == {"users there already": USERS}


async def test_turns_go_on_meanwhile_and_each_is_in_it_or_came_later(
    redis_cluster: RedisCluster, shop: Tenant, many: Redis, tmp_path: Path
) -> None:
    here = redis_cluster.read()
    for number in range(USERS):
        await talked(shop, here, many, f"u{number}", 0)
    goes_on, said = True, 0

    async def talking() -> None:
        nonlocal said
        while goes_on:
            said += 1
            await talked(shop, here, many, f"u{said % USERS}", said)
            await talked(shop, here, many, f"new-{said}", said)

    crowd = asyncio.create_task(talking())
    told = await taken(many, tmp_path / "live")
    goes_on = False
    await crowd
    assert said > 3 and told.turns >= USERS
    whole = await everything(many, "h:*")
    assert (await restored(here, many, tmp_path / "live"))["users there already"] >= USERS, "nothing was lost, so nothing comes"
    assert await everything(many, "h:*") == whole


async def test_slots_that_are_on_their_way_or_moved_would_hide_keys(
    redis_cluster: RedisCluster, shop: Tenant, many: Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target, *_ = redis_cluster.masters()
    user = redis_cluster.user_at(source)
    await talked(shop, redis_cluster.read(), many, user, 1)
    slot = slot_of(keys(user)[0])
    opened_for(redis_cluster, slot, source, target)
    with pytest.raises(BadBackup, match=f"slots of .*{source}.* are on their way to another node"):
        await taken(many, tmp_path / "moving")
    for node in (source, target):
        with redis_cluster.client(node) as client:
            client.execute_command("CLUSTER", "SETSLOT", slot, "STABLE")
    on, first = Redis.on, iter([1])

    async def meanwhile(self: Redis, node: str, *arguments: str | int | bytes) -> object:
        answer = await on(self, node, *arguments)
        if arguments[0] == "SCAN" and next(first, None):
            opened_for(redis_cluster, slot, source, target)
            carried(redis_cluster, source, target, *keys(user))
            moved(redis_cluster, slot, target)
        return answer

    monkeypatch.setattr(Redis, "on", meanwhile)
    with pytest.raises(BadBackup, match="slots of the cluster changed hands while it was read"):
        await taken(many, tmp_path / "moved")
    assert os.listdir(tmp_path) == []
