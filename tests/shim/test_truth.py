"""Is a customer told what is true about what was done, whatever fails, and when?

Promised: an outcome is done, refused or unknown, and said so. What is unknown is found out, by one shim, and told once; until
then no other value of the task is sent. Nothing is sent twice but with the same key, by the task that says it may be.
"""

import logging

import pytest
from msgspec.structs import replace

from tests.shim.scripted import SILENCE, Act, kills, refuses, says
from tests.shim.story import DONE, IN_DOUBT, TASKS, Story

pytestmark = pytest.mark.real

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
