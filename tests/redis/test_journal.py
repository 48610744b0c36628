"""Is a call written down before it is sent, asked about by one, and told once? On a real Redis."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from pyshim.commands import consents as export
from pyshim.errors import Conflict, RedisAway
from pyshim.outside.redis import Redis, Script, opened
from pyshim.settings import read_settings
from pyshim.tenants.compile import composer
from pyshim.tenants.schema import Tenant
from pyshim.turns import journal as journals
from pyshim.turns.journal import INDEX, Journal, Whose, consents_of
from pyshim.turns.memory import Memory
from pyshim.turns.turn import Consent, Reply, Sent, State, Turn
from tests.conftest import RedisServer
from tests.shim.conftest import shop  # noqa: F401

pytestmark = pytest.mark.real


class Recording(Redis):
    """Remembers the commands, and goes away before the one it is told to."""

    names: list[str]
    away_at: str = ""

    async def command(self, *arguments: bytes | str | int) -> Any:
        return await self._told(str(arguments[0]), lambda: super(Recording, self).command(*arguments))

    async def run(self, script: Script, *arguments: bytes | str | int) -> Any:
        return await self._told(script.name, lambda: super(Recording, self).run(script, *arguments))

    async def _told(self, name: str, work: Callable[[], Any]) -> Any:
        self.names.append(name)
        if name == self.away_at:
            raise RedisAway("told to be away")
        return await work()


@dataclass
class Desk:
    """One user's calls, as two shims see them."""

    tenant: Tenant
    redis: Redis
    mine: Recording
    user: str

    def __post_init__(self) -> None:
        self.mine.names = []
        self.journal, self.other = Journal(self.mine), Journal(self.redis)

    def turn(self, number: int = 0, **more: Any) -> Turn:
        return Turn(
            "t", self.tenant, composer(self.tenant), self.user, "确认", time.monotonic() + 1, state=State(turn=number), **more
        )

    def sent(self, key: str = "k", intent: str = "cancel_order", **more: Any) -> Sent:
        return Sent(key, "began", intent, {"order_id": "1"}, int(time.time() * 1000), **more)

    def whose(self, key: str = "k") -> Whose:
        return Whose(self.tenant.id, self.user, key)

    async def begin(self, sent: Sent, number: int = 0, **more: Any) -> None:
        consent = Consent(sent.intent, "确认吗？", "确认", "words", sent.values, 1, "1", sent.key)
        await self.journal.begin(self.turn(number, **more), sent, consent)

    async def waits(self) -> dict[str, Sent]:
        values = await self.redis.command("HVALS", self.whose().calls)
        return {sent.key: sent for sent in journals.read(values)}

    async def due_in(self, key: str = "k") -> float | None:
        """Seconds until somebody asks."""
        score = await self.redis.command("ZSCORE", INDEX, msgspec.json.encode(self.whose(key)))
        return None if score is None else float(score) / 1000 - time.time()

    async def make_due(self, key: str = "k") -> None:
        await self.redis.command("ZADD", INDEX, 1, msgspec.json.encode(self.whose(key)))

    async def due(self, journal: Journal) -> list[Sent]:
        """Of this user: the index is all users'."""
        return [sent for whose, sent in await journal.due() if whose.user == self.user]

    async def consents(self) -> list[dict[str, Any]]:
        entries = await self.redis.command("XRANGE", consents_of(self.tenant.id), "-", "+")
        read = [fields for _, fields in entries]
        return [json.loads(one.get(b"consent") or one[b"outcome"]) for one in read if one[b"user"].decode() == self.user]


@pytest.fixture
async def desk(redis_server: RedisServer, shop: Tenant, request: pytest.FixtureRequest) -> AsyncIterator[Desk]:  # noqa: F811
    settings = read_settings({"SLUICE_REDIS": str(redis_server.socket)})
    mine = Recording(settings, 2)
    async with opened(settings, 2) as redis:
        yield Desk(shop, redis, mine, request.node.name[-50:].replace("[", "-").replace("]", ""))
    await mine.close()


# -- before the call -------------------------------------------------------------------------------------------------------


async def test_a_call_is_written_down_first_in_the_index_then_with_its_user_then_as_a_consent(desk: Desk) -> None:
    await desk.begin(desk.sent())
    assert desk.mine.names == ["ZADD", "begin-2", "XADD", "RPUSH", "EXPIRE"]
    assert (await desk.waits()).keys() == {"k"}
    assert await desk.redis.command("TTL", desk.whose().calls) == 7 * 24 * 3600
    (consent,) = await desk.consents()
    assert (consent["shown"], consent["agreed"], consent["by"], consent["values"]) == (
        "确认吗？",
        "确认",
        "words",
        {"order_id": "1"},
    )
    due_in = await desk.due_in()
    assert due_in is not None and 3 < due_in <= 4


async def test_nobody_asks_about_a_call_while_its_turn_may_still_be_on_its_way(desk: Desk) -> None:
    turn = desk.turn()
    turn.deadline = time.monotonic() + 60
    await desk.journal.begin(turn, desk.sent(), Consent("x", "", "", "words", {}, 1, "", "k"))
    due_in = await desk.due_in()
    assert due_in is not None and due_in > 60


@pytest.mark.parametrize("at", ["ZADD", "begin-2", "XADD", "RPUSH", "EXPIRE"])
async def test_what_cannot_be_written_down_is_not_sent_and_if_it_stands_there_it_is_known_not_to_be(desk: Desk, at: str) -> None:
    desk.mine.away_at = at
    with pytest.raises(RedisAway):
        await desk.begin(desk.sent())
    desk.mine.away_at = ""
    await desk.make_due()
    assert await desk.due(desk.journal) == []
    assert [sent.outcome for sent in (await desk.waits()).values()] == ([] if at in ("ZADD", "begin-2") else ["refused"])
    assert await desk.due_in() is None


async def test_of_two_who_read_the_same_state_one_sends(desk: Desk) -> None:
    await desk.begin(desk.sent())
    with pytest.raises(Conflict):
        await desk.begin(desk.sent())
    assert len(await desk.consents()) == 1


async def test_another_value_of_the_same_task_is_not_sent_while_the_first_is_not_known(desk: Desk) -> None:
    await desk.begin(desk.sent("k1"))
    with pytest.raises(Conflict):
        await desk.begin(desk.sent("k2"))
    await desk.begin(desk.sent("k3", "invoice_apply"))
    assert (await desk.waits()).keys() == {"k1", "k3"}


async def test_whoever_read_an_older_state_does_not_send(desk: Desk) -> None:
    memory = Memory(read_settings({}), desk.redis)
    for number in range(2):
        await memory.commit(desk.turn(number, session_id="s"), Reply("好", "greet"))
    for number, session in [(0, ""), (1, "s"), (2, "another")]:
        with pytest.raises(Conflict):
            await desk.begin(desk.sent(), number, session_id=session)
    await desk.begin(desk.sent(), 2, session_id="s")


# -- who asks --------------------------------------------------------------------------------------------------------------


async def test_of_two_shims_one_is_given_what_is_due(desk: Desk) -> None:
    sent = desk.sent()
    await desk.begin(sent)
    assert await desk.due(desk.journal) == []
    await desk.make_due()
    given = await asyncio.gather(desk.due(desk.journal), desk.due(desk.other))
    assert sorted(given, key=len) == [[], [sent]]
    due_in = await desk.due_in()
    assert due_in is not None and 25 < due_in <= 30  # should that shim die, another one asks


async def test_what_stands_in_the_index_alone_is_dropped(desk: Desk) -> None:
    await desk.make_due()
    assert await desk.due(desk.journal) == []
    assert await desk.due_in() is None


async def test_what_is_known_is_dropped_from_the_index_and_kept_for_the_customer(desk: Desk) -> None:
    await desk.begin(desk.sent())
    stored = (await desk.waits())["k"]
    await desk.other.ended(desk.whose(), replace(stored, outcome="done", fields={"x": "1"}))
    await desk.make_due()
    assert await desk.due(desk.journal) == []
    assert await desk.due_in() is None
    assert (await desk.waits())["k"].fields == {"x": "1"}


async def test_a_call_that_was_sent_again_while_its_first_record_was_dropped_is_asked_about(desk: Desk) -> None:
    """It was refused before it was sent, told, and agreed to once more: the same key."""
    await desk.make_due()
    real = desk.mine.command

    async def slow(*arguments: bytes | str | int) -> Any:
        value = await real(*arguments)
        if arguments[0] == "HGET":
            await desk.begin(desk.sent())
        return value

    desk.mine.command = slow  # type: ignore[method-assign]
    assert await desk.due(desk.journal) == []
    due_in = await desk.due_in()
    assert due_in is not None and due_in <= 4


async def test_again_is_later_and_counts(desk: Desk) -> None:
    sent = desk.sent()
    await desk.begin(sent)
    await desk.journal.again(desk.whose(), replace(sent, tries=1), 100)
    due_in = await desk.due_in()
    assert due_in is not None and 99 < due_in <= 100
    assert (await desk.waits())["k"].tries == 1


async def test_what_nobody_here_can_read_keeps_nobody_from_the_rest(desk: Desk) -> None:
    sent = desk.sent()
    await desk.begin(sent)
    for key, value in [("newer", msgspec.msgpack.encode({"key": "newer", "outcome": "later"})), ("noise", b"\xc1")]:
        await desk.redis.command("HSET", desk.whose().calls, key, value)
        await desk.make_due(key)
    await desk.make_due()
    assert await desk.due(desk.journal) == [sent]
    assert (await desk.waits()).keys() == {"k"}
    with pytest.raises(Conflict):
        await desk.begin(desk.sent("k2"))
    turn = desk.turn()
    await Memory(read_settings({}), desk.redis).load(turn)
    assert turn.sent == [sent]


# -- what came of it -------------------------------------------------------------------------------------------------------


async def test_an_outcome_is_written_only_where_somebody_waits(desk: Desk) -> None:
    await desk.other.ended(desk.whose(), desk.sent(outcome="done"))
    assert await desk.waits() == {}


@pytest.mark.parametrize("known", ["done", "refused"])
@pytest.mark.parametrize("then", ["", "lost", "refused", "done"])
async def test_what_is_known_stays_known(desk: Desk, known: str, then: str) -> None:
    sent = desk.sent()
    await desk.begin(sent)
    await desk.other.ended(desk.whose(), replace(sent, outcome=known))
    await desk.journal.again(desk.whose(), replace(sent, outcome=then, tries=9), 5)
    assert (await desk.waits())["k"] == replace(sent, outcome=known)


async def test_what_was_lost_may_be_found(desk: Desk) -> None:
    sent = desk.sent()
    await desk.begin(sent)
    for outcome in ("lost", "", "done"):
        await desk.other.ended(desk.whose(), replace(sent, outcome=outcome))
    assert (await desk.waits())["k"].outcome == "done"


async def test_an_outcome_of_an_earlier_call_with_the_same_key_is_not_this_ones(desk: Desk) -> None:
    sent = desk.sent()
    await desk.begin(sent)
    await desk.other.ended(desk.whose(), replace(sent, at=sent.at - 1, outcome="refused"))
    assert (await desk.waits())["k"].outcome == ""


async def test_a_turn_that_tells_forgets_and_one_that_is_late_does_not(desk: Desk) -> None:
    memory = Memory(read_settings({}), desk.redis)
    await desk.begin(desk.sent())
    turn = desk.turn()
    turn.told, turn.degraded = ["k"], True
    await memory.commit(turn, Reply("办好了", "cancel_order"))
    assert (turn.told, (await desk.waits()).keys()) == ([], {"k"})
    turn = desk.turn()
    turn.told = ["k"]
    await memory.commit(turn, Reply("办好了", "cancel_order"))
    assert (turn.told, await desk.waits()) == (["k"], {})


async def test_a_turn_that_was_answered_before_tells_nothing(desk: Desk) -> None:
    memory = Memory(read_settings({}), desk.redis)
    await memory.commit(desk.turn(session_id="s", seq=1), Reply("第一次", "greet"))
    turn = desk.turn(session_id="s", seq=1)
    turn.told = ["k"]
    assert "第一次" in (await memory.commit(turn, Reply("第二次", "greet"))).decode()
    assert turn.told == []


async def test_consents_and_what_came_of_them_stand_in_one_stream_each_outcome_once(desk: Desk) -> None:
    sent = desk.sent()
    await desk.begin(sent)
    desk.journal.remember(desk.whose(), replace(sent, outcome="done"))
    await desk.journal.told(desk.whose())
    await desk.journal.write()
    await desk.journal.told(desk.whose())
    assert [one.get("outcome") for one in await desk.consents()] == [None, "done"]


async def test_what_was_agreed_to_again_after_nothing_was_sent_is_another_consent(
    desk: Desk,
    redis_server: RedisServer,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for outcome in ("refused", "done"):
        sent = desk.sent()
        await desk.begin(sent)
        await desk.journal.found(desk.whose(), replace(sent, outcome=outcome))
        await desk.redis.command("HDEL", desk.whose().calls, sent.key)  # as the turn does that tells it
    settings = read_settings({"SLUICE_REDIS": str(redis_server.socket)})
    for wanted, shown in ((None, ["refused", "done"]), (export.Outcome.DONE, ["done"]), (export.Outcome.LOST, [])):
        await export._export(settings, desk.tenant.id, desk.user, None, None, wanted)
        assert [json.loads(line)["outcome"] for line in capsys.readouterr().out.splitlines()] == shown


async def test_a_consent_that_comes_while_they_are_exported_is_left_to_the_next_export(
    desk: Desk, redis_server: RedisServer, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.begin(desk.sent())
    read = export._entries

    async def and_one_more(*arguments: Any) -> AsyncIterator[tuple[int, dict[str, str]]]:
        async for entry in read(*arguments):
            yield entry
        await desk.journal._keep(desk.turn(), desk.whose("later"), Consent("x", "", "", "words", {}, 1, "", "later"))

    monkeypatch.setattr(export, "_entries", and_one_more)
    settings = read_settings({"SLUICE_REDIS": str(redis_server.socket)})
    for exported in (["k"], ["k", "later", "later"]):
        await export._export(settings, desk.tenant.id, desk.user, None, None, None)
        assert [json.loads(line)["key"] for line in capsys.readouterr().out.splitlines()] == exported


async def test_an_outcome_that_was_noted_before_its_turn_failed_is_noted_once(desk: Desk) -> None:
    sent = desk.sent()
    await desk.begin(sent)
    await desk.journal.found(desk.whose(), replace(sent, outcome="done"))
    await desk.journal.write()
    await desk.journal.told(desk.whose())
    assert [one.get("outcome") for one in await desk.consents()] == [None, "done"]
    assert (await desk.waits())["k"].outcome == "done"


async def test_what_was_found_out_while_redis_was_away_is_written_when_it_is_back(desk: Desk) -> None:
    sent = desk.sent()
    await desk.begin(sent)
    desk.journal.remember(desk.whose(), replace(sent, outcome="done"))
    desk.mine.away_at = "settle-1"
    with pytest.raises(RedisAway):
        await desk.journal.write()
    assert await desk.journal.due() == [], "and keeps nobody from asking about other users' calls"
    assert (await desk.waits())["k"].outcome == ""
    desk.mine.away_at = ""
    await desk.journal.due()
    assert (await desk.waits())["k"].outcome == "done"
