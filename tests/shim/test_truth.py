"""Is a customer told what is true about what was done, whatever fails, and when? Parts of real shims, a real Redis, and a back
end on a real port that does what it is told to.

Promised: an outcome is done, refused or unknown, and said so. What is unknown is found out, by one shim, and told once; until
then no other value of the task is sent. Nothing is sent twice but with the same key, by the task that says it may be.
"""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, cast

import msgspec
import pytest
from msgspec.structs import replace

from pyshim.dialogue.doubts import Doubts
from pyshim.errors import Refusal
from pyshim.layers.l5_dialogue import Dialogue
from pyshim.layers.l7_fallback import Fallback
from pyshim.outside.backend import Backend
from pyshim.outside.clients import Outside
from pyshim.outside.redis import Redis, Script
from pyshim.serve.conversation import Conversations
from pyshim.settings import Settings, read_settings
from pyshim.tenants import lines
from pyshim.tenants.compile import composer
from pyshim.tenants.schema import Flows, Tenant
from pyshim.turns import journal, wire
from pyshim.turns.memory import Memory
from pyshim.turns.turn import Press, Sent, Turn
from tests.conftest import RedisServer
from tests.shim.scripted import SILENCE, Act, Asked, Scripted, kills, nobody, raw, refuses, says, scripted, then_nothing

pytestmark = pytest.mark.real

FLOWS = """
slots:
  order: {ask: 订单号是多少？, patterns: ['\\d{4}']}
  code: {ask: 验证码是多少？, patterns: ['\\d{6}']}
flows:
  checked: &task
    title: 办一号
    slots: [order]
    confirm: 办一号，订单{order}，确认吗？
    call: {method: POST, path: /checked, body: [order]}
    check: {method: GET, path: '/checked/{key}'}
    done: 一号办好了，受理号{id}。
    errors:
      already_done: {say: '一号早就办好了，受理号{id}。'}
      too_late: {say: 一号办不了，太晚了。}
      no_order: {say: 没有这个订单，请再说一次。, ask_again: order}
  repeated:
    title: 办二号
    slots: [order]
    confirm: 办二号，订单{order}，确认吗？
    call: {method: POST, path: /repeated, body: [order]}
    idempotent: 24h
    done: 二号办好了，受理号{id}。
    errors:
      too_late: {say: 二号办不了，太晚了。}
  blind:
    title: 办三号
    slots: [order]
    confirm: 办三号，订单{order}，确认吗？
    call: {method: POST, path: /blind, body: [order]}
    done: 三号办好了，受理号{id}。
  paid:
    title: 办四号
    slots: [order]
    quote: {method: GET, path: '/paid/quote?order={order}'}
    confirm: 办四号，订单{order}，费用{fee.total}元，确认吗？
    verify: {send: {method: POST, path: /paid/code, body: [order]}, ask: '验证码发到了{phone}，请告诉我。', slot: code}
    call: {method: POST, path: /paid, body: [order, code, fee.total]}
    check: {method: GET, path: '/paid/{key}'}
    idempotent: 24h
    done: 四号办好了，受理号{id}。
    errors:
      bad_code: {say: 验证码不对，请再说一次。, ask_again: code}
actions:
  looked:
    title: 查一查
    slots: [order]
    call: {method: GET, path: '/looked/{order}'}
    done: 查到了，{state}。
"""
TASKS = ("checked", "repeated", "blind")
NOTHING_DONE = ("没有任何改动", "什么都没有提交", "没有提交任何内容", "还没有提交", "没有办成")


class PausedRedis(Redis):
    """Goes away before the script it is told."""

    away_at = ""

    async def run(self, script: Script, *arguments: bytes | str | int) -> Any:
        if script.name == self.away_at:
            await self.command("CLIENT", "PAUSE", 60_000, "WRITE")
        return await super().run(script, *arguments)


@dataclass
class Shim:
    """What answers, and what asks about calls in doubt, of one process."""

    settings: Settings
    backend: Backend
    tenant_of: Callable[[str], Tenant | None]

    def __post_init__(self) -> None:
        self.redis = PausedRedis(self.settings)
        self.memory = Memory(self.settings, self.redis)
        outside = cast(Outside, self)
        dialogue = Dialogue(outside)
        self.conversations = Conversations(self.memory, [dialogue, Fallback(outside)])
        self.doubts = Doubts(dialogue.journal, self.backend, self.tenant_of)


@dataclass
class Story:
    """A customer, two shims, and a back end."""

    settings: Settings
    server: Scripted
    tenant: Tenant
    user: str
    redis: Redis
    backend: Backend
    shims: list[Shim] = field(default_factory=list)
    turns: int = 0
    last: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Two new processes; the old ones forget all."""
        self.shims.extend(Shim(self.settings, self.backend, lambda _: self.tenant) for _ in range(2))

    @property
    def shim(self) -> Shim:
        return self.shims[-2]

    @property
    def other(self) -> Shim:
        return self.shims[-1]

    def turn(self, query: str, intent: str | None = None, time_s: float = 3, **more: Any) -> Turn:
        self.turns += 1
        deadline = time.monotonic() + time_s
        made = Turn(f"{self.user}-{self.turns}", self.tenant, composer(self.tenant), self.user, query, deadline, **more)
        made.intent, made.confidence = intent, 0.95 if intent else 0.0
        return made

    async def say(self, query: str, intent: str | None = None, shim: Shim | None = None, **more: Any) -> str:
        """The answer. While it is not known what became of a call, nobody may say that nothing was done."""
        before = {sent.key for sent in await self.waits() if not sent.outcome}
        shim, turn = shim or self.shim, self.turn(query, intent, **more)
        body, reply = await shim.conversations.answer(turn)
        if reply is not None:
            await shim.conversations.settle(turn, reply)
        self.last = msgspec.json.decode(body)
        answer = str(self.last["answer"])
        if before & {sent.key for sent in await self.waits() if not sent.outcome}:
            assert not any(claim in answer for claim in NOTHING_DONE), answer
        return answer

    async def begin(self, task: str, order: str = "1001", **more: Any) -> str:
        return await self.say(f"{order}{self.tenant.title(task)}", task, **more)

    async def agree(self, task: str, order: str = "1001", **more: Any) -> str:
        """Begins the task and confirms it."""
        assert "确认吗" in await self.begin(task, order)
        return await self.say("确认", "affirm", **more)

    async def waits(self) -> list[Sent]:
        return journal.read(await self.redis.command("HVALS", f"c:{{{self.tenant.id}:{self.user}}}"))

    async def flow(self) -> str | None:
        """The task that waits."""
        state = wire.read_state(await self.redis.command("GET", self.state) or b"")
        return state.flow.intent if state.flow else None

    @property
    def state(self) -> str:
        return f"d:{{{self.tenant.id}:{self.user}}}"

    async def members(self) -> list[bytes]:
        every = await self.redis.command("ZRANGE", journal.INDEX, 0, -1)
        return [member for member in every if json.loads(member)[1] == self.user]

    async def look(self, *shims: Shim, age_s: float = 0) -> None:
        """It is time to ask, and these do. age_s: the call was sent so long ago."""
        for member in await self.members():
            await self.redis.command("ZADD", journal.INDEX, "XX", 1, member)
        for sent in await self.waits():
            if age_s and not sent.outcome:
                older = replace(sent, at=int((time.time() - age_s) * 1000))
                await self.redis.command("HSET", f"c:{{{self.tenant.id}:{self.user}}}", sent.key, msgspec.msgpack.encode(older))
        await asyncio.gather(*(shim.doubts.look() for shim in shims or (self.shim,)))

    async def due_in(self) -> float:
        (member,) = await self.members()
        return float(await self.redis.command("ZSCORE", journal.INDEX, member)) / 1000 - time.time()

    async def stored(self) -> str:
        """All that Redis keeps of this user, and the tenant's consents."""
        whose = f"{{{self.tenant.id}:{self.user}}}"
        kept = [
            await self.redis.command("LRANGE", f"h:{whose}", 0, -1),
            await self.redis.command("HVALS", f"i:{whose}"),
            await self.redis.command("XRANGE", journal.consents_of(self.tenant.id), "-", "+"),
            await self.redis.command("GET", self.state),
        ]
        return str(kept)

    async def consents(self) -> list[dict[str, Any]]:
        entries = await self.redis.command("XRANGE", journal.consents_of(self.tenant.id), "-", "+")
        mine = [fields for _, fields in entries if fields[b"user"].decode() == self.user]
        return [json.loads(fields[b"consent"]) for fields in mine if b"consent" in fields]

    def posts(self, task: str) -> list[Asked]:
        return [one for one in self.server.asked if one.what == f"POST /{task}"]


@pytest.fixture
async def story(redis_server: RedisServer, shop: Tenant, request: pytest.FixtureRequest) -> AsyncIterator[Story]:
    settings = read_settings({"SLUICE_REDIS_SOCKET": str(redis_server.socket)})
    flows = lines.convert("flows.yaml", FLOWS, Flows)
    redis, backend = Redis(settings, 2), Backend(failures=1000)  # time does not go on here
    await redis.command("DEL", journal.INDEX)  # calls of other stories
    async with scripted() as server:
        about = replace(shop.about, backend=server.url)
        tenant = replace(shop, about=about, slots=flows.slots, tasks={**flows.actions, **flows.flows})
        told = Story(settings, server, tenant, f"u{abs(hash(request.node.name))}", redis, backend)
        yield told
        await redis.command("CLIENT", "UNPAUSE")
        for shim in told.shims:
            await shim.redis.close()
        await backend.close()
        await redis.close()


def also(work: Callable[[], Awaitable[object]], act: Act) -> Act:
    """Something happens while the back end is at work."""

    async def both(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await work()
        await act(asked, writer)

    return both


DONE = says(200, {"id": "N7", "nobody": "asked"})
IN_DOUBT: dict[str, Act] = {
    "reset": kills,
    "closed": raw(),
    "silent": SILENCE,
    "half an answer": then_nothing(b"HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{"),
    "500": says(500, {"error": {"code": "too_late"}}),
    "503": says(503),
    "202": says(202, {"id": "N7"}),
    "302": says(302),
    "408": refuses(408, "too_late"),
    "not JSON": says(200, b"<html>"),
    "not UTF-8": says(200, b"\xff"),
    "brackets": says(200, b"[" * 100_000),
}


# -- while it is not known -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", IN_DOUBT)
async def test_what_became_of_it_is_not_known_and_that_is_said(story: Story, way: str) -> None:
    story.server.script = [IN_DOUBT[way]]
    answer = await story.agree("checked", time_s=0.8)
    assert "不能确定办成了没有" in answer
    assert (await story.flow(), len(story.posts("checked"))) == (None, 1)
    assert [(sent.intent, sent.outcome) for sent in await story.waits()] == [("checked", "")]


@pytest.mark.parametrize("task", TASKS)
async def test_meanwhile_every_word_about_it_is_answered_truly_and_nothing_is_sent(story: Story, task: str) -> None:
    story.server.script = [kills]
    await story.agree(task)
    title = story.tenant.title(task)
    for words, intent in [("确认", "affirm"), (f"1001{title}", task), (f"2002{title}", task), (title, task)]:
        assert f"上次提交的“{title}”还没有结果" in await story.say(words, intent)
    for words, intent in [("算了", "cancel_flow"), ("不办了", "cancel_flow"), ("不是", "deny")]:
        assert "撤不回来" in await story.say(words, intent)
    assert (await story.flow(), len(story.posts(task))) == (None, 1)


async def test_meanwhile_other_tasks_go_on(story: Story) -> None:
    story.server.script = [kills, says(200, {"state": "好着呢"}), DONE]
    await story.agree("checked")
    assert "好着呢" in await story.begin("looked", "3003")
    assert "N7" in await story.agree("repeated")
    assert len(await story.waits()) == 1


async def test_it_outlives_the_state_and_the_session(story: Story) -> None:
    story.server.script = [kills]
    await story.agree("checked")
    await story.redis.command("DEL", story.state)
    assert "还没有结果" in await story.begin("checked", session_id="another")
    story.server.script = [DONE]
    await story.look()
    await story.redis.command("DEL", story.state)
    assert "一号办好了，受理号N7" in await story.say("你好", "greet", session_id="a-third")


# -- it is found out -------------------------------------------------------------------------------------------------------

FOUND: dict[str, tuple[Act, str]] = {
    "done": (DONE, "先告诉您上次“办一号”的结果：一号办好了，受理号N7。"),
    "refused": (refuses(409, "too_late"), "一号办不了，太晚了。"),
    "refused, asking again": (refuses(404, "no_order"), "没有这个订单"),
    "done before": (refuses(409, "already_done", id="N3"), "一号早就办好了，受理号N3。"),
}


@pytest.mark.parametrize("way", FOUND)
async def test_the_check_says_and_it_is_told_once(story: Story, way: str) -> None:
    act, words = FOUND[way]
    story.server.script = [kills, act]
    await story.agree("checked")
    (sent,) = await story.waits()
    await story.look()
    assert story.server.asked[-1].what == f"GET /checked/{sent.key}"
    assert words in await story.say("你好", "greet")
    assert words not in await story.say("你好", "greet")
    assert (await story.waits(), len(story.posts("checked"))) == ([], 1)


async def test_two_shims_ask_once(story: Story) -> None:
    story.server.script = [kills, DONE]
    await story.agree("checked")
    await story.look(story.shim, story.other)
    assert len(story.server.of("GET /checked/")) == 1
    assert "N7" in await story.say("你好", "greet", story.other)


async def test_after_a_restart_it_goes_on(story: Story) -> None:
    story.server.script = [kills, says(503), DONE]
    await story.agree("checked")
    await story.look()
    story.restart()
    await story.look(story.other)
    assert "N7" in await story.say("你好", "greet")


@pytest.mark.parametrize("act", [kills, says(202), says(500), says(404), refuses(401, "unauthorized"), refuses(429, "slow_down")])
async def test_what_says_nothing_is_asked_again_later_and_later(story: Story, act: Act) -> None:
    story.server.script = [kills]
    await story.agree("checked")
    waited = []
    for _ in range(4):
        story.server.script = [act]
        await story.look()
        waited.append(round(await story.due_in()))
        assert "还没有结果" in await story.say("确认", "affirm")
    assert waited == [2, 4, 8, 16]
    story.server.script = [DONE]
    await story.look()
    assert "N7" in await story.say("你好", "greet")


async def test_not_found_means_nothing_at_first_and_later_that_it_never_arrived(story: Story) -> None:
    story.server.script = [kills, refuses(404, "not_found"), refuses(404, "not_found")]
    await story.agree("checked")
    await story.look()
    assert "还没有结果" in await story.say("确认", "affirm")
    await story.look(age_s=61)
    assert "系统没有收到这次提交，没有办成" in await story.say("你好", "greet")
    story.server.script = [DONE]
    assert "N7" in await story.agree("checked")
    first, second = story.posts("checked")
    assert first.key != second.key


async def test_the_same_call_with_the_same_key_says_where_it_may_be_repeated(story: Story) -> None:
    story.server.script = [SILENCE, DONE]
    await story.agree("repeated", time_s=0.8)
    await story.look()
    first, again = story.posts("repeated")
    assert (first.key, first.body) == (again.key, again.body)
    assert "二号办好了，受理号N7" in await story.say("你好", "greet")
    assert await story.waits() == []


@pytest.mark.parametrize(
    "act", [refuses(409, "in_progress"), refuses(401, "unauthorized"), refuses(429, "slow"), says(403), kills]
)
async def test_what_a_repeated_call_is_refused_for_says_nothing_about_the_first(story: Story, act: Act) -> None:
    story.server.script = [kills, act]
    await story.agree("repeated")
    await story.look()
    assert "还没有结果" in await story.say("确认", "affirm")
    story.server.script = [refuses(409, "too_late")]
    await story.look()
    assert "二号办不了，太晚了" in await story.say("你好", "greet")


@pytest.mark.parametrize(("task", "age_s"), [("blind", 0), ("repeated", 24 * 3600 + 1), ("checked", 6 * 24 * 3600 + 1)])
async def test_what_nobody_can_find_out_is_said_and_logged(
    story: Story, task: str, age_s: float, caplog: pytest.LogCaptureFixture
) -> None:
    story.server.script = [kills]
    await story.agree(task)
    asked = len(story.server.asked)
    with caplog.at_level(logging.ERROR):
        await story.look(age_s=age_s)
    assert "nobody can find out" in caplog.text and "1001" not in caplog.text
    answer = await story.say("你好", "greet")
    assert "不能确定办成了没有，请打电话核实" in answer and story.tenant.about.people.phone in answer
    assert (len(story.server.asked), await story.waits()) == (asked, [])


async def test_a_task_that_this_configuration_does_not_know_is_not_given_up(story: Story) -> None:
    story.server.script = [kills]
    await story.agree("checked")
    whole = story.tenant
    story.tenant = replace(whole, tasks={name: task for name, task in whole.tasks.items() if name != "checked"})
    await story.look()
    assert "还没有结果" in await story.say("确认", "affirm")
    story.tenant, story.server.script = whole, [DONE]
    await story.look()
    assert "N7" in await story.say("你好", "greet")


async def test_one_that_cannot_be_asked_about_keeps_nobody_from_the_others(story: Story) -> None:
    story.server.script = [kills, kills]
    await story.agree("checked")
    await story.agree("repeated")
    wants_more = replace(story.tenant.tasks["repeated"], call=replace(story.tenant.tasks["repeated"].call, body=["order", "new"]))
    story.tenant = replace(story.tenant, tasks={**story.tenant.tasks, "repeated": wants_more})
    story.server.script = [DONE]
    await story.look()
    answer = await story.say("你好", "greet")
    assert "一号办好了，受理号N7" in answer
    assert "“办二号”的结果：一直没能查到结果" in answer
    assert len(story.posts("repeated")) == 1


# -- it is known, and cannot be stored -------------------------------------------------------------------------------------


@pytest.mark.parametrize("task", TASKS)
async def test_done_but_its_turn_cannot_be_stored_is_told_again_and_not_done_again(story: Story, task: str) -> None:
    story.server.script = [DONE]
    assert "确认吗" in await story.begin(task)
    story.shim.redis.away_at = "commit-3"
    turn = story.turn("确认", "affirm")
    body, reply = await story.shim.conversations.answer(turn)
    assert reply is not None
    await story.shim.conversations.settle(turn, reply)
    assert json.loads(body)["degraded"] and "N7" in json.loads(body)["answer"]
    story.shim.redis.away_at = ""
    await story.redis.command("CLIENT", "UNPAUSE")
    asked = len(story.server.asked)
    await story.look()  # what it knows needs no question
    answer = await story.say("确认", "affirm", story.other)
    assert f"上次“{story.tenant.title(task)}”的结果" in answer and "N7" in answer
    assert "N7" not in await story.say("确认", "affirm")
    assert (len(story.server.asked), len(story.posts(task)), await story.flow()) == (asked, 1, None)


async def test_before_what_it_knows_is_written_another_shim_says_that_it_does_not_know(story: Story) -> None:
    story.server.script = [DONE]
    await story.begin("checked")
    story.shim.redis.away_at = "commit-3"
    await story.shim.conversations.answer(story.turn("确认", "affirm"))
    await story.redis.command("CLIENT", "UNPAUSE")
    assert "还没有结果" in await story.say("确认", "affirm", story.other)
    assert "撤不回来" in await story.say("算了", "cancel_flow", story.other)
    story.server.script = [DONE]  # that shim is gone: the check says
    await story.look(story.other)
    assert "N7" in await story.say("你好", "greet", story.other)
    assert len(story.posts("checked")) == 1


async def test_where_it_cannot_be_written_down_it_is_not_sent(story: Story) -> None:
    await story.begin("checked")
    story.shim.redis.away_at = "begin-2"
    turn = story.turn("确认", "affirm")
    body, _ = await story.shim.conversations.answer(turn)
    await story.redis.command("CLIENT", "UNPAUSE")
    story.shim.redis.away_at = ""
    assert json.loads(body)["answer"] == story.tenant.phrases.degraded
    assert story.posts("checked") == []
    await story.look()
    story.server.script = [DONE]
    assert "N7" in await story.say("确认", "affirm")
    assert (len(story.posts("checked")), await story.waits()) == (1, [])


async def test_a_turn_of_another_shim_in_between_changes_nothing(story: Story) -> None:
    """It finds the call on its way, says that nothing is known yet, and the first one still tells what came of it."""
    said: list[str] = []

    async def another() -> None:
        said.append(await story.say("确认", "affirm", story.other))

    story.server.script = [also(another, DONE)]
    answer = await story.agree("checked")
    assert "还没有结果" in said[0]
    assert "一号办好了，受理号N7" in answer
    assert (len(story.posts("checked")), await story.flow(), await story.waits()) == (1, None, [])
    assert "N7" not in await story.say("你好", "greet")


async def test_in_between_another_task_began_and_the_yes_is_not_taken_for_it(story: Story) -> None:
    async def another() -> None:
        await story.begin("repeated", "2002", shim=story.other)

    story.server.script = [also(another, DONE)]
    assert "一号办好了" in await story.agree("checked")
    assert (await story.flow(), story.posts("repeated")) == ("repeated", [])


async def test_in_between_the_customer_cancelled_and_a_button_that_did_it_is_answered_with_what_came_of_it(story: Story) -> None:
    said: list[str] = []

    async def another() -> None:
        said.append(await story.say("算了", "cancel_flow", story.other))

    story.server.script = [also(another, DONE)]
    await story.begin("checked")
    answer = await story.say("确认", press=Press(story.last["confirm"]["id"], "yes"))
    assert "撤不回来" in said[0]
    assert "一号办好了，受理号N7" in answer
    with pytest.raises(Refusal, match="this press did nothing"):
        await story.say("确认", press=Press("x", "yes"))
    assert len(story.posts("checked")) == 1


async def test_the_same_seq_at_another_shim_sends_nothing_and_both_hear_the_same(story: Story) -> None:
    """nginx asks the next shim where one seems to be dead, even with the state that the edge had read before."""
    said: list[str] = []
    await story.begin("checked", session_id="s", seq=1)
    state = await story.redis.command("GET", story.state)

    async def another() -> None:
        said.append(await story.say("确认", "affirm", story.other, session_id="s", seq=2, state_given=state))

    story.server.script = [also(another, DONE)]
    answer = await story.say("确认", "affirm", session_id="s", seq=2, state_given=state)
    assert said == [answer]
    assert "还没有结果" in answer
    assert len(story.posts("checked")) == 1
    await story.look()  # the first one knows
    assert "一号办好了，受理号N7" in await story.say("你好", "greet", session_id="s", seq=3)
    assert "N7" not in await story.say("你好", "greet", session_id="s", seq=4)


@pytest.mark.parametrize("seq", [0, 2])
async def test_of_two_shims_at_the_same_moment_one_sends(story: Story, seq: int) -> None:
    await story.begin("blind", session_id="s")
    story.server.routes = {"POST": DONE}
    turns = [story.turn("确认", "affirm", session_id="s", seq=seq) for _ in range(2)]
    both = await asyncio.gather(
        *(shim.conversations.answer(turn) for shim, turn in zip((story.shim, story.other), turns, strict=True))
    )
    for shim, turn, (_, reply) in zip((story.shim, story.other), turns, both, strict=True):
        if reply is not None:
            await shim.conversations.settle(turn, reply)
    await story.look(story.shim, story.other)
    heard = [json.loads(body)["answer"] for body, _ in both] + [await story.say("你好", "greet", session_id="s")]
    assert "三号办好了，受理号N7" in "\n".join(heard)
    assert len(story.posts("blind")) == 1


async def test_a_shim_that_dies_over_the_call_leaves_it_to_the_others(story: Story) -> None:
    story.server.script = [SILENCE]
    await story.begin("checked")
    answering = asyncio.create_task(story.shim.conversations.answer(story.turn("确认", "affirm")))
    await story.server.until(1)
    answering.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await answering
    assert "还没有结果" in await story.say("确认", "affirm", story.other)
    story.server.script = [DONE]
    await story.look(story.other)
    assert "N7" in await story.say("你好", "greet", story.other)
    assert len(story.posts("checked")) == 1


@pytest.mark.parametrize(("answer", "words"), [("yes", "还没有结果"), ("no", "撤不回来")])
async def test_a_button_pressed_again_after_that_is_answered_and_not_called_stale(story: Story, answer: Any, words: str) -> None:
    story.server.script = [SILENCE]
    await story.begin("checked", session_id="s", seq=1)
    press = Press(story.last["confirm"]["id"], "yes")
    answering = asyncio.create_task(story.shim.conversations.answer(story.turn("确认", press=press, session_id="s", seq=2)))
    await story.server.until(1)
    answering.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await answering
    again = Press(press.id, answer)
    assert words in await story.say("确认", shim=story.other, press=again, session_id="s", seq=2)
    assert len(story.posts("checked")) == 1


async def test_a_hot_question_is_not_answered_at_the_edge_before_it_is_told(story: Story) -> None:
    story.server.script = [kills, DONE]
    await story.agree("checked")

    async def at_the_edge() -> Any:
        keys = Memory.keys(story.tenant.id, story.user)
        turn = ("idle", "", "edge", 0, "greet", "", '"turn_id":"edge"', '"query":"x"', 1800, 604800, 100, 0)
        return await story.redis.run(Script("commit-3"), *keys, *turn)

    assert await at_the_edge() == [b"busy", b""]
    await story.look()
    assert await at_the_edge() == [b"busy", b""]
    assert "N7" in await story.say("你好", "greet")
    assert (await at_the_edge()).startswith(b"ok")


async def test_with_too_little_time_left_nothing_is_begun(story: Story) -> None:
    await story.begin("checked")
    with pytest.raises(Refusal):
        await story.say("确认", "affirm", time_s=0.2)
    assert (story.posts("checked"), await story.waits(), await story.flow()) == ([], [], "checked")


# -- keys ------------------------------------------------------------------------------------------------------------------


async def test_another_value_and_the_same_tomorrow_have_other_keys(story: Story) -> None:
    story.server.routes = {"POST": DONE}
    for order in ("1001", "1001", "2002"):
        await story.agree("checked", order)
    assert len({one.key for one in story.posts("checked")}) == 3


async def test_corrected_after_a_refusal_it_has_another_key(story: Story) -> None:
    story.server.script = [refuses(404, "no_order"), DONE]
    assert "请再说一次" in await story.agree("checked")
    await story.begin("checked")
    assert "N7" in await story.say("确认", "affirm")
    first, second = story.posts("checked")
    assert first.key != second.key


async def test_where_nothing_was_sent_the_same_yes_has_the_same_key(story: Story) -> None:
    there = story.tenant
    with nobody() as url:
        story.tenant = replace(there, about=replace(there.about, backend=url))
        assert "什么都没有提交" in await story.agree("checked")
        assert story.last["confirm"]
    story.tenant, story.server.script = there, [DONE]
    assert "N7" in await story.say("确认", "affirm")
    first, second = await story.consents()
    assert first["key"] == second["key"] == story.posts("checked")[0].key
    assert await story.waits() == []


async def test_taken_by_nobody_it_may_be_tried_again(story: Story) -> None:
    story.server.script = [says(429), DONE]
    assert "什么都没有提交" in await story.agree("blind")
    assert "N7" in await story.say("确认", "affirm")


async def test_a_key_covers_what_was_quoted(story: Story) -> None:
    dearer = says(200, {"fee": {"total": "6"}})
    story.server.script = [QUOTE, CODE_SENT, refuses(422, "bad_code"), dearer, dearer, CODE_SENT, DONE]
    await story.begin("paid")
    await story.say("确认", "affirm")
    await story.say("123456")
    assert "订单2002，费用6元" in await story.say("不对，订单号是2002", "deny")
    assert "订单1001，费用6元" in await story.say("不对，订单号是1001", "deny")
    await story.say("确认", "affirm")
    assert "N7" in await story.say("123456")
    first, second = story.posts("paid")
    assert (first.body["order"], second.body["order"]) == ("1001", "1001")
    assert first.key != second.key


# -- quotes and codes ------------------------------------------------------------------------------------------------------

QUOTE, CODE_SENT = says(200, {"fee": {"total": "5"}, "other": 1}), says(200, {"phone": "138****0000"})
NO_QUOTE = {
    **{name: act for name, act in IN_DOUBT.items() if name not in ("silent", "half an answer")},
    "no fee": says(200, {"id": "1"}),
    "an empty fee": says(200, {"fee": {"total": ""}}),
    "a fee that is no value": says(200, {"fee": {"total": None}}),
    "a fee without end": says(200, {"fee": {"total": "9" * 1500}}),
}


@pytest.mark.parametrize("way", NO_QUOTE)
async def test_without_a_quote_nothing_can_be_agreed_to(story: Story, way: str) -> None:
    story.server.script = [NO_QUOTE[way], NO_QUOTE[way]]
    answer = await story.begin("paid")
    assert "还没有提交" in answer
    assert "confirm" not in story.last
    await story.say("确认", "affirm")
    assert [one.method for one in story.server.asked] == ["GET", "GET"]
    story.server.script = [QUOTE]
    assert "费用5元，确认吗" in await story.say("继续")


async def test_values_of_a_back_end_are_said_as_they_are_and_filled_no_further(story: Story) -> None:
    story.server.script = [says(200, {"fee": {"total": "{order}{people}"}}), CODE_SENT, says(200, {"id": "{people}\x00{order}"})]
    assert "费用{order}{people}元" in await story.begin("paid")
    await story.say("确认", "affirm")
    assert "受理号{people} {order}。" in await story.say("123456")


@pytest.mark.parametrize("act", [kills, says(500), says(400), says(429)])
async def test_where_no_code_goes_out_nothing_was_done(story: Story, act: Act) -> None:
    story.server.script = [QUOTE, act]
    await story.begin("paid")
    await story.say("确认", "affirm")
    assert (story.posts("paid"), await story.waits()) == ([], [])


@pytest.mark.parametrize("text", ["重新发送", "没收到验证码", "再发一次", "验证码过期了", "收不到短信"])
async def test_another_code_is_sent_where_it_is_asked_for(story: Story, text: str) -> None:
    story.server.script = [QUOTE, CODE_SENT, CODE_SENT, DONE]
    await story.begin("paid")
    await story.say("确认", "affirm")
    assert "138****0000" in await story.say(text, "sms_missing")
    assert len(story.posts("paid/code")) == 2
    assert "N7" in await story.say("654321")
    assert len(story.posts("paid")) == 1


async def test_a_code_is_kept_nowhere(story: Story) -> None:
    story.server.script = [QUOTE, CODE_SENT, refuses(422, "bad_code"), DONE]
    await story.begin("paid")
    assert "138****0000" in await story.say("确认", press=Press(story.last["confirm"]["id"], "yes"))
    await story.say("我收到的是 九八 76 54 那个")
    assert "验证码不对" in await story.say("123456")
    assert "N7" in await story.say("验证码是654321")
    wrong, right = story.posts("paid")
    assert (wrong.body, right.body["code"]) == ({"order": "1001", "code": "123456", "fee.total": "5"}, "654321")
    assert wrong.key != right.key
    stored = await story.stored()
    assert "123456" not in stored and "654321" not in stored and "76 54" not in stored
    assert [(one["agreed"], one["by"], one["values"]) for one in await story.consents()] == [
        ("确认", "button", {"fee.total": "5", "order": "1001"})
    ] * 2


async def test_a_code_of_a_call_in_doubt_is_kept_only_where_it_is_needed_to_find_out(story: Story) -> None:
    story.server.script = [QUOTE, CODE_SENT, kills]
    await story.begin("paid")
    await story.say("确认", "affirm")
    assert "不能确定" in await story.say("123456")
    (sent,) = await story.waits()
    assert "code" not in sent.values
    task = replace(story.tenant.tasks["paid"], check=None)
    story.tenant = replace(story.tenant, tasks={**story.tenant.tasks, "paid": task})
    await story.look()
    assert "一直没能查到" in await story.say("你好", "greet")  # it was never to be repeated

    story.server.script = [QUOTE, CODE_SENT, kills, DONE]
    await story.begin("paid")
    await story.say("确认", "affirm")
    await story.say("123456")
    await story.look()
    assert [one.body["code"] for one in story.posts("paid")[1:]] == ["123456", "123456"]
    assert "code" not in (await story.waits())[0].values
    assert "四号办好了，受理号N7" in await story.say("你好", "greet")


async def test_while_redis_is_away_nobody_says_that_nothing_waits(story: Story) -> None:
    story.server.script = [kills]
    await story.agree("checked")
    story.shim.redis.away_at = "load-2"
    turns = [story.turn("算了", "cancel_flow"), story.turn("确认", "affirm")]
    answers = [json.loads((await story.shim.conversations.answer(turn))[0])["answer"] for turn in turns]
    await story.redis.command("CLIENT", "UNPAUSE")
    assert set(answers) == {story.tenant.phrases.degraded}
