"""Does a customer's conversation come back as it was, and never over what is newer? On a real Redis."""

import time
from pathlib import Path

import msgspec
import pytest

from pyshim.errors import BadBackup
from pyshim.outside.redis import Redis
from pyshim.settings import Settings
from pyshim.tenants.schema import Tenant
from pyshim.turns import journal
from pyshim.turns.erasures import Erasure
from pyshim.turns.journal import Journal, Whose
from pyshim.turns.memory import Memory
from pyshim.turns.turn import Reply
from tests.backup.conftest import everything, restored, taken, talked
from tests.redis.test_forgetting import agree, turn

pytestmark = pytest.mark.real


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "backup"


async def turns(settings: Settings, redis: Redis, user: str) -> list[str]:
    """Ids, the newest first."""
    entries = await Memory(settings, redis).history("shop", user, 200)
    return [msgspec.json.decode(entry)["turn_id"] for entry in entries]


async def test_all_that_was_lost_comes_back_as_it_was(shop: Tenant, settings: Settings, redis: Redis, path: Path) -> None:
    for number in range(25):
        await talked(shop, settings, redis, f"u{number}", *range(3))
    await agree(shop, redis, "key", "u1", 9)
    await redis.command("XADD", "e:{shop:u1}", "*", "pushed", "x", "more", "y")
    await redis.command("EXPIRE", "e:{shop:u1}", 1000)
    for passing in ("{meter}:shop", "{rollout}:seen", "{rollout}:claim:a", "{shed}", "somebody:else"):
        await redis.command("SET", passing, "1")
    before = await everything(redis, "[dhicefa]:*") | await everything(redis, "consents:*")
    told = await taken(redis, path)
    assert (told.turns, told.dialogues, told.calls, told.wrong) == (75, 25, 1, [])
    assert sorted(told.left_out.items()) == [
        ("buckets of limits (as full as they were then)", 1),
        ("claims (of processes of then)", 2),
        ("keys that are none of sluice's", 1),
        ("who is there (said once a second)", 1),
    ]
    await redis.command("FLUSHALL")
    done = {"users": 25, "turns": 75, "dialogues": 25, "intents": 25, "calls": 1, "events": 1, "consents": 1}
    assert await restored(settings, redis, path, write=False) == done
    assert await everything(redis) == {}, "what is only looked at is not written"
    assert await restored(settings, redis, path) == done
    assert await everything(redis, "[^{]*") == before
    assert await restored(settings, redis, path) == {"users there already": 25}
    assert await everything(redis, "[^{]*") == before


async def test_where_nothing_was_lost_what_ended_since_stays_ended(
    shop: Tenant, settings: Settings, redis: Redis, path: Path
) -> None:
    await talked(shop, settings, redis, "u", 1, 2)
    await agree(shop, redis, "key")
    await taken(redis, path)
    await Memory(settings, redis).forget("shop", "u")  # DELETE /v1/session
    await redis.command("DEL", "c:{shop:u}")  # its outcome was told
    await talked(shop, settings, redis, "u", 3)
    before = await everything(redis, "?:{shop:u}")
    assert await restored(settings, redis, path) == {"users there already": 1}
    assert await everything(redis, "?:{shop:u}") == before


async def test_what_was_said_since_stays_and_stands_above(shop: Tenant, settings: Settings, redis: Redis, path: Path) -> None:
    await talked(shop, settings, redis, "u", 1, 2)
    await taken(redis, path)
    await redis.command("FLUSHALL")
    await talked(shop, settings, redis, "u", 3)
    began = await redis.command("GET", "d:{shop:u}")
    assert await restored(settings, redis, path) == {"users": 1, "turns": 2}
    assert await turns(settings, redis, "u") == ["u-3", "u-2", "u-1"]
    assert await redis.command("GET", "d:{shop:u}") == began, "the conversation that goes on is that of today"
    assert b'"turn_id":"u-3"' in await redis.command("HGET", "i:{shop:u}", "greet")


async def test_of_one_session_no_seq_is_written_twice(shop: Tenant, settings: Settings, redis: Redis, path: Path) -> None:
    await talked(shop, settings, redis, "u", 1, 2, session_id="s")
    await taken(redis, path)
    await redis.command("FLUSHALL")
    await talked(shop, settings, redis, "u", 3, session_id="s")  # its seq is 1 once more
    await restored(settings, redis, path)
    again = turn(shop, 4, session_id="s", seq=2)
    stored = await Memory(settings, redis).load(again)
    assert stored is not None and b'"turn_id":"u-2"' in stored
    after = turn(shop, 5, session_id="s")
    await Memory(settings, redis).load(after)
    assert b'"seq":3' in await Memory(settings, redis).commit(after, Reply("好的", "greet"))


async def test_no_history_grows_longer_than_histories_are(shop: Tenant, settings: Settings, redis: Redis, path: Path) -> None:
    await talked(shop, settings, redis, "u", *range(60))
    await taken(redis, path)
    await redis.command("FLUSHALL")
    await talked(shop, settings, redis, "u", *range(100, 160))
    assert (await restored(settings, redis, path))["turns"] == settings.history_turns - 60
    found = await turns(settings, redis, "u")
    assert found == [f"u-{number}" for number in (*range(159, 99, -1), *range(59, 19, -1))]


async def test_what_was_over_meanwhile_stays_over(shop: Tenant, settings: Settings, redis: Redis, path: Path) -> None:
    await talked(shop, settings, redis, "u", 1)
    await redis.command("PEXPIRE", "d:{shop:u}", 300)
    await taken(redis, path)
    until = await redis.command("PEXPIRETIME", "d:{shop:u}")
    while time.time() * 1000 <= until:
        await redis.command("EXISTS", "d:{shop:u}")
    await redis.command("FLUSHALL")
    assert await restored(settings, redis, path) == {"users": 1, "turns": 1, "intents": 1}
    assert not await redis.command("EXISTS", "d:{shop:u}")


async def test_a_call_of_which_nobody_knows_the_end_is_asked_about(
    shop: Tenant, settings: Settings, redis: Redis, path: Path
) -> None:
    await agree(shop, redis, "open")
    written, whose = await agree(shop, redis, "known", "v"), Whose("shop", "v", "known")
    [sent] = journal.read(await redis.command("HVALS", whose.calls))
    await written.ended(whose, msgspec.structs.replace(sent, outcome="done"))
    await taken(redis, path)
    await redis.command("FLUSHALL")
    await restored(settings, redis, path)
    assert [whose.key for whose, _ in await Journal(redis).due()] == ["open"]
    assert await redis.command("HKEYS", "c:{shop:v}") == [b"known"], "it waits to be told"


async def test_a_key_of_another_kind_is_named_and_hinders_nobody(
    shop: Tenant, settings: Settings, redis: Redis, path: Path
) -> None:
    await talked(shop, settings, redis, "u", 1)
    await redis.command("SET", "h:{shop:odd}", "no list")
    await redis.command("SET", "a:{shop:odd}", "no list")
    await redis.command("SET", "consents:{odd}", "no stream")
    told = await taken(redis, path)
    assert sorted(told.wrong) == ["a:{shop:odd}", "consents:{odd}", "h:{shop:odd}"]
    await redis.command("FLUSHALL")
    await redis.command("SET", journal.consents_of("other"), "no stream")
    assert (await restored(settings, redis, path))["turns"] == 1


async def test_keys_of_another_kind_are_named_before_anything_is_written(
    shop: Tenant, settings: Settings, redis: Redis, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for user in "uv":
        await talked(shop, settings, redis, user, 1)
        await agree(shop, redis, f"key-{user}", user)
    await taken(redis, path)
    await redis.command("FLUSHALL")
    odd = {
        **{f"{kind}:{{shop:u}}": "list" for kind in "dhcief"} | {"h:{shop:u}": "hash", "f:{shop:gone}": "hash"},
        **{"a:{shop:u}": "hash", "consents:{shop}": "hash", "{calls}": "list", "{revoked}:log": "hash"},
    }
    for key, kind in odd.items():
        await redis.command(*(("RPUSH", key, "x") if kind == "list" else ("HSET", key, "x", "x")))
    before = await everything(redis)
    monkeypatch.setattr("pyshim.backup.in_the_way.SHOWN", 99)
    gone = Erasure("shop", "gone", int(time.time() * 1000), "kept")
    for write in (False, True):
        with pytest.raises(BadBackup) as error:
            await restored(settings, redis, path, [gone], write)
        assert all(f"the key {key} is a {kind}, a " in str(error.value) for key, kind in odd.items())
        assert "the key d:{shop:u} is a list, a string is wanted; " in str(error.value)
    assert await everything(redis) == before
    await redis.command("DEL", *odd)
    assert (await restored(settings, redis, path))["users"] == 2
