"""With SLUICE_REDIS_WAIT: is a turn that was answered there, whatever becomes of its master?"""

import asyncio
import time
from typing import Any

import pytest

from pyshim.outside import pipeline
from pyshim.outside.pipeline import Pipeline
from pyshim.outside.redis import opened
from pyshim.telemetry import metrics
from pyshim.tenants.compile import composer
from pyshim.tenants.schema import Tenant
from pyshim.turns import memory as memories
from pyshim.turns.journal import Journal, Whose
from pyshim.turns.turn import Consent, Sent, Turn
from tests.redis.conftest import RedisCluster
from tests.redis.test_failover import TURNS, Talk, ids
from tests.shim.conftest import shop as shop_of_the_shim

pytestmark = pytest.mark.real

shop = shop_of_the_shim


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Late turns are written at once; and a replica that is there is in time, however busy the machine."""
    monkeypatch.setattr(memories, "SKEW_S", 0)
    monkeypatch.setattr(pipeline, "WAIT_MS", 1000)


def counted() -> tuple[float, float]:
    return metrics.covered._value.get(), metrics.uncovered._value.get()


async def waits(cluster: RedisCluster, node: str) -> int:
    with cluster.client(node) as client:
        said = client.execute_command("INFO", "commandstats").decode()
    return sum(int(line.split("calls=")[1].split(",")[0]) for line in said.splitlines() if line.startswith("cmdstat_wait:"))


async def test_a_crowd_is_covered_by_one_wait_a_trip(redis_cluster: RedisCluster) -> None:
    node = redis_cluster.masters()[0]
    tag = redis_cluster.user_at(node)
    covering = Pipeline(node, 5, covers=True)
    before = await waits(redis_cluster, node)
    heard = await asyncio.gather(*(covering.ask("INCR", f"{{shop:{tag}}}") for _ in range(1000)))
    assert heard == [(number, True) for number in range(1, 1001)]
    assert await waits(redis_cluster, node) - before <= 2
    covering.close()


async def test_a_refusal_is_heard_as_ever_and_the_others_are_covered(redis_cluster: RedisCluster) -> None:
    node = redis_cluster.masters()[0]
    tag = redis_cluster.user_at(node)
    covering = Pipeline(node, 5, covers=True)
    asked = (covering.ask("SET", f"{{shop:{tag}}}", "x"), covering.ask("INCR", f"{{shop:{tag}}}"), covering.ask("NONSENSE"))
    written, *wrong = await asyncio.gather(*asked, return_exceptions=True)
    assert written == (b"OK", True)
    assert [str(one).partition(" ")[0] for one in wrong] == ["ERR", "ERR"]
    covering.close()


async def test_a_call_and_its_consent_are_with_a_replica_before_the_call_is_made(
    redis_cluster: RedisCluster, shop: Tenant
) -> None:
    async with opened(redis_cluster.read(REDIS_WAIT="1"), 2) as redis:
        master = redis_cluster.masters()[0]
        user = redis_cluster.user_at(master)
        sent = Sent("key", "began", "cancel_order", {"order_id": "1"}, int(time.time() * 1000))
        whose = Whose(shop.id, user, sent.key)
        turn = Turn("t", shop, composer(shop), user, "确认", time.monotonic() + 5)
        await Journal(redis).begin(turn, sent, Consent(sent.intent, "确认吗？", "确认", "words", sent.values, 1, "1", sent.key))
        with redis_cluster.client(redis_cluster.replica_of(master)) as replica:
            replica.execute_command("READONLY")
            assert replica.execute_command("HEXISTS", whose.calls, sent.key) == 1
            assert replica.execute_command("LLEN", whose.agreed) == 1


async def test_a_replica_that_hangs_is_waited_for_once_and_its_masters_turns_are_kept_until_it_has_them(
    redis_cluster: RedisCluster, shop: Tenant
) -> None:
    master, other, _ = redis_cluster.masters()
    bare, fine = redis_cluster.user_at(master), redis_cluster.user_at(other)
    async with opened(redis_cluster.read(REDIS_WAIT="1"), 2) as redis:
        talk = Talk(redis_cluster, redis, shop, REDIS_WAIT="1")
        assert await talk.say(bare, 0) and not talk.late
        before = counted()
        with redis_cluster.stopped(redis_cluster.replica_of(master)):
            waited = await waits(redis_cluster, master)
            assert all([await talk.say(bare, number) for number in range(1, TURNS)]), "they are answered and written"
            assert await waits(redis_cluster, master) - waited < TURNS - 1
            assert all([await talk.say(fine, number) for number in range(TURNS)])
            assert (len(talk.late), counted()) == (TURNS - 1, (before[0] + TURNS, before[1] + TURNS - 1))
            talk.make_due()
            await talk.memory._write_due()
            assert len(talk.late) == TURNS - 1, "what no replica has waits on"
        await talk.all_written()
        assert [await talk.turns(user) for user in (bare, fine)] == [ids(bare), ids(fine)]
    await asyncio.to_thread(redis_cluster.settle)


async def test_an_answered_turn_outlives_its_master_even_where_no_replica_had_it(
    redis_cluster: RedisCluster, shop: Tenant
) -> None:
    master = redis_cluster.masters()[0]
    user = redis_cluster.user_at(master)
    async with opened(redis_cluster.read(REDIS_WAIT="1"), 2) as redis:
        talk = Talk(redis_cluster, redis, shop, REDIS_WAIT="1")
        assert await talk.say(user, 0)
        with redis_cluster.stopped(redis_cluster.replica_of(master)):
            assert all([await talk.say(user, number) for number in range(1, TURNS)])
            redis_cluster.kill(master)
        try:
            async with asyncio.timeout(20):
                while master in redis_cluster.masters():  # noqa: ASYNC110 - its replica takes over
                    await asyncio.sleep(0.05)
        finally:
            redis_cluster.start(master)
        await talk.all_written()
        assert await talk.turns(user) == ids(user)
    await asyncio.to_thread(redis_cluster.settle)


async def test_a_crowd_talks_on_while_a_master_is_killed_and_whatever_was_answered_is_there_once(
    redis_cluster: RedisCluster, shop: Tenant
) -> None:
    settings = {"REDIS_WAIT": "1", "HISTORY_TURNS": "10000", "REDIS_TIMEOUT_MS": "2000", "DEADLINE_MS": "5000"}
    master = redis_cluster.masters()[0]
    users = [redis_cluster.user_at(node) for node in redis_cluster.masters() for _ in range(10)]
    said: dict[str, list[bool]] = {user: [] for user in users}  # by turn, was it written at once?
    going = True
    async with opened(redis_cluster.read(**settings), 2) as redis:
        talk = Talk(redis_cluster, redis, shop, **settings)

        async def go_on(user: str) -> None:
            while going:
                said[user].append(await talk.say(user, len(said[user])))
                await asyncio.sleep(0.02)

        async def heard(written: bool) -> None:
            """Everybody, once more."""
            before = {user: len(turns) for user, turns in said.items()}
            async with asyncio.timeout(30):
                while not all(turns[before[user] :].count(written) for user, turns in said.items()):  # noqa: ASYNC110
                    await asyncio.sleep(0.02)

        talking = [asyncio.create_task(go_on(user)) for user in users]
        await heard(written=True)
        with redis_cluster.killed(master):
            await heard(written=True)
            going = False
            await asyncio.gather(*talking)
        await talk.all_written()
        for user, turns in said.items():
            stored = await talk.turns(user)
            assert sorted(stored) == sorted(ids(user, len(turns)))
            late = {f"{user}-{number}" for number, written in enumerate(turns) if not written}
            assert [one for one in stored if one in late] == [one for one in ids(user, len(turns)) if one in late]
        assert any(False in turns for turns in said.values())
        assert sum(False in turns for turns in said.values()) <= 10


async def test_copies_fill_half_of_the_queue_at_most(redis_cluster: RedisCluster, shop: Tenant) -> None:
    master = redis_cluster.masters()[0]
    user = redis_cluster.user_at(master)
    few = {"REDIS_WAIT": "1", "LATE_TURNS_MAX": "4"}
    async with opened(redis_cluster.read(**few), 2) as redis:
        talk = Talk(redis_cluster, redis, shop, **few)
        with redis_cluster.stopped(redis_cluster.replica_of(master)):
            assert all([await talk.say(user, number) for number in range(TURNS)])
            assert len(talk.late) == 2
        await talk.all_written()
        assert await talk.turns(user) == ids(user)
    await asyncio.to_thread(redis_cluster.settle)


async def test_what_was_answered_before_the_connection_went_is_told(
    redis_cluster: RedisCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "WAIT_MS", 5000)  # until the connection goes
    master = redis_cluster.masters()[0]
    tag = redis_cluster.user_at(master)
    covering, beside = Pipeline(master, 12, covers=True), Pipeline(master, 5)
    (number, _) = await covering.ask("CLIENT", "ID")
    with redis_cluster.stopped(redis_cluster.replica_of(master)):
        waiting: asyncio.Task[Any] = asyncio.create_task(covering.ask("INCR", f"{{shop:{tag}}}"))
        async with asyncio.timeout(5):
            while b"flags=b" not in await beside.ask("CLIENT", "LIST", "ID", number):  # noqa: ASYNC110 - it waits in Redis
                await asyncio.sleep(0.01)
        await beside.ask("CLIENT", "KILL", "ID", number)
        assert await waiting == (1, False)
    covering.close()
    beside.close()
    await asyncio.to_thread(redis_cluster.settle)
