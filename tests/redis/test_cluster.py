"""Does every command reach who has its key, also while slots move from one to another, and does it happen once?"""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from pyshim.errors import RedisAway, RedisTakesNothing
from pyshim.hosts import host_and_port
from pyshim.identity.revocations import Revocations
from pyshim.outside.redis import Redis, Script, opened
from pyshim.outside.slots import slot_of
from pyshim.turns import forgetting
from pyshim.turns.shedding import BEGIN, END, Shedding
from tests.conftest import free_ports, wait_until
from tests.redis.conftest import RedisCluster

pytestmark = pytest.mark.real

COMMIT = Script("commit-3")


@pytest.fixture
async def store(redis_cluster: RedisCluster) -> AsyncIterator[Redis]:
    async with opened(redis_cluster.read(), 5) as found:
        yield found


def keys(user: str) -> list[str]:
    return [f"{kind}:{{shop:{user}}}" for kind in "dhi"]


async def commit(store: Redis, user: str, turn: str) -> Any:
    return await store.run(
        COMMIT, *keys(user), "idle", "", turn, 0, "greet", "", f'"turn_id":"{turn}"', '"q":1', 600, 600, 10_000, 0
    )


async def history(store: Redis, user: str) -> list[str]:
    """Turn ids, oldest first."""
    return [msgspec.json.decode(one)["turn_id"] for one in reversed(await store.command("LRANGE", keys(user)[1], 0, -1))]


def calls(cluster: RedisCluster, node: str, command: str) -> int:
    with cluster.client(node) as client:
        said = client.execute_command("INFO", "commandstats").decode()
    return sum(int(line.split("calls=")[1].split(",")[0]) for line in said.splitlines() if line.startswith(f"cmdstat_{command}:"))


def refusals(cluster: RedisCluster, kind: str) -> int:
    """How often masters have said it."""
    found = 0
    for node in cluster.masters():
        with cluster.client(node) as client:
            said = client.execute_command("INFO", "errorstats").decode()
        found += sum(int(line.rpartition("=")[2]) for line in said.splitlines() if line.startswith(f"errorstat_{kind}:"))
    return found


def moved(cluster: RedisCluster, slot: int, target: str) -> None:
    for node in (target, *cluster.masters()):
        with cluster.client(node) as client:
            client.execute_command("CLUSTER", "SETSLOT", slot, "NODE", cluster.listed()[target][0])


def opened_for(cluster: RedisCluster, slot: int, source: str, target: str) -> None:
    """The slot is about to go from one to the other."""
    about = cluster.listed()
    for node, state, other in ((target, "IMPORTING", source), (source, "MIGRATING", target)):
        with cluster.client(node) as client:
            client.execute_command("CLUSTER", "SETSLOT", slot, state, about[other][0])


def carried(cluster: RedisCluster, source: str, target: str, *names: str) -> None:
    host, port = host_and_port(target)
    with cluster.client(source) as client:
        client.execute_command("MIGRATE", host, port, "", 0, 5000, "KEYS", *names)


async def test_a_crowd_is_answered_each_its_own_over_one_connection_a_node(redis_cluster: RedisCluster, store: Redis) -> None:
    before = sum(calls(redis_cluster, node, "cluster|slots") for node in redis_cluster.nodes)
    assert await asyncio.gather(*(store.command("SET", f"k{n}", n) for n in range(1000))) == [b"OK"] * 1000
    assert await asyncio.gather(*(store.command("GET", f"k{n}") for n in range(1000))) == [b"%d" % n for n in range(1000)]
    asked = sum(calls(redis_cluster, node, "cluster|slots") for node in redis_cluster.nodes)
    owners = redis_cluster.masters()  # asks once itself
    assert asked == before + 1, "the map is learned once for all who wait"
    assert await store.masters() == owners
    for node in owners:
        with redis_cluster.client(node) as client:
            assert client.execute_command("CLIENT", "LIST", "TYPE", "normal").count(b"cmd=get") == 1


async def test_a_slot_that_has_moved_is_known_from_then_on(redis_cluster: RedisCluster, store: Redis) -> None:
    source, target, _ = redis_cluster.masters()
    user = redis_cluster.user_at(source)
    assert await commit(store, user, "t0") == b"ok 1 t0"
    slot = slot_of(keys(user)[0])
    opened_for(redis_cluster, slot, source, target)
    carried(redis_cluster, source, target, *keys(user))
    moved(redis_cluster, slot, target)
    refused = calls(redis_cluster, source, "evalsha")
    assert await asyncio.gather(*(commit(store, user, f"t{n}") for n in range(1, 4))) == [b"ok %d t0" % n for n in range(2, 5)]
    assert store.owner(slot) == target
    assert await commit(store, user, "t4") == b"ok 5 t0"
    assert calls(redis_cluster, source, "evalsha") == refused
    assert await history(store, user) == [f"t{n}" for n in range(5)]


async def test_on_its_way_a_slot_is_asked_for_at_both_ends_and_never_answered_by_half(
    redis_cluster: RedisCluster, store: Redis
) -> None:
    source, target, _ = redis_cluster.masters()
    user = redis_cluster.user_at(source)
    await commit(store, user, "t0")
    slot = slot_of(keys(user)[0])
    before = refusals(redis_cluster, "TRYAGAIN")
    opened_for(redis_cluster, slot, source, target)
    carried(redis_cluster, source, target, keys(user)[1])
    waits = asyncio.create_task(commit(store, user, "t1"))
    await asyncio.to_thread(wait_until, lambda: refusals(redis_cluster, "TRYAGAIN") > before)
    assert not waits.done(), "half of it has gone"
    carried(redis_cluster, source, target, keys(user)[0], keys(user)[2])
    assert await waits == b"ok 2 t0"
    assert await asyncio.gather(*(commit(store, user, f"t{n}") for n in range(2, 20))) == [b"ok %d t0" % n for n in range(3, 21)]
    assert store.owner(slot) == source, "for this once is not for good"
    moved(redis_cluster, slot, target)
    assert await commit(store, user, "t20") == b"ok 21 t0"
    assert await history(store, user) == [f"t{n}" for n in range(21)]


async def test_a_key_that_a_script_does_not_name_is_waited_for_too(redis_cluster: RedisCluster, store: Redis) -> None:
    source, target, _ = redis_cluster.masters()
    user = redis_cluster.user_at(source)
    await commit(store, user, "t0")
    slot = slot_of(keys(user)[0])
    before = refusals(redis_cluster, "ERR")
    opened_for(redis_cluster, slot, source, target)
    waits = asyncio.create_task(commit(store, user, "t1"))  # looks for c:{...}, which is nowhere, and might be at the other end
    await asyncio.to_thread(wait_until, lambda: refusals(redis_cluster, "ERR") > before)
    carried(redis_cluster, source, target, *keys(user))
    assert await waits == b"ok 2 t0"
    moved(redis_cluster, slot, target)
    assert await history(store, user) == ["t0", "t1"]


async def test_what_stays_on_its_way_is_as_good_as_away_and_in_time(redis_cluster: RedisCluster) -> None:
    source, target, _ = redis_cluster.masters()
    user = redis_cluster.user_at(source)
    slot = slot_of(keys(user)[0])
    async with opened(redis_cluster.read(), 0.3) as store:
        await commit(store, user, "t0")
        opened_for(redis_cluster, slot, source, target)
        carried(redis_cluster, source, target, keys(user)[1])
        with pytest.raises(RedisTakesNothing, match="cannot write: TRYAGAIN"):
            async with asyncio.timeout(2):
                await commit(store, user, "t1")
        carried(redis_cluster, source, target, keys(user)[0], keys(user)[2])
        moved(redis_cluster, slot, target)
        assert await commit(store, user, "t1") == b"ok 2 t0"
        assert await history(store, user) == ["t0", "t1"]


async def test_while_hundreds_of_slots_move_nothing_is_lost_and_nothing_comes_twice(
    redis_cluster: RedisCluster, store: Redis
) -> None:
    source, target, _ = redis_cluster.masters()
    users = [redis_cluster.user_at(source) for _ in range(40)]
    written: dict[str, list[str]] = {user: [] for user in users}
    going = True

    async def talk(user: str) -> None:
        while going:
            turn = f"{user}-{len(written[user])}"
            assert (await commit(store, user, turn)).startswith(b"ok ")
            written[user].append(turn)

    talking = [asyncio.create_task(talk(user)) for user in users]
    about = redis_cluster.listed()
    move = ["--cluster-from", about[source][0], "--cluster-to", about[target][0], "--cluster-slots", "600", "--cluster-yes"]
    done = await asyncio.to_thread(subprocess.run, ["redis-cli", "--cluster", "reshard", source, *move], capture_output=True)
    going = False
    await asyncio.gather(*talking)
    assert done.returncode == 0, done.stdout
    assert {user: await history(store, user) for user in users} == written
    assert all(written.values())


async def test_who_is_forgotten_is_forgotten(store: Redis) -> None:
    for user in ("gone", "stays"):
        await commit(store, user, "t0")
    assert (await forgetting.forget(store, "shop", "gone", "erased")).erased.turns == 1
    assert (await history(store, "gone"), await history(store, "stays")) == ([], ["t0"])


async def test_what_was_revoked_stands(redis_cluster: RedisCluster, store: Redis) -> None:
    log = Revocations(redis_cluster.read(), store)
    said = [await log.say("shop", "user", f"u{number}", "root@desk") for number in range(3)]
    assert await log.standing("shop") == said


async def test_each_master_that_is_full_sheds_on_its_own(redis_cluster: RedisCluster, store: Redis) -> None:
    full, *_ = redis_cluster.masters()
    owners = redis_cluster.owners()
    histories = [f"h:{{shop:guest-{number:016x}}}" for number in range(300)]
    for key in histories:
        await store.command("RPUSH", key, *["x" * 10_000] * 10)
        await store.command("EXPIRE", key, 600)
    shedding = Shedding(redis_cluster.read(), store, 0)
    with redis_cluster.client(full) as client:
        used = int(client.execute_command("INFO", "memory").split(b"used_memory:")[1].split()[0])
        client.execute_command("CONFIG", "SET", "maxmemory", int(used / 0.9))
        try:
            assert {node for node, share in (await shedding.shares()).items() if share > BEGIN} == {full}
            await shedding.shed()
            assert (await shedding.shares())[full] <= END
        finally:
            client.execute_command("CONFIG", "SET", "maxmemory", 0)
    went = [key for key in histories if not await store.command("EXISTS", key)]
    assert {owners[slot_of(key)] for key in went} == {full}


async def test_a_seed_that_is_not_there_is_passed_over(redis_cluster: RedisCluster) -> None:
    nobody = f"127.0.0.1:{free_ports(1)[0]}"
    async with opened(redis_cluster.read(REDIS=f"redis://{nobody},{redis_cluster.nodes[1]}"), 5) as store:
        assert await store.command("SET", "k", "v") == b"OK"
    async with opened(redis_cluster.read(REDIS=f"redis://{nobody},{nobody}"), 1) as store:
        with pytest.raises(RedisAway, match=nobody.partition(":")[2]):
            await store.command("SET", "k", "v")
