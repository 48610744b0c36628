"""What becomes of turns whose master is lost or hangs, and of all the others?"""

import asyncio
import time
from typing import Any

import msgspec
import pytest

from pyshim.errors import RedisAway
from pyshim.layers import Layer
from pyshim.outside.clients import Outside
from pyshim.outside.redis import Redis, opened
from pyshim.serve.conversation import Conversations
from pyshim.serve.http import Handlers
from pyshim.telemetry import metrics
from pyshim.tenants.compile import composer
from pyshim.tenants.schema import Tenant
from pyshim.turns import memory as memories
from pyshim.turns.late import Late
from pyshim.turns.memory import Memory
from pyshim.turns.turn import Reply, Turn
from tests.redis.conftest import RedisCluster
from tests.shim.conftest import shop as shop_of_the_shim

pytestmark = pytest.mark.real

shop = shop_of_the_shim

TURNS = 5


class Says(Layer):
    name, on_error = "says", "refuse"

    def __init__(self) -> None:
        """Needs nothing from outside."""

    async def answer(self, turn: Turn) -> Reply | None:
        return Reply("好的", "greet")


class Talk:
    """A shim's conversations, and what it keeps."""

    def __init__(self, cluster: RedisCluster, redis: Redis, shop: Tenant, **settings: str) -> None:
        self.late, self.shop = Late(), shop
        self.memory = Memory(cluster.read(**settings), redis, self.late)
        self._conversations = Conversations(self.memory, [Says()])

    async def say(self, user: str, number: int) -> bool:
        """Was it written?"""
        turn = Turn(f"{user}-{number}", self.shop, composer(self.shop), user, "在吗", time.monotonic() + 5)
        body, _ = await self._conversations.answer(turn)
        return not msgspec.json.decode(body).get("degraded", False)

    async def turns(self, user: str) -> list[str]:
        """Ids of what is stored, oldest first."""
        return [msgspec.json.decode(entry)["turn_id"] for entry in reversed(await self.memory.history("shop", user, 10_000))]

    def make_due(self) -> None:
        """All that waits."""
        for which, queue in self.late._queues.items():
            self.late._queues[which] = type(queue)((0.0, what) for _, what in queue)

    async def all_written(self) -> None:
        async with asyncio.timeout(20):
            while self.late:
                await self.memory._write_due()
                await asyncio.sleep(0.02)


def ids(user: str, count: int = TURNS) -> list[str]:
    return [f"{user}-{number}" for number in range(count)]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memories, "SKEW_S", 0)


async def test_a_killed_masters_users_are_answered_at_once_and_their_turns_are_there_later_once_and_in_order(
    redis_cluster: RedisCluster, shop: Tenant
) -> None:
    victim, *others = redis_cluster.masters()
    lost, fine = redis_cluster.user_at(victim), [redis_cluster.user_at(node) for node in others]
    async with opened(redis_cluster.read(), 2) as redis:
        talk = Talk(redis_cluster, redis, shop)
        assert await talk.say(lost, 0)
        with redis_cluster.killed(victim):
            async with asyncio.timeout(2 * TURNS):  # less than the time of one command each
                assert [await talk.say(lost, number) for number in range(1, TURNS)] == [False] * (TURNS - 1)
            assert all([await talk.say(user, number) for number in range(TURNS) for user in fine])
            assert len(talk.late) == TURNS - 1
            await talk.all_written()
            assert await talk.turns(lost) == ids(lost)
            assert await talk.say(lost, TURNS)
            assert victim not in await redis.masters()
        assert [await talk.turns(user) for user in fine] == [ids(user) for user in fine]
        assert await talk.turns(lost) == ids(lost, TURNS + 1)


async def test_a_master_that_hangs_holds_up_nobody_elses_commands_nor_their_late_turns(
    redis_cluster: RedisCluster, shop: Tenant
) -> None:
    victim, *others = redis_cluster.masters()
    lost, fine = redis_cluster.user_at(victim), [redis_cluster.user_at(node) for node in others]
    async with opened(redis_cluster.read(), 0.5) as redis:
        talk = Talk(redis_cluster, redis, shop)
        assert all([await talk.say(user, 0) for user in (lost, *fine)])
        connections = [await redis.on(node, "CLIENT", "ID") for node in others]
        for user in (lost, *fine):
            for number in range(1, TURNS):
                turn = Turn(f"{user}-{number}", shop, composer(shop), user, "在吗", time.monotonic() + 5, degraded=True)
                talk.memory._put_late(turn, Reply("好的", "greet"))
        talk.make_due()
        with redis_cluster.stopped(victim):
            hangs = asyncio.create_task(redis.command("GET", f"d:{{shop:{lost}}}"))
            heard = [await redis.command("LLEN", f"h:{{shop:{user}}}") for user in fine for _ in range(50)]
            assert not hangs.done() and heard == [1] * 100
            assert not await talk.memory._write_due()
            with pytest.raises(RedisAway, match=victim):
                await hangs
            assert len(talk.late) == TURNS - 1
            assert [await talk.turns(user) for user in fine] == [ids(user) for user in fine]
            assert [await redis.on(node, "CLIENT", "ID") for node in others] == connections
        await talk.all_written()
        assert await talk.turns(lost) == ids(lost)
    await asyncio.to_thread(redis_cluster.settle)


async def asked(handlers: Handlers) -> tuple[int, dict[str, Any]]:
    said: list[Any] = []

    async def send(message: Any) -> None:
        said.append(message)

    await handlers._readyz({}, {}, None, send)  # type: ignore[arg-type]
    return said[0]["status"], msgspec.json.decode(said[1]["body"])


async def test_what_is_away_is_named_by_its_shard(redis_cluster: RedisCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    class Serving:
        number = 1
        serving = property(lambda self: self)

    async def there(_: Any) -> str:
        return ""

    victim, *others = redis_cluster.masters()
    monkeypatch.setattr(Handlers, "_triton_away", there)
    async with opened(redis_cluster.read(), 0.2) as redis:
        handlers = Handlers.__new__(Handlers)
        handlers._outside, handlers.configurations = Outside(redis, None, None), Serving()  # type: ignore[arg-type, assignment]
        assert await asked(handlers) == (200, {"ready": True, "parts": {"redis": True, "triton": True}, "config_version": 1})
        assert metrics.redis_writable._value.get() == 1
        with redis_cluster.stopped(victim):
            status, said = await asked(handlers)
            assert (status, said["ready"], said["parts"]["redis"]) == (200, True, True)
            assert said["away"].keys() == {f"redis {victim}"}
            assert "no answer within 0.25 s" in said["away"][f"redis {victim}"]
            assert metrics.redis_writable._value.get() == pytest.approx(2 / 3)
            assert [metrics.shard_writable.labels(node)._value.get() for node in (victim, *others)] == [0, 1, 1]
            assert (await redis.away_nodes()).keys() == {victim}
            await redis.check_writable()
            with redis_cluster.stopped(others[0]), redis_cluster.stopped(others[1]):
                status, said = await asked(handlers)
                assert (status, said["parts"]["redis"], said["away"].keys()) == (503, False, {"redis"})
                with pytest.raises(RedisAway):
                    await redis.check_writable()
    await asyncio.to_thread(redis_cluster.settle)
