"""A customer, two shims with a real Redis, and a back end on a real port that does what it is told to."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, cast

import msgspec
import pytest
from msgspec.structs import replace

from pyshim.dialogue.doubts import Doubts
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
from pyshim.turns.turn import Sent, Turn
from tests.conftest import RedisServer
from tests.shim.scripted import SILENCE, Act, Asked, Scripted, kills, raw, refuses, says, scripted, then_nothing

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
    settings = read_settings({"SLUICE_REDIS": str(redis_server.socket)})
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
QUOTE, CODE_SENT = says(200, {"fee": {"total": "5"}, "other": 1}), says(200, {"phone": "138****0000"})
