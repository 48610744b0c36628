"""Do configuration, rollout and revocations come back, and never over what is newer? On a real Redis."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from pyshim.configuration.configuration import RECORD, Configuration
from pyshim.configuration.store import Event, Manifest, Piece, Store, key_of
from pyshim.identity.revocations import Revocations
from pyshim.outside.redis import Redis
from pyshim.rollout.rollout import RECORD as ROLLOUT
from pyshim.rollout.rollout import Rollout
from pyshim.rollout.rollout import decode as read_rollout
from pyshim.settings import Settings
from tests.backup.conftest import everything, restored, taken

pytestmark = pytest.mark.real


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "backup"


async def stored(redis: Redis, number: int, digest: str) -> None:
    """A version of one tenant."""
    piece = Piece(f"s{digest}", f"p{digest}")
    for key in (*Manifest(number, digest, {"shop": piece}, "ann", 1.0, "").pieces, key_of("edge", number)):
        await redis.command("SET", key, f"{key} {digest}")
    await redis.command(
        "SET", key_of("version", number), msgspec.json.encode(Manifest(number, digest, {"shop": piece}, "ann", 1.0, ""))
    )
    store = Store(redis)
    await store.add([number], number)
    await store.note(Event(float(number), "ann", "applied", number))


async def serves(redis: Redis, seq: int, serving: int, **more: Any) -> Configuration:
    record = Configuration(seq, serving, **more)
    await redis.command("SET", RECORD, msgspec.json.encode(record))
    return record


async def record(redis: Redis) -> Configuration:
    return msgspec.json.decode(await redis.command("GET", RECORD), type=Configuration)


async def test_all_versions_come_back_and_the_one_that_served_serves(settings: Settings, redis: Redis, path: Path) -> None:
    for number in (1, 2, 3):
        await stored(redis, number, "same" if number < 3 else "other")
    await serves(redis, 7, 3, previous=1, preparing=2, since=5.0)
    before = await everything(redis)
    await taken(redis, path)
    await redis.command("FLUSHALL")
    assert await restored(settings, redis, path) == {"keys of the configuration": 12, "records": 1}
    after = await everything(redis)
    changed = {key for key in before | after if before.get(key) != after.get(key)}
    assert changed == {RECORD.encode(), b"{config}:log"}
    assert await record(redis) == Configuration(7, 3, previous=1, since=5.0), "whoever was about to apply is no more"
    said = [(event.what.partition(" of ")[0], event.version) for event in await Store(redis).events(9)]
    assert said == [("restored from the backup", 3), ("applied", 3), ("applied", 2), ("applied", 1)]
    assert await restored(settings, redis, path) == {}
    assert await everything(redis) == after


async def test_a_newer_record_serves_on_and_older_versions_come_beside_it(settings: Settings, redis: Redis, path: Path) -> None:
    for number in (1, 2):
        await stored(redis, number, f"d{number}")
    await serves(redis, 3, 2, previous=1)
    await taken(redis, path)
    await redis.command("FLUSHALL")
    await stored(redis, 5, "d5")
    newer = await serves(redis, 9, 5)
    assert await restored(settings, redis, path) == {"keys of the configuration": 10}
    assert await record(redis) == newer
    assert await Store(redis).numbers() == [1, 2, 5]
    assert [event.version for event in await Store(redis).events(9)] == [5, 2, 1]
    assert await Store(redis).next_number() == 6


async def test_a_number_that_is_another_version_here_stays_what_it_is(settings: Settings, redis: Redis, path: Path) -> None:
    await stored(redis, 1, "theirs")
    await serves(redis, 9, 1)
    await taken(redis, path)
    await redis.command("FLUSHALL")
    await stored(redis, 1, "mine")
    mine = await serves(redis, 1, 1)
    await restored(settings, redis, path)
    assert await record(redis) == mine
    assert (await Store(redis).manifest(1)).digest == "mine"


async def test_what_changes_while_it_is_read_is_in_it(
    settings: Settings, redis: Redis, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stored(redis, 1, "one")
    await serves(redis, 1, 1)
    lines, first = Store.numbers, iter([1])

    async def applied_meanwhile(self: Store) -> list[int]:
        found = await lines(self)
        if next(first, None):
            await stored(redis, 2, "two")
            await serves(redis, 2, 2, previous=1)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(Store, "numbers", applied_meanwhile)
        await taken(redis, path)
    await redis.command("FLUSHALL")
    await restored(settings, redis, path)
    serving = (await record(redis)).serving
    assert await Store(redis).compiled((await Store(redis).manifest(serving)).tenants["shop"].source)


async def test_the_model_that_served_serves_and_its_candidate_does_not(settings: Settings, redis: Redis, path: Path) -> None:
    before = Rollout(4, stable=2, previous=1, candidate=3, attempt=4, loaded=True, percent=5.0, wanted=5.0)
    await redis.command("SET", ROLLOUT, msgspec.json.encode(before))
    await taken(redis, path)
    await redis.command("FLUSHALL")
    for done in ({"records": 1}, {}):
        assert await restored(settings, redis, path) == done
        after = read_rollout(await redis.command("GET", ROLLOUT))
        assert (after.seq, after.stable, after.previous, after.candidate, after.percent) == (5, 2, 1, 0, 0.0)
    assert after.events[-1].what.endswith("without candidate 3")
    await redis.command("SET", ROLLOUT, msgspec.json.encode(Rollout(6, stable=7)))
    assert await restored(settings, redis, path) == {}
    assert read_rollout(await redis.command("GET", ROLLOUT)).stable == 7


async def test_what_was_said_of_tokens_is_united(settings: Settings, redis: Redis, path: Path) -> None:
    log = Revocations(settings, redis)
    for user in ("a", "b", "c"):
        await log.say("shop", "user", user, "ann")
    await taken(redis, path)
    await redis.command("FLUSHALL")
    await log.say("shop", "user", "b", "ann", restored=True)
    await log.say("shop", "user", "d", "ann")
    assert await restored(settings, redis, path) == {"revocations": 3}
    assert {said.value for said in await log.standing()} == {"a", "c", "d"}, "what was given back later stays given back"
    assert await restored(settings, redis, path) == {}


async def test_more_are_read_than_one_page_holds(
    settings: Settings, redis: Redis, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pyshim.backup.taking.PAGE", 2)
    log = Revocations(settings, redis)
    for number in range(7):
        await log.say("shop", "token", f"t{number}", "ann")
    await taken(redis, path)
    await redis.command("FLUSHALL")
    assert await restored(settings, redis, path) == {"revocations": 7}
