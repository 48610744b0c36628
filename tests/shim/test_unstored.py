"""A call was made, and its turn cannot be stored, or another one came first: is the customer told, and nothing done twice?"""

import asyncio
import contextlib
import json
from typing import Any

import pytest

from pyshim.errors import Refusal
from pyshim.outside.redis import Script
from pyshim.turns.memory import Memory
from pyshim.turns.turn import Press
from tests.shim.scripted import SILENCE, kills
from tests.shim.story import DONE, TASKS, Story, also

pytestmark = pytest.mark.real

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
