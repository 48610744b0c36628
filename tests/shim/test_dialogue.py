"""Does a conversation go where its customer wants? Stories with l5_dialogue and l7_fallback."""

import json
from itertools import pairwise

import msgspec
import pytest

from pyshim.dialogue import erasure
from pyshim.layers.l5_dialogue import Dialogue
from pyshim.layers.l7_fallback import Fallback
from pyshim.tenants.schema import Tenant
from pyshim.turns.turn import PERSON
from tests.shim.conftest import Talk


async def test_a_rule_is_answered_with_its_reply(talk: Talk) -> None:
    reply = await talk.say("多久发货", "shipping_time")
    assert reply
    assert reply.answer == talk.tenant.replies["shipping_time"].answer
    assert reply.suggestions == talk.tenant.replies["shipping_time"].suggestions


async def test_a_low_confidence_is_not_ours(talk: Talk) -> None:
    assert await talk.say("呃那个", "shipping_time", 0.59) is None
    assert await talk.say("今天星期几", "out_of_scope", 0.99) is None


async def test_a_flow_collects_confirms_and_calls_once(talk: Talk) -> None:
    talk.backend.answers = [(None, {"refund_id": "TK1", "amount": "399.00"})]
    asks_order = await talk.say("我要退款", "refund_apply")
    asks_reason = await talk.say("20231105", "order_status", 0.5)
    confirms = await talk.say("坏了", "product_damaged", 0.7)
    done = await talk.say("是的", "affirm")
    assert asks_order
    assert "订单号" in asks_order.answer
    assert asks_reason
    assert "原因" in asks_reason.answer
    assert confirms
    assert "20231105" in confirms.answer
    assert "质量问题" in confirms.answer
    assert done
    assert "TK1" in done.answer
    assert [call[:2] for call in talk.backend.calls] == [("POST /refunds", {"order_id": "20231105", "reason": "质量问题"})]
    assert talk.state.flow is None
    assert talk.state.slots == {"order_id": "20231105"}  # worth remembering; the reason is not


async def test_slots_of_the_first_message_are_not_asked_for(talk: Talk) -> None:
    reply = await talk.say("订单２０２３１１０５质量问题我要退款", "refund_apply")
    assert reply
    assert "确认" in reply.answer
    assert talk.values == {"order_id": "20231105", "reason": "质量问题"}


async def test_a_change_of_mind_ends_the_flow_and_calls_nothing(talk: Talk) -> None:
    await talk.say("我要退款", "refund_apply")
    reply = await talk.say("算了不退了", "cancel_flow")
    assert reply
    assert reply.intent == "cancel_flow"
    assert (talk.state.flow, talk.backend.calls) == (None, [])


async def test_no_at_the_confirmation_ends_it_too(talk: Talk) -> None:
    await talk.say("取消订单20231106", "cancel_order")
    reply = await talk.say("不是", "deny")
    assert reply
    assert "取消订单" in reply.answer
    assert (talk.state.flow, talk.backend.calls) == (None, [])


async def test_no_with_a_correction_confirms_the_corrected_value(talk: Talk) -> None:
    await talk.say("取消订单20231106", "cancel_order")
    reply = await talk.say("不对，是20231107", "deny")
    assert reply
    assert "20231107" in reply.answer
    assert talk.state.flow
    assert talk.state.flow.asking == "confirm"


async def test_a_question_in_between_is_answered_and_the_flow_goes_on(talk: Talk) -> None:
    await talk.say("我要退款", "refund_apply")
    reply = await talk.say("运费谁出啊", "return_shipping_fee")
    assert reply
    assert talk.tenant.replies["return_shipping_fee"].answer in reply.answer
    assert talk.tenant.slots["order_id"].ask in reply.answer
    assert talk.state.flow
    assert talk.state.flow.asking == "order_id"


async def test_a_question_in_between_about_another_order_does_not_mix_them_up(talk: Talk) -> None:
    talk.backend.answers = [
        (None, {"carrier": "迅达", "tracking_no": "X", "updated_at": "t", "status_text": "s", "eta": "明天"}),
        (None, {"refund_id": "TK1", "amount": "1"}),
    ]
    await talk.say("订单20231105我要退款", "refund_apply")
    await talk.say("先帮我看看20231109到哪了", "logistics_track")
    await talk.say("不想要了", "refund_apply")
    await talk.say("确认")
    assert talk.backend.calls[0][1] == {"order_id": "20231109"}
    assert talk.backend.calls[1][1] == {"order_id": "20231105", "reason": "不想要了"}


async def test_free_text_is_taken_when_asked_for_even_if_it_looks_like_something_else(talk: Talk) -> None:
    await talk.say("订单20231105我要退款", "refund_apply")
    await talk.say("家里猫把它当窝了", "chitchat", 0.7)
    assert talk.values["reason"] == "家里猫把它当窝了"


async def test_a_chosen_value_is_the_answer_even_if_it_sounds_like_another_flow(talk: Talk) -> None:
    await talk.say("订单20231107我要退款", "refund_apply")
    reply = await talk.say("杯子碎了", "product_damaged", 0.95)
    assert reply
    assert "质量问题" in reply.answer
    assert reply.intent == "refund_apply"


async def test_an_answer_with_a_question_is_taken_and_answered(talk: Talk) -> None:
    await talk.say("订单20231107我要退款", "refund_apply")
    reply = await talk.say("质量问题，运费谁出啊", "return_shipping_fee", 0.95)
    assert reply
    assert talk.tenant.replies["return_shipping_fee"].answer in reply.answer
    assert "原因“质量问题”" in reply.answer
    assert talk.state.flow
    assert talk.state.flow.asking == "confirm"


async def test_what_is_none_of_our_matters_goes_down_and_the_question_comes_back_behind(talk: Talk) -> None:
    await talk.say("我要退款", "refund_apply")
    turn = talk.turn("今天股票涨了吗", "out_of_scope", 0.95)
    assert await Dialogue(talk.outside).answer(turn) is None
    assert turn.resume.endswith(talk.tenant.slots["order_id"].ask)
    assert turn.state.flow is not None


async def test_asking_for_the_same_thing_again_asks_the_open_question_again(talk: Talk) -> None:
    await talk.say("我要退款", "refund_apply")
    reply = await talk.say("怎么退款啊", "refund_apply")
    assert reply
    assert reply.answer == talk.tenant.slots["order_id"].ask


async def test_a_wrong_answer_is_asked_again_and_the_second_time_a_person_is_offered(talk: Talk) -> None:
    await talk.say("我要退款", "refund_apply")
    first = await talk.say("就那个", "out_of_scope", 0.4)
    second = await talk.say("就是那一个啊", "out_of_scope", 0.4)
    assert first
    assert first.answer == talk.tenant.slots["order_id"].invalid
    assert first.suggestions == []
    assert second
    assert second.suggestions == [talk.tenant.title("ask_human")]


async def test_what_the_back_end_cannot_find_is_asked_again_under_a_new_key(talk: Talk) -> None:
    talk.backend.answers = [("not_found", {}), (None, {"amount": "1"})]
    await talk.say("取消订单99999999", "cancel_order")
    again = await talk.say("确认")
    confirm = await talk.say("20231106")
    await talk.say("确认")
    assert again
    assert "99999999" in again.answer
    assert confirm
    assert "20231106" in confirm.answer
    first, second = talk.backend.calls
    assert first[1] != second[1]
    assert first[2] != second[2]


async def test_a_back_end_that_is_away_keeps_the_flow_for_another_try_with_the_same_key(talk: Talk) -> None:
    await talk.say("取消订单20231106", "cancel_order")
    sorry = await talk.say("确认")
    talk.backend.answers = [(None, {"amount": "259.00"})]
    done = await talk.say("确认")
    assert sorry
    assert sorry.answer == talk.tenant.phrases.backend_down
    assert done
    assert "259.00" in done.answer
    assert talk.backend.calls[0] == talk.backend.calls[1]


async def test_an_action_needs_no_confirmation_and_remembers_the_order(talk: Talk) -> None:
    fields = {"carrier": "迅达", "tracking_no": "X", "updated_at": "t", "status_text": "路上", "eta": "11 月 12 日"}
    talk.backend.answers = [(None, fields), (None, {"item": "i", "amount": "1", "status": "运输中", "next_step": "等"})]
    first = await talk.say("我的订单20231105什么时候到", "logistics_track")
    second = await talk.say("那它现在啥状态", "order_status")
    assert first
    assert "11 月 12 日" in first.answer
    assert second
    assert "20231105" in second.answer


async def test_a_bare_order_number_goes_on_with_the_last_matter(talk: Talk) -> None:
    fields = {"item": "i", "amount": "1", "status": "运输中", "next_step": "等"}
    talk.backend.answers = [(None, fields), (None, fields)]
    await talk.say("订单20231105啥状态", "order_status")
    talk.state.intent = "order_status"
    reply = await talk.say("20231107", "bye", 0.97)
    assert reply
    assert "20231107" in reply.answer


async def test_a_bare_order_number_out_of_the_blue_is_asked_back_and_remembered(talk: Talk) -> None:
    talk.backend.answers = [(None, {"item": "i", "amount": "1", "status": "运输中", "next_step": "等"})]
    turn = talk.turn("20231107", "bye", 0.97)
    layer = Dialogue(talk.outside)
    assert await layer.answer(turn) is None
    asked = await Fallback(talk.outside).answer(turn)
    assert asked
    assert talk.tenant.title("order_status") in asked.suggestions
    reply = await talk.say(talk.tenant.title("order_status"), "order_status", 1.0)
    assert reply
    assert "20231107" in reply.answer


async def test_another_order_number_while_something_else_is_asked_replaces_the_first(talk: Talk) -> None:
    await talk.say("订单20231105我要退款", "refund_apply")
    await talk.say("20231107", "bye", 0.97)
    confirm = await talk.say("不想要了")
    assert confirm
    assert "20231107" in confirm.answer


async def test_without_a_state_store_flows_say_sorry_and_rules_go_on(talk: Talk) -> None:
    sorry = await talk.say("我要退款", "refund_apply", degraded=True)
    rule = await talk.say("多久发货", "shipping_time", degraded=True)
    assert sorry
    assert sorry.answer == talk.tenant.phrases.degraded
    assert rule
    assert rule.answer == talk.tenant.replies["shipping_time"].answer


async def test_asking_for_a_person_says_how_one_is_reached_and_the_bot_goes_on(talk: Talk) -> None:
    first = await talk.say("转人工", "ask_human")
    assert first
    assert talk.tenant.about.people.phone in first.answer
    told = json.dumps({"answer": first.answer, "query": "转人工"}, ensure_ascii=False).encode()
    again = await talk.say("转人工", "ask_human", newest=told)
    assert again
    assert again.answer != first.answer  # no sentence repeats for ever
    assert talk.tenant.about.people.phone in again.answer
    reply = await talk.say("多久发货", "shipping_time")
    assert reply
    assert reply.answer == talk.tenant.replies["shipping_time"].answer


async def test_asked_back_yes_means_the_first_and_an_ordinal_means_itself(talk: Talk) -> None:
    for words, intent in (("是的", "return_policy"), ("第二个", "return_address")):
        asked = await talk.fall_back("退货那个", "return_policy", 0.4, ["return_policy", "return_address", "refund_apply"])
        assert asked.suggestions == [talk.tenant.title("return_policy"), talk.tenant.title("return_address"), "都不是"]
        reply = await talk.say(words)
        assert reply
        assert reply.answer == talk.tenant.replies[intent].answer


UNCLEAR = ["return_policy", "return_address", "refund_apply", "exchange_apply", "warranty"]


async def test_who_is_not_understood_is_asked_back_told_of_people_and_asked_about_something_else(talk: Talk) -> None:
    titles = [talk.tenant.title(intent) for intent in UNCLEAR]
    heard = [await talk.fall_back("退那个", "return_policy", 0.4, UNCLEAR) for _ in range(6)]
    assert [reply.suggestions[:2] for reply in heard[0:4:2]] == [titles[:2], titles[2:4]]
    assert heard[4].answer == talk.tenant.phrases.ask_open  # one meaning is left, and who has none of four is not asked on
    assert all(talk.tenant.about.people.phone in reply.answer for reply in heard[1::2])
    assert talk.state.owner != PERSON


async def test_no_sentence_is_said_twice_in_a_row(talk: Talk) -> None:
    for intent, likeliest in (("out_of_scope", UNCLEAR), ("return_policy", UNCLEAR), ("return_policy", []), (None, [])):
        last = b""
        answers = []
        for _ in range(8):
            reply = await talk.fall_back("退那个", intent, 0.9 if intent == "out_of_scope" else 0.3, likeliest, newest=last)
            answers.append(reply.answer)
            last = msgspec.json.encode({"answer": reply.answer})
        assert all(one != other for one, other in pairwise(answers))


async def test_none_of_these_goes_on_and_the_same_two_are_not_offered_again(talk: Talk) -> None:
    asked = await talk.fall_back("退那个", "return_policy", 0.4, UNCLEAR)
    assert await talk.say(asked.suggestions[-1]) is None  # for the layers below
    people = await talk.fall_back(asked.suggestions[-1], "deny", 0.99, UNCLEAR)
    assert talk.tenant.about.people.phone in people.answer
    again = await talk.fall_back("退那个", "return_policy", 0.4, UNCLEAR)
    assert set(again.suggestions).isdisjoint(asked.suggestions[:2])


async def test_a_question_of_the_faq_that_may_be_meant_is_asked_about_and_yes_answers_it(talk: Talk) -> None:
    wording, answer = talk.tenant.wordings[0]
    for yes in ("是的", "第一个", "嗯"):
        asked = await talk.fall_back("凑一百块便宜几个钱", "out_of_scope", 0.95, UNCLEAR, near=wording)
        assert asked.answer == f"您是想问“{wording}”吗？"
        assert asked.suggestions == [wording, "都不是"]
        reply = await talk.say(yes)
        assert reply is not None
        assert reply.answer == answer


async def test_one_that_was_declined_is_not_asked_about_again(talk: Talk) -> None:
    wording, _ = talk.tenant.wordings[0]
    await talk.fall_back("凑一百块便宜几个钱", "out_of_scope", 0.95, UNCLEAR, near=wording)
    assert await talk.say("都不是") is None
    people = await talk.fall_back("都不是", "deny", 0.99, [])
    assert talk.tenant.about.people.phone in people.answer
    again = await talk.fall_back("凑一百块便宜几个钱", "out_of_scope", 0.95, UNCLEAR, near=wording)
    assert again.answer == talk.tenant.phrases.out_of_scope


async def test_where_nobody_is_sure_the_faq_stands_beside_the_likeliest_meaning(talk: Talk) -> None:
    wording, _ = talk.tenant.wordings[0]
    asked = await talk.fall_back("凑一百块便宜几个钱", "coupon_use", 0.4, UNCLEAR, near=wording)
    assert asked.suggestions == [wording, talk.tenant.title(UNCLEAR[0]), "都不是"]


async def test_an_understood_turn_in_between_starts_the_count_anew(talk: Talk) -> None:
    first = await talk.fall_back("退那个", "return_policy", 0.3, UNCLEAR)
    await talk.say("多久发货", "shipping_time")
    reply = await talk.fall_back("退那个", "return_policy", 0.3, UNCLEAR)
    assert talk.state.owner != PERSON
    assert reply.suggestions == first.suggestions


async def test_what_sounds_like_small_talk_is_not_asked_back_about_business(talk: Talk) -> None:
    reply = await talk.fall_back("掰掰～", "bye", 0.4, UNCLEAR)
    assert reply.answer == talk.tenant.phrases.ask_open


async def test_out_of_scope_is_said_kindly_and_brings_nobody(talk: Talk) -> None:
    for _ in range(3):
        reply = await talk.fall_back("今天股票涨了吗", "out_of_scope", 0.9, ["greet", "bye"])
        assert reply.answer == talk.tenant.phrases.out_of_scope
    assert talk.state.owner != PERSON


async def test_a_first_message_nobody_understood_while_triton_is_away_asks_back(talk: Talk) -> None:
    reply = await talk.fall_back("俺的快第咋还木有到", None, 0.0, [])
    assert reply.answer == talk.tenant.phrases.ask_open
    assert reply.suggestions
    assert talk.state.owner != PERSON


async def test_repeat_says_the_last_answer_again(talk: Talk) -> None:
    stored = '{"seq":1,"session_id":"s","answer":"前面的话","intent":"greet","query":"在吗","at":1}'.encode()
    reply = await talk.say("没听懂再说一遍", "repeat", newest=stored)
    assert reply
    assert reply.answer == "前面的话"
    nothing = await talk.say("再说一遍", "repeat")
    assert nothing
    assert nothing.answer == talk.tenant.phrases.repeat_nothing


async def test_repeat_inside_a_flow_asks_the_open_question_again(talk: Talk) -> None:
    await talk.say("我要退款", "refund_apply")
    reply = await talk.say("啥意思", "repeat")
    assert reply
    assert reply.answer == talk.tenant.slots["order_id"].ask


async def test_a_lost_card_is_blocked_from_its_tail(bank: Tenant) -> None:
    talk = Talk(bank)
    fields = {"card_name": "借记卡", "reported_at": "今天", "loss_id": "GS1", "validity": "长期有效"}
    talk.backend.answers = [(None, fields)]
    confirm = await talk.say("尾号6688的卡丢了快帮我挂失", "card_lost")
    done = await talk.say("确认")
    assert confirm
    assert "6688" in confirm.answer
    assert done
    assert "GS1" in done.answer
    assert [call[:2] for call in talk.backend.calls] == [("POST /cards/loss", {"card_tail": "6688"})]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "把我的数据都删了",
            "请删除我的个人信息",
            "能不能把我在你们这的聊天记录全部清空",
            "我要求删除我所有的资料",
            "帮我清除我的记录，谢谢",
        ),
        *("忘掉我", "Delete all my data", "please erase my personal information", "把我的信息和聊天记录都删掉可以吗"),
    ],
)
async def test_who_wants_to_be_forgotten_is_told_how(shop: Tenant, text: str) -> None:
    talk = Talk(shop)
    reply = await talk.say(text, "out_of_scope")
    assert reply is not None and reply.answer.startswith("您可以要求删除我们这里存的您的聊天和办理记录")
    await talk.say("取消订单，订单20231105", "cancel_order")
    before = talk.values
    reply = await talk.say(text)
    assert reply is not None and reply.answer.startswith("您可以要求删除") and talk.values == before
    assert talk.backend.calls == []


@pytest.mark.parametrize(
    "text",
    [
        "把我的订单删了",
        "删除我的地址",
        "我的数据流量用完了",
        "记录在哪看",
        "把我的数据都删了我就投诉你们",
        "别删我的聊天记录",
        "我的聊天记录被删了",
    ],
)
def test_what_else_is_deleted_is_another_matter(text: str) -> None:
    assert not erasure.asked(text)
