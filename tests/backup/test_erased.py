"""Does anybody who was forgotten come back with a backup from before? On a real Redis."""

import asyncio
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pyshim.outside.redis import Redis
from pyshim.settings import Settings
from pyshim.tenants.schema import Tenant
from pyshim.turns import erasures, journal
from pyshim.turns.erasures import Erasure
from pyshim.turns.forgetting import Consents, forget
from pyshim.turns.turn import Sent
from pyshim.turns.wire import read_state
from tests.backup.conftest import everything, restored, taken, talked
from tests.redis.test_forgetting import agree

pytestmark = pytest.mark.real


@pytest.fixture
async def path(shop: Tenant, settings: Settings, redis: Redis, tmp_path: Path) -> Path:
    """Of two customers, u and v, who both agreed to something."""
    for user in "uv":
        await talked(shop, settings, redis, user, 1, 2)
        await agree(shop, redis, f"key-{user}", user, 3)
    await taken(redis, tmp_path / "backup")
    return tmp_path / "backup"


async def users(redis: Redis) -> list[str]:
    """Whose consents there are, in their order."""
    return [fields[b"user"].decode() for _, fields in await redis.command("XRANGE", journal.consents_of("shop"), "-", "+")]


async def test_redis_remembers_it_where_it_lost_nothing(settings: Settings, redis: Redis, path: Path) -> None:
    await forget(redis, "shop", "u", "kept")
    before = await everything(redis, "[dhicefa]:*")
    assert await restored(settings, redis, path) == {"erased": 1, "users there already": 1}
    assert await everything(redis, "[dhicefa]:*") == before


@pytest.mark.parametrize(("consents", "left"), [("kept", ["u", "v"]), ("erased", ["v"])])
async def test_the_machine_remembers_it_where_redis_lost_all(
    settings: Settings, redis: Redis, path: Path, tmp_path: Path, consents: Consents, left: list[str]
) -> None:
    notes = tmp_path / "erased"
    await forget(redis, "shop", "u", consents, notes=notes)
    await redis.command("FLUSHALL")
    done = await restored(settings, redis, path, erasures.noted(notes))
    assert (done["erased"], done["users"], done["erasures"], done["consents"]) == (1, 1, 1, len(left))
    assert await users(redis) == left
    kept = [b"a:{shop:u}"] if consents == "kept" else []
    assert [*await everything(redis, "?:{shop:u}")] == [*kept, b"f:{shop:u}"], "a late turn from before is refused, too"
    assert await restored(settings, redis, path, erasures.noted(notes)) == {"erased": 1, "users there already": 1}


async def test_what_is_remembered_for_ever_is_so_again(redis: Redis, settings: Settings, path: Path, tmp_path: Path) -> None:
    for key in ("f:{shop:u}", "a:{shop:u}"):
        await redis.command("SET" if key[0] == "f" else "RPUSH", key, 5)
        await redis.command("PERSIST", key)
    before = await everything(redis, "[fa]:{shop:u}")
    await taken(redis, tmp_path / "ever")
    await redis.command("DEL", "f:{shop:u}", "a:{shop:u}")
    await restored(settings, redis, tmp_path / "ever")
    assert await everything(redis, "[fa]:{shop:u}") == before


async def test_consents_are_united_in_their_order(
    shop: Tenant, settings: Settings, redis: Redis, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pyshim.backup.consents.PAGE", 1)
    [first, second] = await redis.command("XRANGE", journal.consents_of("shop"), "-", "+")
    await agree(shop, redis, "key-w", "w")
    await redis.command("XDEL", journal.consents_of("shop"), first[0])
    assert (await restored(settings, redis, path))["consents"] == 1
    assert await users(redis) == ["u", "v", "w"]
    assert (await redis.command("XRANGE", journal.consents_of("shop"), "-", "+"))[:2] == [first, second]
    assert not await redis.command("EXISTS", f"{journal.consents_of('shop')}:draft")
    assert await redis.command("TTL", journal.consents_of("shop")) == -1


async def test_what_is_agreed_to_while_they_are_united_is_in_it(
    shop: Tenant, settings: Settings, redis: Redis, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, meanwhile = Redis.run, iter("xyz")

    async def at_the_last_moment(self: Redis, script: Any, *arguments: Any) -> Any:
        if script.name == "united-2" and (user := next(meanwhile, None)):
            await agree(shop, redis, f"key-{user}", user)
            if user == "x":  # and another goes, so that what was read is no more what is there
                await redis.command("XDEL", journal.consents_of("shop"), arguments[2])
        return await run(self, script, *arguments)

    await redis.command("FLUSHALL")
    await agree(shop, redis, "key-w", "w")
    monkeypatch.setattr(Redis, "run", at_the_last_moment)
    await restored(settings, redis, path)
    assert await users(redis) == ["u", "v", "x", "y"]


async def test_who_is_forgotten_while_the_backup_runs_is_forgotten_in_it(
    settings: Settings, redis: Redis, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Redis.run

    async def just_read(self: Redis, script: Any, *arguments: Any) -> Any:
        answer = await run(self, script, *arguments)
        if script.name == "whole-6" and "h:{shop:u}" in arguments and answer:
            await forget(redis, "shop", "u", "kept")
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(Redis, "run", just_read)
        await taken(redis, tmp_path / "during")
    await redis.command("FLUSHALL")
    done = await restored(settings, redis, tmp_path / "during")
    assert (done["erased"], done["users"], done["erasures"]) == (1, 1, 1)
    assert await everything(redis, "[dhic]:{shop:u}") == {}


async def test_who_talks_again_afterwards_keeps_that(
    shop: Tenant, settings: Settings, redis: Redis, path: Path, tmp_path: Path
) -> None:
    await forget(redis, "shop", "u", "kept")
    await talked(shop, settings, redis, "u", 7)
    await taken(redis, tmp_path / "later")
    await redis.command("FLUSHALL")
    assert (await restored(settings, redis, tmp_path / "later"))["turns"] == 3, "one of u, two of v"
    assert await restored(settings, redis, path) == {"erased": 1, "users there already": 1}


@pytest.mark.parametrize(("consents", "left"), [("kept", ["u", "v"]), ("erased", ["v"])])
async def test_who_came_back_for_want_of_the_note_goes_again(
    settings: Settings, redis: Redis, path: Path, tmp_path: Path, consents: Consents, left: list[str]
) -> None:
    notes = tmp_path / "erased"
    await forget(redis, "shop", "u", consents, notes=notes)
    await redis.command("FLUSHALL")
    await restored(settings, redis, path)
    before = await everything(redis)
    looked = await restored(settings, redis, path, erasures.noted(notes), write=False)
    assert looked == {"here again": 1, "erasures": 1, "erased": 1, "users there already": 1}
    assert await everything(redis) == before
    assert await restored(settings, redis, path, erasures.noted(notes)) == looked
    kept = [b"a:{shop:u}"] if consents == "kept" else []
    assert [*await everything(redis, "?:{shop:u}")] == [*kept, b"f:{shop:u}"]
    assert await users(redis) == left
    asked_about = [msgspec.json.decode(one)[1] for one in await redis.command("ZRANGE", journal.INDEX, 0, -1)]
    assert asked_about == ["v"]
    before = await everything(redis)
    for again in ([], list(erasures.noted(notes))) if consents == "kept" else []:  # of erased ones the note alone knows here
        assert await restored(settings, redis, path, again) == {"erased": 1, "users there already": 1}
    assert await restored(settings, redis, path, erasures.noted(notes)) == {"erased": 1, "users there already": 1}
    assert await everything(redis) == before


@pytest.mark.parametrize("same", [True, False])
async def test_what_was_said_after_the_moment_stays(
    shop: Tenant, settings: Settings, redis: Redis, path: Path, tmp_path: Path, same: bool
) -> None:
    notes = tmp_path / "erased"
    await forget(redis, "shop", "u", "kept", notes=notes)
    await redis.command("FLUSHALL")
    await restored(settings, redis, path)
    if not same:
        await redis.command("DEL", "d:{shop:u}")  # the dialogue was over: a new one begins
    await talked(shop, settings, redis, "u", 7)
    sent = Sent("later", "t", "refund", {}, int(time.time() * 1000))
    await redis.command("HSET", "c:{shop:u}", "later", msgspec.msgpack.encode(sent))
    state = await redis.command("GET", "d:{shop:u}")
    assert (await restored(settings, redis, path, erasures.noted(notes)))["here again"] == 1
    [entry] = await redis.command("LRANGE", "h:{shop:u}", 0, -1)
    assert b'"turn_id":"u-7"' in entry and await redis.command("TTL", "h:{shop:u}") > 0
    assert await redis.command("HVALS", "i:{shop:u}") == [entry]
    assert await redis.command("HKEYS", "c:{shop:u}") == [b"later"]
    before, after = read_state(state), read_state(await redis.command("GET", "d:{shop:u}"))
    if same:
        assert (after.session, after.seq, after.slots, after.turn) == (before.session, before.seq, {}, before.turn + 1)
    else:
        assert after == before
    assert await restored(settings, redis, path, erasures.noted(notes)) == {"erased": 1, "users there already": 1}


async def test_a_backup_of_who_had_come_back_brings_back_only_what_is_later(
    shop: Tenant, settings: Settings, redis: Redis, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pyshim.backup.restoring.SKEW_MS", 0)
    notes = tmp_path / "erased"
    await forget(redis, "shop", "u", "kept", notes=notes)
    await redis.command("FLUSHALL")
    await restored(settings, redis, path)
    await talked(shop, settings, redis, "u", 7)
    await taken(redis, tmp_path / "later")
    await redis.command("FLUSHALL")
    await restored(settings, redis, tmp_path / "later", erasures.noted(notes))
    [entry] = await redis.command("LRANGE", "h:{shop:u}", 0, -1)
    assert b'"turn_id":"u-7"' in entry


def test_notes_are_their_owners_and_end(tmp_path: Path) -> None:
    old, now = Erasure("shop", "u", 1_600_000_000_000, "kept"), Erasure("shop", "v", 1_796_000_000_000, "erased")
    folder = tmp_path / "erased"
    for one in (old, now, now):
        erasures.note(folder, one)
    assert list(erasures.noted(folder)) == [now, now], "what no backup can hold any more is not noted any more, either"
    assert [path.stat().st_mode & 0o777 for path in (folder, *folder.iterdir())] == [0o700, 0o600]
    with next(folder.iterdir()).open("ab") as file:
        file.write(b'{"tenant":"sh')
    assert list(erasures.noted(next(folder.iterdir()))) == [now, now]


def test_where_it_cannot_be_noted_the_log_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "erased").write_text("a file")
    erasures.note(tmp_path / "erased", Erasure("shop", "u", 1_796_000_000_000, "kept"))
    assert "a backup from before would bring it back" in caplog.text


async def test_a_whole_crowd_is_noted_line_by_line(tmp_path: Path) -> None:
    many = [Erasure("shop", f"u{number}", 1_796_000_000_000 + number, "kept") for number in range(50)]
    await asyncio.gather(*(asyncio.to_thread(erasures.note, tmp_path, one) for one in many))
    assert sorted(one.user for one in erasures.noted(tmp_path)) == sorted(one.user for one in many)
