"""Is a customer who wants to be forgotten forgotten, wholly, and for good? On a real Redis."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from pyshim.errors import Conflict
from pyshim.layers import Layer
from pyshim.outside.redis import Redis, opened
from pyshim.serve.conversation import Conversations
from pyshim.settings import Settings, read_settings
from pyshim.tenants.compile import composer
from pyshim.tenants.schema import Tenant
from pyshim.turns import journal
from pyshim.turns.forgetting import Consents, Erased, Forgotten, Kept, forget
from pyshim.turns.journal import Journal, Whose
from pyshim.turns.late import Late
from pyshim.turns.memory import Memory
from pyshim.turns.turn import Consent, Reply, Sent, Turn
from tests.conftest import RedisServer
from tests.shim.conftest import shop as shop_of_the_shim

pytestmark = pytest.mark.real

shop = shop_of_the_shim


@pytest.fixture
def settings(redis_server: RedisServer) -> Settings:
    return read_settings({"SLUICE_REDIS": str(redis_server.socket)})


@pytest.fixture
async def redis(settings: Settings) -> AsyncIterator[Redis]:
    async with opened(settings, 2) as found:
        await found.command("FLUSHALL")
        yield found


class Says(Layer):
    """Answers whatever comes, and lets others do something meanwhile."""

    name, on_error = "says", "refuse"

    def __init__(self, meanwhile: asyncio.Event | None = None) -> None:
        self.asked, self.meanwhile = asyncio.Event(), meanwhile
        self.turns: list[int] = []

    async def answer(self, turn: Turn) -> Reply | None:
        self.turns.append(turn.state.turn)
        self.asked.set()
        if self.meanwhile is not None:
            await self.meanwhile.wait()
        turn.state.slots = {"order": "20231105"}
        return Reply("好的", "greet")


def turn(shop: Tenant, number: int, user: str = "u", **more: object) -> Turn:
    return Turn(f"{user}-{number}", shop, composer(shop), user, "在吗", time.monotonic() + 5, **more)  # type: ignore[arg-type]


def consent_of(key: str) -> tuple[Sent, Consent]:
    at = int(time.time() * 1000)
    return Sent(key, "t", "refund", {}, at), Consent("refund", "确认吗？", "确认", "words", {}, 1, "1", key)


async def agree(shop: Tenant, redis: Redis, key: str, user: str = "u", number: int = 1) -> Journal:
    """The user agreed to something, and the call was sent."""
    written, sent = Journal(redis), consent_of(key)
    made = turn(shop, number, user)
    await Memory(read_settings({}), redis).load(made)
    await written.begin(made, *sent)
    return written


async def erase(redis: Redis, user: str = "u", consents: Consents = "kept", thoroughly: bool = False) -> Forgotten:
    return await forget(redis, "shop", user, consents, thoroughly)


async def keys(redis: Redis, user: str = "u") -> list[bytes]:
    return sorted(await redis.command("KEYS", f"*{{shop:{user}}}"))


async def test_all_is_erased_and_said_and_others_stay(shop: Tenant, redis: Redis, settings: Settings) -> None:
    talk = Conversations(Memory(settings, redis), [Says()])
    for user in ("u", "neighbour"):
        for number in range(3):
            await talk.answer(turn(shop, number, user))
        await agree(shop, redis, f"key-{user}", user)
    await redis.command("XADD", "e:{shop:u}", "*", "pushed", "x")
    before = await keys(redis, "neighbour")
    assert await erase(redis) == Forgotten("shop", "u", Erased(3, 1, 1, 1, 1), Kept(1))
    assert await keys(redis) == [b"a:{shop:u}", b"f:{shop:u}"]  # that there were consents, and when it was
    assert await keys(redis, "neighbour") == before
    assert [b"neighbour" in one for one in await redis.command("ZRANGE", journal.INDEX, 0, -1)] == [True]
    assert await erase(redis) == Forgotten("shop", "u", Erased(), Kept(1))  # again


async def test_consents_go_where_the_tenant_says_so(shop: Tenant, redis: Redis) -> None:
    for user in ("u", "neighbour"):
        await agree(shop, redis, f"key-{user}", user)
    assert (await erase(redis, consents="erased")).erased.consents == 1
    assert await keys(redis) == [b"f:{shop:u}"]
    left = await redis.command("XRANGE", journal.consents_of("shop"), "-", "+")
    assert [fields[b"user"] for _, fields in left] == [b"neighbour"]


async def test_an_operator_finds_consents_that_an_earlier_sluice_listed_nowhere(redis: Redis) -> None:
    for user in ("u", "neighbour", "u"):
        await redis.command("XADD", journal.consents_of("shop"), "*", "user", user, "consent", "{}")
    assert (await erase(redis, thoroughly=True)).kept.consents == 2
    assert (await erase(redis, consents="erased", thoroughly=True)).erased.consents == 2
    assert await redis.command("XLEN", journal.consents_of("shop")) == 1


async def test_what_was_agreed_to_before_is_not_sent_afterwards(shop: Tenant, redis: Redis, settings: Settings) -> None:
    memory = Memory(settings, redis)
    await Conversations(memory, [Says()]).answer(turn(shop, 1))
    agreed = turn(shop, 2)
    await memory.load(agreed)
    await erase(redis)
    with pytest.raises(Conflict):
        await Journal(redis).begin(agreed, *consent_of("key"))
    assert await redis.command("XLEN", journal.consents_of("shop")) == 0


async def test_an_outcome_that_is_known_later_brings_nothing_back(shop: Tenant, redis: Redis) -> None:
    written = await agree(shop, redis, "key")
    await erase(redis, consents="erased")
    sent = msgspec.structs.replace(consent_of("key")[0], outcome="done")
    await written.ended(Whose("shop", "u", "key"), sent)
    assert await keys(redis) == [b"f:{shop:u}"]
    assert await redis.command("XLEN", journal.consents_of("shop")) == 0
    assert await written.due() == []


async def test_where_consents_are_kept_their_outcome_is_too(shop: Tenant, redis: Redis) -> None:
    written = await agree(shop, redis, "key")
    await erase(redis)
    await written.ended(Whose("shop", "u", "key"), msgspec.structs.replace(consent_of("key")[0], outcome="done"))
    assert await redis.command("XLEN", journal.consents_of("shop")) == 2
    for thoroughly in (False, True):
        assert (await erase(redis, thoroughly=thoroughly)).kept.consents == 1, "what came of it is no second consent"
    assert (await erase(redis, consents="erased")).erased.consents == 1
    assert await redis.command("XLEN", journal.consents_of("shop")) == 0


async def test_a_turn_on_its_way_is_the_first_of_a_new_conversation(shop: Tenant, redis: Redis, settings: Settings) -> None:
    await Conversations(Memory(settings, redis), [Says()]).answer(turn(shop, 1))
    go, slow = asyncio.Event(), Says()
    slow.meanwhile = go
    on_its_way = asyncio.create_task(Conversations(Memory(settings, redis), [slow]).answer(turn(shop, 2)))
    await slow.asked.wait()
    await erase(redis)
    go.set()
    body, _ = await on_its_way
    assert msgspec.json.decode(body)["seq"] == 1
    assert slow.turns == [1, 0]  # read anew
    assert [b'"turn_id":"u-2"' in entry for entry in await Memory(settings, redis).history("shop", "u", 10)] == [True]


async def test_a_turn_that_this_shim_answers_is_waited_for(shop: Tenant, redis: Redis, settings: Settings) -> None:
    go = asyncio.Event()
    slow = Says(go)
    talk = Conversations(Memory(settings, redis), [slow])
    on_its_way = asyncio.create_task(talk.answer(turn(shop, 1)))
    await slow.asked.wait()

    async def erased() -> Forgotten:
        async with talk.alone("shop", "u", 5):
            return await erase(redis)

    erasing = asyncio.create_task(erased())
    await asyncio.sleep(0)
    go.set()
    await on_its_way
    assert (await erasing).erased.turns == 1
    assert await Memory(settings, redis).history("shop", "u", 10) == []


async def late(shop: Tenant, settings: Settings, path: Path, number: int) -> None:
    """A turn is answered while Redis is away, and the shim ends before it is back."""
    away = read_settings({"SLUICE_REDIS": str(path) + ".nobody"})
    async with opened(away) as nobody:
        await Conversations(Memory(settings, nobody, Late(path)), [Says()]).answer(turn(shop, number))


def on_disk(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.iterdir()]


async def test_a_turn_that_waits_on_disk_is_not_written_any_more(
    shop: Tenant, redis: Redis, settings: Settings, tmp_path: Path
) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    await late(shop, settings, before, 1)
    await erase(redis)
    await late(shop, settings, after, 2)
    assert ["在吗".encode() in text for text in on_disk(tmp_path)] == [True, True]
    for path in (before, after):
        memory = Memory(settings, redis, Late(path))
        [(slot, queue)] = memory._late._queues.items()
        memory._late._queues[slot] = type(queue)((0.0, what) for _, what in queue)  # it is due
        assert await memory._write_due()
    assert on_disk(tmp_path) == []
    assert [b'"turn_id":"u-2"' in entry for entry in await memory.history("shop", "u", 10)] == [True]
