"""Who says that a life or their money is in danger is helped at once, whatever waits; nothing is done or sold to them."""

from typing import Any

import msgspec
import pytest

from pyshim.language import distress
from pyshim.settings import read_settings
from pyshim.tenants.compile import Served, composer
from pyshim.tenants.edge import edge_part
from pyshim.tenants.schema import Tenant
from pyshim.turns.turn import PERSON, Clause
from tests.conftest import Stack
from tests.shim.conftest import Talk

HELP = "12356"
FRAUD = "96110"
QUOTED = (None, {"monthly": "1", "principal": "1", "fee": "1", "total_fee": "1", "rate": "1", "first_date": "2026-12-05"})


async def at_confirmation(bank: Tenant) -> Talk:
    """The limit is to be raised: shown, and not agreed to."""
    talk = Talk(bank)
    reply = await talk.say("临时额度提到50000元", "card_limit")
    assert reply and reply.confirm
    return talk


@pytest.mark.parametrize(
    "text",
    [
        "我不想活了",
        "你们逼得我活不下去了",
        "還不上了，我想自殺",
        "活唔落去喇",
        "活著冇意思",
        "想結束自己的生命",
        "想死,分期能办吗",
        "安眠药吃了一瓶,再见了",
        "不如死了算了",
        "I want to die",
        "谢谢你们，我想轻生",
    ],
)
@pytest.mark.parametrize("waits", [False, True])
async def test_a_life_in_danger_is_answered_with_help_and_nothing_else(bank: Tenant, text: str, waits: bool) -> None:
    talk = await at_confirmation(bank) if waits else Talk(bank)
    reply = await talk.say(text, "thanks", 0.99)
    assert reply and HELP in reply.answer
    assert "提到" not in reply.answer.partition("\n")[2].replace("没有提交", "")
    assert (talk.state.flow, talk.state.later, talk.backend.calls, reply.confirm) == (None, [], [], None)


@pytest.mark.parametrize("text", ["我想死你们家的小笼包了", "馋得想死", "跳楼价还有吗", "防止轻生的公益广告", "烧炭炉怎么用"])
def test_what_only_sounds_like_it_is_none(text: str) -> None:
    assert not distress.heard(text)


async def test_fraud_at_a_confirmation_is_heard_and_what_waited_is_put_aside(bank: Tenant) -> None:
    talk = await at_confirmation(bank)
    reply = await talk.say("有人让我转到安全账户", None)
    assert reply and FRAUD in reply.answer and "没有提交" in reply.answer
    assert talk.state.flow is None
    await talk.say("确认", "affirm", 1.0)
    assert talk.backend.calls == []


async def test_it_is_said_whole_again_and_again(bank: Tenant) -> None:
    talk = Talk(bank)
    first, again = await talk.say("我被骗了", None), await talk.say("我被骗了", None)
    assert first and again and FRAUD in first.answer and first.answer == again.answer


async def test_a_card_that_is_being_blocked_goes_on_being_blocked(bank: Tenant) -> None:
    talk = Talk(bank)
    await talk.say("挂失8866", "card_lost")
    reply = await talk.say("骗子用屏幕共享看了我的卡", None)
    assert reply and FRAUD in reply.answer and "8866" in reply.answer and reply.confirm
    assert talk.values == {"card_tail": "8866"}


async def test_what_else_cannot_wait_is_begun_behind_it(bank: Tenant) -> None:
    talk = Talk(bank)
    parts = [Clause("我被骗了", "fraud_report", 0.9), Clause("赶紧挂失8866", "card_lost", 0.99)]
    reply = await talk.say("我被骗了，赶紧挂失8866", "card_lost", 0.9, parts=parts)
    assert reply and FRAUD in reply.answer and reply.confirm
    assert talk.values == {"card_tail": "8866"}


async def test_it_is_answered_whoever_has_the_conversation(bank: Tenant) -> None:
    talk = Talk(bank)
    talk.state.owner = PERSON
    reply = await talk.say("我不想活了", None)
    assert reply and HELP in reply.answer


def test_the_edge_knows_the_same_words(bank: Tenant) -> None:
    served = Served(bank, composer(bank), [])
    part: dict[str, Any] = msgspec.json.decode(edge_part(read_settings({}), served))
    assert {"不想活", "想自殺", "安全账户"} <= set(part["tenant"]["alarms"])


@pytest.mark.real
def test_the_edge_answers_none_of_it_by_itself(stack: Stack) -> None:
    polite = stack.customer("bank").ask("谢谢你们")
    assert polite["answered_by"] == "l3_hot"
    said = stack.customer("bank").ask("谢谢你们，我不想活了")
    assert HELP in said["answer"]
