"""Is what is secret read only where it was asked for, and kept nowhere?"""

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from pyshim.language.secrets.masking import numbered
from pyshim.layers import Layer
from pyshim.layers.l5_dialogue import Dialogue
from pyshim.layers.l7_fallback import Fallback
from pyshim.outside.redis import Redis, opened
from pyshim.serve.conversation import Conversations
from pyshim.settings import read_settings
from pyshim.tenants import lines
from pyshim.tenants.compile import composer
from pyshim.tenants.schema import Flows, History, Tenant
from pyshim.turns.late import Late
from pyshim.turns.memory import Memory
from pyshim.turns.turn import Pending, State, Turn
from tests.conftest import RedisServer
from tests.language.hidden import ADDRESSES, PHONES, SECRET
from tests.shim.conftest import Talk, ToldBackend

FLOWS = """
slots:
  tail: {ask: 卡号末四位是多少？, type: card_tail}
  account: {ask: 对方卡号是多少？, type: number, names: [卡号], shapes: [{digits: [16, 19]}]}
  person: {ask: 身份证号是多少？, type: identity_card}
  reason: {ask: 原因是什么？, free: true}
  where: {ask: 地址是什么？, type: address}
  code: {ask: 验证码是多少？, patterns: ['\\d{6}']}
flows:
"""
FLOW = """
  {name}:
    title: 办{name}
    slots: [{slot}]
    confirm: 办{name}，{{{slot}}}，确认吗？
    call: {{method: POST, path: /{name}, body: [{slot}]}}
    idempotent: 1h
    done: 好了。
"""
FLOWS += "".join(
    FLOW.format(name=name, slot=slot)
    for name, slot in {"lost": "tail", "pay": "account", "name": "person", "gripe": "reason", "move": "where"}.items()
)
FLOWS += """
  coded:
    title: 改套餐
    slots: [reason]
    confirm: 改{reason}，确认吗？
    verify: {send: {method: POST, path: /code, body: [reason]}, ask: 请告诉我验证码。, slot: code}
    call: {method: POST, path: /coded, body: [reason, code]}
    done: 好了。
"""
CARD, PERSON = "6222021234567890128", "11010519491231002X"


@pytest.fixture
def bank(shop: Tenant) -> Tenant:
    flows = lines.convert("flows.yaml", FLOWS, Flows)
    return replace(shop, slots=flows.slots, tasks=flows.flows)


def masking(tenant: Tenant) -> Tenant:
    return replace(tenant, about=replace(tenant.about, history=History("masked")))


def asked(tenant: Tenant, task: str, slot: str) -> Talk:
    """A conversation in which this slot was asked for."""
    return Talk(tenant, state=State("s", flow=Pending(task, "t", slot)))


@pytest.mark.parametrize(("text", "wanted"), SECRET.items())
def test_a_turn_reads_and_keeps_nothing_secret(talk: Talk, text: str, wanted: str) -> None:
    turn = talk.turn(text)
    assert (turn.query, turn.kept, turn.warned) == (wanted, wanted, True)


def test_what_is_personal_is_read_and_kept_by_the_tenants_setting(shop: Tenant) -> None:
    for text, wanted in {**PHONES, **ADDRESSES}.items():
        if "密码" not in text:
            assert (Talk(shop).turn(text).kept, Talk(shop).turn(text).warned) == (text, False)
            turn = Talk(masking(shop)).turn(text)
            assert (turn.query, turn.kept, turn.warned) == (text, wanted, False)


def test_what_completes_an_address_is_not_kept_either(bank: Tenant) -> None:
    turn = asked(masking(bank), "move", "where").turn("20号3幢502室")
    assert (turn.query, turn.kept) == ("20号3幢502室", "••••")
    assert asked(bank, "move", "where").turn("20号3幢502室").kept == "20号3幢502室"


async def test_of_a_cards_number_the_slot_that_asks_for_its_tail_gets_the_tail(bank: Tenant) -> None:
    talk = asked(bank, "lost", "tail")
    turn = talk.turn(f"卡号是{CARD}")
    assert (turn.query, turn.kept, turn.warned) == ("卡号是************0128", "卡号是************0128", False)
    await talk.say(f"卡号是{CARD}")
    assert talk.values == {"tail": "0128"}


async def test_a_number_that_was_asked_for_is_a_value_and_is_not_kept(bank: Tenant) -> None:
    for task, slot, said, value, kept in (
        ("pay", "account", "卡号6222 0212 3456 7890 128", CARD, "卡号************0128"),
        ("name", "person", f"是{PERSON}", PERSON, "是••••"),
    ):
        talk = asked(bank, task, slot)
        turn = talk.turn(said)
        assert (turn.kept, turn.warned) == (kept, False)
        await talk.say(said)
        assert talk.values == {slot: value}


@pytest.mark.parametrize("slot", ["tail", "reason"])
@pytest.mark.parametrize("said", ["密码是739201", f"身份证{PERSON}", "CVV 739", "验证码739201"])
async def test_no_slot_takes_another_secret(bank: Tenant, slot: str, said: str) -> None:
    talk = asked(bank, {"tail": "lost", "reason": "gripe"}[slot], slot)
    assert talk.turn(said).warned
    await talk.say(said)
    assert not any(digits in str(talk.values) for digits in ("739", PERSON))


async def test_a_code_that_was_asked_for_reaches_the_back_end_and_nothing_else(bank: Tenant) -> None:
    backend = ToldBackend([(None, {}), (None, {})])
    talk = Talk(bank, backend, state=State("s", flow=Pending("coded", "t", "reason")))
    await talk.say("畅享套餐")
    await talk.say("确认")
    turn = talk.turn("验证码是739201")
    assert (turn.query, turn.kept, turn.warned) == ("验证码是739201", "验证码是••••", False)
    await talk.say("验证码是739201")
    assert backend.calls[-1][1]["code"] == "739201"


async def test_a_code_nobody_asked_for_reaches_nobody(bank: Tenant) -> None:
    turn = asked(bank, "gripe", "reason").turn("验证码是739201")
    assert (turn.query, turn.warned) == ("验证码是••••", True)


# -- what is kept, on a real Redis ---------------------------------------------------------------------------------------------


class _Outside:
    def __init__(self, redis: Redis) -> None:
        self.redis, self.backend = redis, ToldBackend()


@pytest.fixture
async def redis(redis_server: RedisServer) -> AsyncIterator[Redis]:
    async with opened(read_settings({"SLUICE_REDIS": str(redis_server.socket)}), 2) as found:
        yield found


def layers(redis: Redis) -> list[Layer]:
    outside: Any = _Outside(redis)
    return [Dialogue(outside), Fallback(outside)]


def turn(tenant: Tenant, user: str, query: str, intent: str = "") -> Turn:
    made = Turn(f"{user}-{len(query)}", tenant, composer(tenant), user, query, time.monotonic() + 5)
    made.intent, made.confidence = intent or None, 0.95 if intent else 0.0
    return made


@pytest.mark.real
async def test_redis_holds_no_secret_and_the_customer_is_warned(bank: Tenant, redis: Redis) -> None:
    talk = Conversations(Memory(read_settings({}), redis), layers(redis))
    for query, intent in (("我要投诉", "gripe"), ("因为你们问我密码，密码是739201", ""), (f"卡号{CARD}", ""), ("确认", "affirm")):
        body, _ = await talk.answer(turn(bank, "secretive", query, intent))
        answer = msgspec.json.decode(body)["answer"]
        assert answer.startswith(bank.phrases.secret) == ("密码" in query or "卡号" in query), answer
    stored = [await _all(redis, key) for key in await redis.command("KEYS", "*secretive*")]
    stored.append(await redis.command("XRANGE", f"consents:{{{bank.id}}}", "-", "+"))
    assert "密码是••••" in str([entry.decode() for entry in stored_history(stored)])
    assert "739201" not in str(stored)
    assert CARD not in str(stored)


def stored_history(stored: list[Any]) -> list[bytes]:
    return [entry for one in stored if isinstance(one, list) for entry in one if isinstance(entry, bytes) and b'"query"' in entry]


async def _all(redis: Redis, key: bytes) -> Any:
    kind = await redis.command("TYPE", key)
    read = {b"string": ("GET",), b"list": ("LRANGE", 0, -1), b"hash": ("HGETALL",), b"stream": ("XRANGE", "-", "+")}[kind]
    return await redis.command(read[0], key, *read[1:])


async def test_a_turn_that_waits_on_disk_holds_none(bank: Tenant, tmp_path: Path) -> None:
    settings = read_settings({"SLUICE_REDIS": str(tmp_path / "nobody")})
    async with opened(settings) as away:
        talk = Conversations(Memory(settings, away, Late(tmp_path / "late")), layers(away))
        for query in ("密码是739201", f"卡号{CARD}", "验证码739201", "739201"):
            await talk.answer(turn(bank, "late", query))
    kept = (tmp_path / "late").read_bytes()
    assert "密码是••••".encode() in kept
    assert b"739201" not in kept
    assert CARD.encode() not in kept


def test_a_model_reads_a_number_where_something_is_masked() -> None:
    assert numbered("卡号************0123丢了，密码••••") == "卡号00123丢了，密码0"
