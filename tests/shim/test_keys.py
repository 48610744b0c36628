"""Which call has which key, and what do quotes and codes do before one is made?"""

import json

import pytest
from msgspec.structs import replace

from pyshim.turns.turn import Press
from tests.shim.scripted import Act, kills, nobody, refuses, says
from tests.shim.story import CODE_SENT, DONE, IN_DOUBT, QUOTE, Story

pytestmark = pytest.mark.real

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
