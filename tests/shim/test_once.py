"""Is a confirmed action done once, however often and however closely its message comes? On a real Redis.

Promised: a seq that was answered is answered again from the store. Two requests with one seq at the same moment give one stored
answer. A shim asks the back end once; two shims may both ask it, with the same key, for which it acts once.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import cast

import msgspec
import pytest

from pyshim.layers.l5_dialogue import Dialogue
from pyshim.outside.backend import Done, Outcome
from pyshim.outside.clients import Outside
from pyshim.outside.redis import Redis, opened
from pyshim.serve.conversation import Conversations
from pyshim.settings import read_settings
from pyshim.tenants.compile import composer
from pyshim.tenants.schema import Call, Tenant
from pyshim.turns import wire
from pyshim.turns.memory import Memory
from pyshim.turns.turn import Turn
from tests.conftest import RedisServer
from tests.shim.conftest import ToldBackend

pytestmark = pytest.mark.real


class SlowBackend(ToldBackend):
    """Answers when everybody who wants to ask has asked."""

    async def call(self, base: str, call: Call, slots: dict[str, str], user_id: str, key: str, timeout_s: float) -> Outcome:
        self.calls.append((f"{call.method} {call.path}", slots, key))
        await asyncio.sleep(0.1)
        return Done({"refund_id": f"TK{len(self.calls)}", "amount": "399.00"})


@dataclass
class _Outside:
    backend: ToldBackend
    redis: Redis


@dataclass
class Customer:
    """One user of the shop, who may reach several shims."""

    tenant: Tenant
    memory: Memory
    redis: Redis
    user: str
    backend: SlowBackend = field(default_factory=SlowBackend)
    turns: int = 0

    def shim(self) -> Conversations:
        return Conversations(self.memory, [Dialogue(cast(Outside, _Outside(self.backend, self.redis)))])

    def turn(self, query: str, intent: str | None, seq: int, state_given: bytes = b"") -> Turn:
        self.turns += 1
        who = self.tenant, composer(self.tenant), self.user
        made = Turn(f"{self.user}-{self.turns}", *who, query, time.monotonic() + 5, session_id="s", seq=seq)
        made.intent, made.confidence, made.state_given = intent, 0.95, state_given
        return made

    async def before_the_confirmation(self, shim: Conversations) -> bytes:
        """Returns the state the edge would find."""
        await shim.answer(self.turn("订单20231105质量问题我要退款", "refund_apply", 1))
        reading = self.turn("", None, 2)
        await self.memory.load(reading)
        assert reading.state.flow is not None
        return wire.write_state(reading.state)

    def confirmation(self, state_given: bytes = b"") -> Turn:
        return self.turn("是的", "affirm", 2, state_given)


@pytest.fixture
async def customer(redis_server: RedisServer, shop: Tenant, request: pytest.FixtureRequest) -> AsyncIterator[Customer]:
    settings = read_settings({"SLUICE_REDIS": str(redis_server.socket)})
    async with opened(settings, 2) as store:
        yield Customer(shop, Memory(settings, store), store, request.node.name[-40:])


async def test_a_confirmation_repeated_later_is_answered_from_the_store(customer: Customer) -> None:
    shim = customer.shim()
    await customer.before_the_confirmation(shim)
    first, _ = await shim.answer(customer.confirmation())
    await shim.answer(customer.turn("多久发货", "shipping_time", 3))
    for another in (shim, customer.shim()):
        assert await another.answer(customer.confirmation()) == (first, None)
    assert len(customer.backend.calls) == 1
    assert "TK1" in msgspec.json.decode(first)["answer"]


@pytest.mark.parametrize("from_the_edge", [False, True])
async def test_of_two_at_the_same_moment_in_one_shim_one_asks_the_back_end(customer: Customer, from_the_edge: bool) -> None:
    shim = customer.shim()
    state = await customer.before_the_confirmation(shim)
    given = state if from_the_edge else b""
    answers = await asyncio.gather(*(shim.answer(customer.confirmation(given)) for _ in range(3)))
    assert len({body for body, _ in answers}) == 1
    assert len(customer.backend.calls) == 1


async def test_two_shims_at_the_same_moment_ask_with_one_key_and_give_one_answer(customer: Customer) -> None:
    shims = customer.shim(), customer.shim()
    await customer.before_the_confirmation(shims[0])
    answers = await asyncio.gather(*(shim.answer(customer.confirmation()) for shim in shims))
    assert len({body for body, _ in answers}) == 1
    assert len({key for _, _, key in customer.backend.calls}) == 1
    newest, _ = await customer.memory.history("shop", customer.user, 100)
    assert newest.startswith(b'{"seq":2,')
