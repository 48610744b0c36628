"""Does a message say what its customer means by it? Corrections, several matters, urgency, anger, and what is no value."""

import pytest

from pyshim.layers.l5_dialogue import Dialogue
from pyshim.tenants.schema import Tenant
from pyshim.turns.turn import PERSON, Clause
from tests.shim.conftest import Talk

REFUNDING = [("我要退款", "refund_apply"), ("20231107", None)]
TRACKED = (None, {"item": "鞋", "amount": "1", "status": "待发货", "next_step": "等"})
CHANGE = {
    "old_plan": "畅享59",
    "plan": "畅享99",
    "fee": "99",
    "data_text": "60 GB",
    "voice_text": "500 分钟",
    "effective": "12 月 1 日",
}


async def talked(tenant: Tenant, before: list[tuple[str, str | None]]) -> Talk:
    talk = Talk(tenant)
    for query, intent in before:
        await talk.say(query, intent)
    return talk


# -- corrections --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["单号发错了 是20231105那个", "不对，订单号是20231105", "订单号写错了，应该是20231105", "还是20231105吧"]
)
@pytest.mark.parametrize("reason", [None, "质量问题"])
async def test_a_correction_is_one_at_every_step(shop: Tenant, text: str, reason: str | None) -> None:
    talk = await talked(shop, [*REFUNDING, *([(reason, "refund_apply")] if reason else [])])
    await talk.say(text, "refund_apply", 0.98)
    assert talk.values == {"order_id": "20231105", **({"reason": reason} if reason else {})}
    assert talk.backend.calls == []


@pytest.mark.parametrize("text", ["还是99吧", "换成99的", "我要99那个", "不对，是畅享99"])
async def test_a_choice_is_corrected_by_its_number(telecom: Tenant, text: str) -> None:
    talk = Talk(telecom)
    talk.backend.answers = [(None, {**CHANGE, "plan": "畅享139", "fee": "139"}), (None, CHANGE)]
    await talk.say("换套餐", "plan_change")
    await talk.say("139", "plan_change", 0.5)
    assert talk.values == {"plan": "畅享139"}
    reply = await talk.say(text, "plan_change", 0.7)
    assert talk.values == {"plan": "畅享99"}
    assert reply
    assert reply.confirm
    assert all(call.startswith("GET") for call, _, _ in talk.backend.calls)


async def test_that_a_number_was_wrong_asks_for_the_right_one(shop: Tenant) -> None:
    talk = await talked(shop, REFUNDING)
    reply = await talk.say("单号发错了", "refund_apply", 0.7)
    assert reply
    assert reply.answer == shop.slots["order_id"].ask
    assert "order_id" not in talk.values


@pytest.mark.parametrize("text", ["返回上一步", "上一步", "返回"])
async def test_one_step_back_asks_for_the_last_value_again(shop: Tenant, text: str) -> None:
    talk = await talked(shop, REFUNDING)
    reply = await talk.say(text, "cancel_flow", 0.5)
    assert reply
    assert reply.answer == shop.slots["order_id"].ask
    again = await talk.say(text, "cancel_flow", 0.5)
    assert again
    assert again.answer == shop.slots["order_id"].ask


# -- several matters ----------------------------------------------------------------------------------------------------------


async def test_a_value_beside_a_yes_is_the_other_matters(shop: Tenant) -> None:
    talk = await talked(shop, [*REFUNDING, ("质量问题", "refund_apply")])
    talk.backend.answers = [(None, {"refund_id": "TK1", "amount": "1"}), TRACKED]
    parts = [Clause("确认", "affirm", 0.99), Clause("帮我查下20231105", "out_of_scope", 0.4, ["cancel_order", "order_status"])]
    reply = await talk.say("确认，另外帮我查下20231105", "order_status", 0.4, parts=parts)
    assert [(call, slots["order_id"]) for call, slots, _ in talk.backend.calls] == [
        ("POST /refunds", "20231107"),
        ("GET /orders/{order_id}", "20231105"),
    ]
    assert reply
    assert "TK1" in reply.answer
    assert "20231105" in reply.answer


async def test_with_triton_away_a_value_beside_a_yes_corrects_nothing(shop: Tenant) -> None:
    talk = await talked(shop, [*REFUNDING, ("质量问题", "refund_apply")])
    await talk.say("确认，另外帮我查下20231105", None)
    assert talk.values["order_id"] == "20231107"
    assert talk.backend.calls == []


@pytest.mark.parametrize("beside", ["如果超过100就算了", "我再想想", "先别提交"])
async def test_a_yes_with_something_behind_it_that_may_take_it_back_is_none(shop: Tenant, beside: str) -> None:
    talk = await talked(shop, [*REFUNDING, ("质量问题", "refund_apply")])
    parts = [Clause("确认", "affirm", 0.99), Clause(beside, "refund_progress", 0.9)]
    await talk.say(f"确认，另外{beside}", "affirm", 0.9, parts=parts)
    assert talk.backend.calls == []
    assert talk.state.flow


async def test_two_matters_are_both_taken_up_the_urgent_one_first(bank: Tenant) -> None:
    talk = Talk(bank)
    parts = [Clause("我想账单分期", "installment", 0.97), Clause("我的卡丢了", "card_lost", 0.98)]
    first = await talk.say("我想账单分期，我的卡丢了", "installment", 0.8, parts=parts)
    assert first
    assert first.answer.startswith(bank.slots["card_tail"].ask)
    assert bank.title("installment") in first.answer
    await talk.say("8866", "bye", 0.7)
    talk.backend.answers = [(None, {"card_name": "金卡", "reported_at": "今天", "loss_id": "GS1", "validity": "长期"})]
    done = await talk.say("确认")
    assert done
    assert "GS1" in done.answer
    assert done.answer.endswith(bank.slots["amount"].ask)
    assert talk.state.flow
    assert talk.state.flow.intent == "installment"
    assert talk.state.later == []


async def test_marks_alone_make_no_second_matter_of_what_is_not_urgent(shop: Tenant) -> None:
    talk = Talk(shop)
    parts = [Clause("我买的杯子碎了", "product_damaged", 0.98), Clause("想退款", "refund_apply", 0.98)]
    await talk.say("我买的杯子碎了，想退款", "refund_apply", 0.95, parts=parts)
    assert talk.state.flow
    assert (talk.state.flow.intent, talk.state.later) == ("refund_apply", [])


@pytest.mark.parametrize("waits", [False, True])
async def test_acts_that_follow_each_other_are_both_taken_up(shop: Tenant, waits: bool) -> None:
    talk = await talked(shop, [("我要退款", "refund_apply")]) if waits else Talk(shop)
    parts = [Clause("取消订单20231105", "cancel_order", 0.98), Clause("开发票", "invoice_apply", 0.99)]
    reply = await talk.say("取消订单20231105，再开发票", "invoice_apply", 0.97, parts=parts)
    assert reply
    assert talk.state.flow
    assert (talk.state.flow.intent, [later.intent for later in talk.state.later]) == ("cancel_order", ["invoice_apply"])
    assert shop.title("invoice_apply") in reply.answer


@pytest.mark.parametrize(
    "second", [("退款可以吗", "refund_apply", 0.6), ("退款可以吗", "cancel_order", 0.98), ("好的", "affirm", 0.99)]
)
async def test_what_is_not_surely_another_matter_is_read_whole(shop: Tenant, second: tuple[str, str, float]) -> None:
    talk = Talk(shop)
    parts = [Clause("我的快递", "cancel_order", 0.98), Clause(*second)]
    await talk.say("我的快递，再退款可以吗", "refund_apply", 0.95, parts=parts)
    assert talk.state.flow
    assert (talk.state.flow.intent, talk.state.later) == ("refund_apply", [])


async def test_what_cannot_wait_interrupts_and_what_waited_is_taken_up_again(bank: Tenant) -> None:
    talk = await talked(bank, [("信用卡提额", "card_limit")])
    reply = await talk.say("等下，我的卡丢了！", "card_lost", 0.98)
    assert reply
    assert talk.state.flow
    assert talk.state.flow.intent == "card_lost"
    assert [later.intent for later in talk.state.later] == ["card_limit"]
    talk.backend.answers = [(None, {"card_name": "金卡", "reported_at": "今天", "loss_id": "GS1", "validity": "长期"})]
    await talk.say("8866")
    await talk.say("确认")
    assert talk.state.flow.intent == "card_limit"


@pytest.mark.parametrize(
    ("name", "text", "intent"),
    [("bank", "我的卡丢了", "card_lost"), ("bank", "我被骗了", "fraud_report"), ("telecom", "手机丢了快停机", "suspend_number")],
)
async def test_what_is_urgent_works_whoever_has_the_conversation(
    name: str, text: str, intent: str, request: pytest.FixtureRequest
) -> None:
    talk = Talk(request.getfixturevalue(name))
    talk.state.owner = PERSON
    urgent = await talk.say(text, intent)
    assert urgent
    assert urgent.intent == intent
    talk.state.flow = None
    other = await talk.say("谢谢", "thanks")
    assert other
    assert other.answer == talk.tenant.phrases.person_owns


# -- values -------------------------------------------------------------------------------------------------------------------


async def test_a_bare_value_that_one_task_fits_begins_it(bank: Tenant) -> None:
    talk = Talk(bank)
    reply = await talk.say("8866", "bye", 0.72)
    assert reply
    assert "尾号 8866" in reply.answer
    assert reply.confirm
    assert talk.backend.calls == []


async def test_a_bare_mobile_number_begins_the_one_task_it_fits_and_is_asked_about_where_it_fits_two(
    telecom: Tenant, shop: Tenant
) -> None:
    reply = await Talk(shop).say("13800002046", "bye", 0.9)
    assert reply
    assert reply.intent == "change_address"
    turn = Talk(telecom).turn("13800002046", "bye", 0.9)
    assert await Dialogue(Talk(telecom).outside).answer(turn) is None
    assert set(turn.likeliest) == {"broadband_fault", "suspend_number"}


@pytest.mark.parametrize(
    ("text", "intent"), [("100", "bye"), ("1", "thanks"), ("？", "affirm"), ("。。。", "affirm"), ("6", "greet")]
)
async def test_a_number_is_no_goodbye_and_a_mark_no_yes(shop: Tenant, text: str, intent: str) -> None:
    assert await Talk(shop).say(text, intent, 0.97) is None


@pytest.mark.parametrize(
    ("name", "flow", "text"),
    [
        ("telecom", "recharge_missing", "用微信充的"),
        ("telecom", "recharge_missing", "忘了"),
        ("telecom", "broadband_move", "不记得了"),
        ("shop", "stock_query", "忘记叫啥了"),
        ("shop", "stock_query", "多久能到"),
        ("shop", "change_address", "不知道啊"),
    ],
)
async def test_what_says_nothing_of_it_is_no_value_of_a_free_slot(
    name: str, flow: str, text: str, request: pytest.FixtureRequest
) -> None:
    talk = Talk(request.getfixturevalue(name))
    await talk.say(talk.tenant.title(flow), flow)
    assert talk.state.flow
    if talk.state.flow.asking == "order_id":
        await talk.say("20231107")
    await talk.say(text, flow, 0.5)
    assert talk.state.flow.asking not in talk.values
    assert talk.backend.calls == []


@pytest.mark.parametrize("text", ["你们是傻逼吗", "垃圾客服", "滚", "sb"])
@pytest.mark.parametrize("before", [[], REFUNDING[:1], [*REFUNDING, ("质量问题", "refund_apply")]])
async def test_an_insult_gets_an_apology_and_a_way_out(shop: Tenant, text: str, before: list[tuple[str, str | None]]) -> None:
    talk = await talked(shop, before)
    reply = await talk.say(text, "complain", 0.5)
    assert reply
    assert shop.about.people
    assert shop.about.people.phone in reply.answer
    assert not any(slot.invalid and slot.invalid in reply.answer for slot in shop.slots.values())
    assert talk.backend.calls == []


# -- what an operator and a customer found ------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["继续", "继续吧", "接着办", "重试", "再试一下"])
@pytest.mark.parametrize("before", [REFUNDING, [*REFUNDING, ("质量问题", "refund_apply")]])
async def test_on_with_it_agrees_to_nothing_and_drops_nothing(
    shop: Tenant, text: str, before: list[tuple[str, str | None]]
) -> None:
    talk = await talked(shop, before)
    reply = await talk.say(text, "cancel_flow", 0.9)
    assert reply
    assert talk.state.flow
    assert (talk.state.flow.intent, talk.backend.calls) == ("refund_apply", [])


@pytest.mark.parametrize(
    ("name", "first", "intent"),
    [
        ("bank", "解除挂失", "card_lost"),
        ("bank", "我的卡找到了，帮我取消挂失", "card_lost"),
        ("telecom", "我要复机", "suspend_number"),
        ("telecom", "号码停机了怎么复机", "suspend_number"),
    ],
)
async def test_who_wants_the_opposite_is_told_where_and_nothing_begins(
    name: str, first: str, intent: str, request: pytest.FixtureRequest
) -> None:
    talk = Talk(request.getfixturevalue(name))
    reply = await talk.say(first, intent, 0.98)
    assert reply
    assert talk.tenant.tasks[intent].unless
    assert (reply.answer, talk.state.flow) == (talk.tenant.tasks[intent].unless.say, None)


async def test_the_opposite_at_the_confirmation_ends_it(bank: Tenant) -> None:
    talk = await talked(bank, [("挂失银行卡", "card_lost"), ("8866", None)])
    assert talk.state.flow
    reply = await talk.say("是的，我要解除挂失", "card_lost", 0.98)
    assert reply
    assert (reply.confirm, talk.state.flow, talk.backend.calls) == (None, None, [])


@pytest.mark.parametrize(
    ("name", "before", "text"),
    [
        ("bank", [("挂失银行卡", "card_lost"), ("8866", None)], "别挂失"),
        ("bank", [("挂失银行卡", "card_lost"), ("8866", None)], "我没让你挂失"),
        ("shop", [("取消订单20231106", "cancel_order")], "不取消订单了"),
        ("telecom", [("停机复机", "suspend_number"), ("13800002046", None)], "号码没错，但别停机"),
    ],
)
async def test_the_act_denied_is_a_no(
    name: str, before: list[tuple[str, str | None]], text: str, request: pytest.FixtureRequest
) -> None:
    talk = await talked(request.getfixturevalue(name), before)
    assert talk.state.flow
    await talk.say(text, talk.state.flow.intent, 0.9)
    assert (talk.state.flow, talk.backend.calls) == (None, [])


async def test_a_plain_yes_after_what_was_not_clear_is_asked_for_the_word(shop: Tenant) -> None:
    talk = await talked(shop, [*REFUNDING, ("质量问题", "refund_apply")])
    await talk.say("提交个毛线", "chitchat", 0.3)
    await talk.say("好的", "affirm")
    assert talk.backend.calls == []
    await talk.say("确认", "affirm")
    assert talk.backend.calls


async def test_who_looks_something_up_at_a_confirmation_changes_nothing(shop: Tenant) -> None:
    talk = await talked(shop, [*REFUNDING, ("质量问题", "refund_apply")])
    await talk.say("帮我查下20231105，没问题就确认", "order_status", 0.5)
    assert talk.values["order_id"] == "20231107"
    assert talk.backend.calls == []


async def test_that_a_number_was_mistyped_is_no_reason(shop: Tenant) -> None:
    talk = await talked(shop, REFUNDING[:1])
    await talk.say("单号发错了", "refund_apply", 0.7)
    assert "reason" not in talk.values


# -- a no that names what is asked about --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["我没有说要挂失", "我没丢卡啊", "不是丢了,是消磁了", "不是8866丢了", "没丢,8866在我手上", "这张除外"]
)
@pytest.mark.parametrize("then", ["对", "好的", "是啊", "嗯"])
async def test_a_no_in_other_words_is_no_wish_to_hear_it_again(bank: Tenant, text: str, then: str) -> None:
    talk = Talk(bank)
    await talk.say("8866丢了", "card_lost")
    reply = await talk.say(text, "card_lost", 0.9)
    assert reply
    await talk.say(then, "affirm", 0.99)
    assert talk.backend.calls == []


async def test_a_value_that_is_refused_gives_way_to_the_one_beside_it(telecom: Tenant) -> None:
    talk = Talk(telecom)
    await talk.say("退订视频会员", "service_cancel")
    await talk.say("不退视频会员,退视频彩铃", "service_cancel", 0.95)
    assert talk.values == {"service": "视频彩铃"}


async def test_whether_it_could_be_cancelled_later_cancels_nothing(bank: Tenant) -> None:
    talk = Talk(bank)
    await talk.say("8866丢了", "card_lost")
    await talk.say("如果我确认了还能取消吗", "cancel_flow", 0.9)
    assert talk.values == {"card_tail": "8866"}


@pytest.mark.parametrize("text", ["第一个不退了", "这件先不退", "订单号错了"])
async def test_a_refusal_is_no_reason(shop: Tenant, text: str) -> None:
    talk = await talked(shop, REFUNDING)
    await talk.say(text, "refund_apply", 0.7)
    assert "reason" not in talk.values


async def test_an_apology_before_another_number_corrects(shop: Tenant) -> None:
    talk = await talked(shop, REFUNDING)
    await talk.say("不好意思是20231108", "refund_apply", 0.7)
    assert talk.values == {"order_id": "20231108"}


async def test_of_a_sum_and_periods_in_one_breath_both_are_read(bank: Tenant) -> None:
    talk = Talk(bank)
    await talk.say("账单分期", "installment")
    await talk.say("一万二分六期", "installment", 0.9)
    assert talk.values == {"amount": "12000.00", "periods": "6"}
