"""What was asked decides what a message means. Stories of each tenant in both directions; meanings as the student gives them."""

import pytest

from pyshim.layers.l5_dialogue import Dialogue
from pyshim.layers.l7_fallback import Fallback
from pyshim.tenants.schema import Tenant
from pyshim.turns.turn import PERSON
from tests.shim.conftest import Talk

Said = tuple[str, str | None, float]

ADDRESS = "杭州市西湖区文三路88号2幢301室"
INVOICE = [("开发票", "invoice_apply", 1.0), ("20231107", "bye", 0.72)]
REFUND = [("申请退款", "refund_apply", 1.0), ("20231107", "bye", 0.72)]
QUOTE: dict[str, str | int | float | bool | None] = {
    "principal": "8,000.00",
    "monthly_principal": "1,333.33",
    "monthly_fee": "54.40",
    "monthly_total": "1,387.73",
    "total_fee": "326.40",
    "first_date": "2026-12-05",
}
MOVE: list[Said] = [("宽带移机", "broadband_move", 1.0)]


async def said(tenant: Tenant, before: list[Said]) -> Talk:
    talk = Talk(tenant)
    for query, intent, confidence in before:
        await talk.say(query, intent, confidence)
    assert talk.state.flow
    return talk


@pytest.mark.parametrize(
    ("before", "query", "intent", "confidence", "slot", "value"),
    [
        (INVOICE, "个人", "ask_human", 0.98, "title", "个人"),
        (INVOICE, "个人，谢谢", "ask_human", 0.93, "title", "个人"),
        (INVOICE, "换成个人", "ask_human", 0.91, "title", "个人"),
        (INVOICE, "顺丰速运有限公司", "return_shipping_fee", 0.93, "title", "顺丰速运有限公司"),
        (INVOICE, "抬头是顺丰速运有限公司", "return_shipping_fee", 0.9, "title", "顺丰速运有限公司"),
        (REFUND, "尺码偏大了", "size_advice", 0.96, "reason", "尺码不合适"),
        (REFUND, "质量不好", "product_damaged", 0.98, "reason", "质量问题"),
        (REFUND, "不想要了，不喜欢", "cancel_flow", 0.6, "reason", "不想要了"),
        (REFUND, "物流太慢了", "delivery_late", 0.98, "reason", "物流太慢了"),
        (REFUND, "降价了", "price_protection", 0.98, "reason", "降价了"),
    ],
)
async def test_the_shops_answers(
    shop: Tenant, before: list[Said], query: str, intent: str, confidence: float, slot: str, value: str
) -> None:
    talk = await said(shop, before)
    flow = talk.state.flow
    await talk.say(query, intent, confidence)
    assert talk.values[slot] == value
    assert talk.state.flow is flow
    assert talk.state.owner != PERSON


async def test_a_products_name_is_looked_up_though_it_holds_a_word_for_broken(shop: Tenant) -> None:
    talk = await said(shop, [("查库存", "stock_query", 1.0)])
    await talk.say("碎花裙", "product_damaged", 0.99)
    assert talk.backend.calls[-1][1] == {"product": "碎花裙"}


@pytest.mark.parametrize(
    "query",
    [ADDRESS, f"麻烦装到{ADDRESS}", f"我要装到{ADDRESS}，师傅来之前打电话", f"{ADDRESS}，谢谢", f"我新家在{ADDRESS}"],
)
@pytest.mark.parametrize(("flow", "other"), [("broadband_move", "broadband_install"), ("broadband_install", "broadband_move")])
async def test_an_address_begins_no_other_flow(telecom: Tenant, query: str, flow: str, other: str) -> None:
    talk = await said(telecom, [(telecom.title(flow), flow, 1.0)])
    reply = await talk.say(query, other, 0.95)
    assert reply
    assert reply.intent == flow
    assert talk.values == {"address": ADDRESS}


@pytest.mark.parametrize(
    ("query", "intent", "confidence"),
    [("30000元", "out_of_scope", 0.94), ("全部", "deny", 0.88), ("两万", "card_limit", 0.85), ("8000元吧谢谢", "thanks", 0.9)],
)
async def test_an_amount_is_an_amount_and_the_periods_are_asked_for(
    bank: Tenant, query: str, intent: str, confidence: float
) -> None:
    talk = await said(bank, [("账单分期", "installment", 1.0)])
    reply = await talk.say(query, intent, confidence)
    assert reply
    assert reply.answer == bank.slots["periods"].ask
    assert list(talk.values) == ["amount"]


@pytest.mark.parametrize(
    ("query", "amount", "periods"),
    [("30000元分12期", "30000.00", "12"), ("分3期，8000元", "8000.00", "3"), ("8000 6", "8000.00", "6")],
)
async def test_two_values_in_one_message_are_both_taken_each_once(bank: Tenant, query: str, amount: str, periods: str) -> None:
    talk = await said(bank, [("账单分期", "installment", 1.0)])
    await talk.say(query, "installment", 0.98)
    assert talk.values == {"amount": amount, "periods": periods}


@pytest.mark.parametrize(
    ("name", "before", "query", "intent", "confidence"),
    [
        ("shop", INVOICE, "算了，我要退款", "refund_apply", 0.88),
        ("shop", INVOICE, "帮我取消订单", "cancel_order", 0.96),
        ("shop", INVOICE, "申请换货", "exchange_apply", 1.0),
        ("shop", REFUND, "东西坏了我要换货", "exchange_apply", 0.98),
        ("shop", REFUND, "换货吧", "exchange_apply", 0.98),
        ("shop", REFUND, "不退了，我要换货", "exchange_apply", 0.99),
        ("shop", REFUND[:1], "20231107我想换个颜色", "exchange_apply", 0.99),
        ("telecom", MOVE, "西湖区文三路88号的宽带坏了要报修", "broadband_fault", 0.97),
        ("telecom", MOVE, "不移了，我想退订彩铃", "service_cancel", 0.97),
        ("telecom", MOVE, "手机丢了", "suspend_number", 0.99),
        ("telecom", MOVE, "办宽带", "broadband_install", 1.0),
        ("telecom", [("宽带报修", "broadband_fault", 1.0)], "13800002046停机", "suspend_number", 0.98),
        ("bank", [("账单分期", "installment", 1.0)], "我的卡丢了", "card_lost", 0.99),
        ("bank", [("账单分期", "installment", 1.0)], "不分了，我要提额", "card_limit", 0.91),
        ("bank", [("信用卡提额", "card_limit", 1.0)], "8000元我要分期", "installment", 0.98),
    ],
)
async def test_a_change_of_mind_begins_the_other_flow(
    name: str, before: list[Said], query: str, intent: str, confidence: float, request: pytest.FixtureRequest
) -> None:
    talk = await said(request.getfixturevalue(name), before)
    reply = await talk.say(query, intent, confidence)
    assert reply
    assert reply.intent == intent
    assert talk.state.flow
    assert talk.state.flow.intent == intent


async def test_a_task_that_another_one_takes_the_place_of_is_not_dropped_without_a_word(shop: Tenant) -> None:
    """Of what changes something it is said that nothing was submitted; who only looked something up hears no more of it."""
    talk = await said(shop, [("申请退款", "refund_apply", 1.0)])
    reply = await talk.say("我的快递到哪了", "logistics_track", 1.0)
    assert reply
    assert reply.answer.startswith("“申请退款”没有提交，先放下了。\n请告诉我订单号")
    reply = await talk.say("开发票", "invoice_apply", 1.0)
    assert reply
    assert "放下" not in reply.answer


@pytest.mark.parametrize("query", ["转人工", "帮我找个人", "我要个人工客服", "20231107转人工"])
async def test_a_call_for_a_person_is_heard_in_the_middle(shop: Tenant, query: str) -> None:
    talk = await said(shop, [*INVOICE])
    reply = await talk.say(query, "ask_human", 0.98)
    assert reply
    assert shop.about.people.phone in reply.answer
    assert talk.state.owner != PERSON  # nobody is there yet: the bot stays


async def test_dropped_and_not_sure_what_is_wanted_instead_ends_the_flow(telecom: Tenant) -> None:
    talk = await said(telecom, MOVE)
    reply = await talk.say("算了，先帮我查下话费", "balance_query", 0.53)
    assert reply
    assert reply.intent == "cancel_flow"
    assert talk.state.flow is None


@pytest.mark.parametrize("query", ["谢谢", "你好", "好的谢谢", "你真棒", "再见"])
@pytest.mark.parametrize(
    ("name", "flow"),
    [
        ("telecom", "broadband_install"),
        ("telecom", "broadband_move"),
        ("telecom", "recharge_missing"),
        ("telecom", "charge_dispute"),
        ("telecom", "suspend_number"),
        ("shop", "refund_apply"),
        ("bank", "installment"),
    ],
)
async def test_small_talk_is_answered_and_the_question_asked_again(
    name: str, flow: str, query: str, request: pytest.FixtureRequest
) -> None:
    tenant: Tenant = request.getfixturevalue(name)
    talk = await said(tenant, [(tenant.title(flow), flow, 1.0)])
    intent = {"谢谢": "thanks", "好的谢谢": "thanks", "你好": "greet", "你真棒": "praise", "再见": "bye"}[query]
    reply = await talk.say(query, intent, 0.95)
    assert reply
    assert reply.answer.startswith(tenant.replies[intent].answer)
    assert talk.state.flow
    assert reply.answer.endswith(tenant.slots[talk.state.flow.asking].ask)
    assert (talk.state.flow.intent, talk.state.flow.tries, talk.values) == (flow, 0, {})


@pytest.mark.parametrize("query", ["嗯嗯谢谢", "哦", "？"])
async def test_a_courtesy_nobody_understood_is_no_value_and_no_mistake(telecom: Tenant, query: str) -> None:
    talk = await said(telecom, MOVE)
    reply = await talk.say(query, "out_of_scope", 0.83)
    assert reply
    assert reply.answer == telecom.slots["address"].ask
    assert talk.values == {}


async def test_a_number_is_no_small_talk_whatever_the_model_says(telecom: Tenant) -> None:
    talk = await said(telecom, [("充值未到账", "recharge_missing", 1.0)])
    await talk.say("30", "bye", 0.97)
    assert talk.values == {"amount": "30.00"}


async def test_thanks_at_the_confirmation_confirms_nothing(telecom: Tenant) -> None:
    talk = await said(telecom, [*MOVE, (ADDRESS, "broadband_install", 0.92)])
    reply = await talk.say("好的谢谢", "thanks", 0.95)
    assert reply
    assert f"宽带移到新地址“{ADDRESS}”" in reply.answer
    assert talk.backend.calls == []


@pytest.mark.parametrize(("query", "intent", "confidence"), [("好的，6期", "affirm", 0.8), ("改成6期", "installment", 0.95)])
async def test_another_value_at_the_confirmation_is_confirmed_anew(
    bank: Tenant, query: str, intent: str, confidence: float
) -> None:
    talk = Talk(bank)
    talk.backend.answers = [(None, QUOTE), (None, QUOTE)]
    for before in ("账单分期", "8000元", "12期"):
        await talk.say(before, "installment" if before == "账单分期" else None)
    reply = await talk.say(query, intent, confidence)
    assert reply
    assert "6 期" in reply.answer
    assert {call for call, _, _ in talk.backend.calls} == {f"GET {bank.tasks['installment'].quote.path}"}  # type: ignore[union-attr]


async def test_a_yes_to_another_order_is_confirmed_anew_and_a_bare_yes_is_a_yes(shop: Tenant) -> None:
    talk = await said(shop, [("取消订单20231106", "cancel_order", 0.95)])
    reply = await talk.say("对，是20231107", "affirm", 0.99)
    assert reply
    assert "取消订单 20231107" in reply.answer
    assert talk.backend.calls == []
    talk.backend.answers = [(None, {"amount": "1"})]
    await talk.say("确认，20231107", "affirm", 0.99)
    assert talk.backend.calls[0][1] == {"order_id": "20231107"}


async def test_no_problem_is_a_yes_though_problem_is_a_reason(shop: Tenant) -> None:
    talk = await said(shop, [*REFUND, ("不想要了", None, 0)])
    talk.backend.answers = [(None, {"refund_id": "TK1"})]
    await talk.say("没有问题", "out_of_scope", 0.59)
    assert talk.backend.calls[0][1] == {"order_id": "20231107", "reason": "不想要了"}


async def test_a_value_beside_another_question_is_taken_and_the_question_answered(telecom: Tenant) -> None:
    talk = await said(telecom, MOVE)
    talk.backend.answers = [(None, {"total_text": "60 GB"})]
    reply = await talk.say(f"新家在{ADDRESS}，顺便问下流量还剩多少", "data_usage", 0.88)
    assert reply
    assert "60 GB" in reply.answer
    assert f"宽带移到新地址“{ADDRESS}”" in reply.answer
    assert talk.state.flow
    assert talk.state.flow.asking == "confirm"


@pytest.mark.parametrize("text", ["挂失要钱吗", "挂失以后多久能补卡", "挂失了还能存钱吗？"])
async def test_a_question_about_what_waits_is_for_who_knows_and_agrees_to_nothing(bank: Tenant, text: str) -> None:
    talk = await said(bank, [("挂失8866", "card_lost", 1.0)])
    turn = talk.turn(text, "card_lost", 0.96)
    dialogue = Dialogue(talk.outside)
    assert await dialogue.answer(turn) is None
    reply = await Fallback(talk.outside).answer(turn)
    assert reply
    assert "没有现成的答案" in reply.answer
    assert "8866" in turn.resume
    assert talk.values == {"card_tail": "8866"}
