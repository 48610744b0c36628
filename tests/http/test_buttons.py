"""Does a confirmation's button do what was shown beside it, once, and nothing else? The whole real stack, and its database."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import httpx
import pytest

from pyshim.dialogue import consent
from tests.conftest import Customer, Stack
from tests.http.raw import Stranger
from tests.http.test_once import actions

pytestmark = pytest.mark.real

HOT = "发货时间"  # the title of an intent: answered at the edge wherever it is a query
ORDER, OTHER = "20231106", "20231110"
PRESSED = 3  # the seq of the press
TOGETHER = 6

NO_PRESS: dict[str, str] = {
    "a text": '"yes"',
    "a number": "1",
    "true": "true",
    "false": "false",
    "an array": '["a","yes"]',
    "empty": "{}",
    "no id": '{"answer":"yes"}',
    "no answer": '{"id":"a"}',
    "id null": '{"id":null,"answer":"yes"}',
    "id a number": '{"id":5,"answer":"yes"}',
    "id an object": '{"id":{"id":"a"},"answer":"yes"}',
    "id empty": '{"id":"","answer":"yes"}',
    "id too long": '{"id":"%s","answer":"yes"}' % ("a" * 65),
    "id with a space": '{"id":"a b","answer":"yes"}',
    "id with an end of line": '{"id":"a\\n","answer":"yes"}',
    "id with a NUL": '{"id":"a\\u0000","answer":"yes"}',
    "id with a quote": '{"id":"a\\",\\"answer\\":\\"yes","answer":"no"}',
    "id in Chinese": '{"id":"确认","answer":"yes"}',
    "answer null": '{"id":"a","answer":null}',
    "answer true": '{"id":"a","answer":true}',
    "answer an array": '{"id":"a","answer":["yes"]}',
    "answer empty": '{"id":"a","answer":""}',
    "answer in capitals": '{"id":"a","answer":"YES"}',
    "answer with a space": '{"id":"a","answer":"yes "}',
    "answer in Chinese": '{"id":"a","answer":"确认"}',
    "answer both": '{"id":"a","answer":"yes no"}',
    "the last of two answers counts": '{"id":"a","answer":"yes","answer":"maybe"}',
}
PRESS: dict[str, str] = {
    "the shortest id": '{"id":"a","answer":"yes"}',
    "the longest id": json.dumps({"id": ("aZ0_-" * 13)[:64], "answer": "no"}),
    "other members": '{"id":"a","answer":"no","yes":"确认","at":[1,{}]}',
    "the last of two answers counts": '{"id":"a","answer":"maybe","answer":"no"}',
}


def asked(customer: Customer, order: str = ORDER) -> dict[str, Any]:
    """The talk until consent is asked for. Returns that reply."""
    customer.ask("取消订单", session_id="s", seq=PRESSED - 2)
    return customer.ask(order, session_id="s", seq=PRESSED - 1)


def press(customer: Customer, confirm: dict[str, str], answer: str = "yes", **more: Any) -> httpx.Response:
    """Presses a button of these; more: session_id, seq."""
    return customer.http.post("/v1/chat", json={"confirm": {"id": confirm["id"], "answer": answer}, **more})


def refused(answer: httpx.Response) -> bool:
    return answer.status_code == 409 and answer.json()["error"]["code"] == "stale_confirmation"


# -- at the edge --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("confirm", NO_PRESS.values(), ids=NO_PRESS)
def test_what_is_no_press_is_told_what_one_is(stranger: Stranger, confirm: str) -> None:
    for beside in ("", f',"query":"{HOT}"'):
        answer = stranger.chat(f'{{"confirm":{confirm}{beside}}}'.encode()).refuses(400, "invalid_confirm")
        assert "id, 1 to 64 of A-Z a-z 0-9 _ -" in answer.error()["message"]
        assert answer.headers["X-Answered-By"] == "l1_screen"


@pytest.mark.parametrize("confirm", PRESS.values(), ids=PRESS)
def test_a_press_is_never_answered_at_the_edge(stranger: Stranger, confirm: str) -> None:
    text = consent.text(json.loads(confirm)["answer"])
    for beside in ("", ',"query":null', ',"query":""', f',"query":"{text}"'):
        answer = stranger.chat(f'{{"confirm":{confirm}{beside},"session_id":"s","seq":1}}'.encode())
        answer.refuses(409, "stale_confirmation")
        assert answer.headers["X-Answered-By"] is None
    assert stranger.ask("GET", "/v1/history").json()["turns"] == []


@pytest.mark.parametrize("confirm", PRESS.values(), ids=PRESS)
def test_a_press_beside_other_words_is_refused(stranger: Stranger, confirm: str) -> None:
    other = consent.text("no" if json.loads(confirm)["answer"] == "yes" else "yes")
    for beside in ('"不要"', f'"{other}"', f'"{HOT}"', "5", "{}", f'"{"字" * 2001}"'):
        answer = stranger.chat(f'{{"query":{beside},"confirm":{confirm}}}'.encode()).refuses(400, "contradicting_confirm")
        assert "query and confirm say two things" in answer.error()["message"]
    assert stranger.ask("GET", "/v1/history").json()["turns"] == []


def test_null_is_no_press(stranger: Stranger) -> None:
    assert stranger.chat({"confirm": None, "query": HOT}).json()["answered_by"] == "l3_hot"
    stranger.chat({"confirm": None}).refuses(400, "invalid_query")


@pytest.mark.parametrize(
    ("position", "code"),
    [({"session_id": "a b"}, "invalid_session_id"), ({"seq": 0}, "invalid_seq"), ({"seq": "1"}, "invalid_seq")],
)
def test_its_position_is_checked_as_that_of_a_sentence(stranger: Stranger, position: dict[str, Any], code: str) -> None:
    stranger.chat({"confirm": {"id": "a", "answer": "yes"}, **position}).refuses(400, code)


def test_a_press_takes_a_token_of_the_user(small: Stack) -> None:
    stranger = Stranger(small, "pressing")
    statuses = [stranger.chat({"confirm": {"id": "a", "answer": "yes"}}).status for _ in range(4)]
    assert statuses == [409, 409, 409, 429]


# -- yes and no ---------------------------------------------------------------------------------------------------------


def test_yes_does_what_was_shown_and_the_history_has_the_buttons_text(stack: Stack) -> None:
    customer = stack.customer("shop", "presses-yes")
    shown = asked(customer)
    assert ORDER in shown["answer"]
    done = press(customer, shown["confirm"], session_id="s", seq=PRESSED).json()
    assert f"订单 {ORDER} 已取消" in done["answer"]
    assert (done["seq"], done["answered_by"], done["intent"]) == (PRESSED, "l5_dialogue", "cancel_order")
    assert "confirm" not in done
    newest, before, *_ = customer.history()
    assert newest["query"] == shown["confirm"]["yes"]
    assert before["confirm"] == shown["confirm"]
    assert actions(stack, "presses-yes") == 1


def test_no_drops_it(stack: Stack) -> None:
    customer = stack.customer("shop", "presses-no")
    confirm = asked(customer)["confirm"]
    dropped = press(customer, confirm, "no", session_id="s", seq=PRESSED).json()
    assert dropped["intent"] == "cancel_flow"
    assert customer.history()[0]["query"] == confirm["no"]
    assert refused(press(customer, confirm, session_id="s", seq=PRESSED + 1))
    assert actions(stack, "presses-no") == 0


def test_without_a_position_the_next_one_is_given(stack: Stack) -> None:
    customer = stack.customer("shop", "presses-bare")
    confirm = asked(customer)["confirm"]
    done = press(customer, confirm).json()
    assert (done["seq"], done["session_id"]) == (PRESSED, "s")
    assert refused(press(customer, confirm))
    assert actions(stack, "presses-bare") == 1


# -- once ---------------------------------------------------------------------------------------------------------------


def in_another_session(customer: Customer) -> None:
    customer.ask(HOT, session_id="another", seq=1)


def after_another_confirmation(customer: Customer) -> None:
    customer.ask(f"取消订单{OTHER}", session_id="s", seq=PRESSED + 1)


def after_the_dialogue_was_ended(customer: Customer) -> None:
    assert customer.http.delete("/v1/session").status_code == 204


@pytest.mark.parametrize(
    "meanwhile", [lambda _: None, after_another_confirmation, in_another_session, after_the_dialogue_was_ended]
)
def test_the_same_seq_again_brings_the_same_reply_and_no_second_action(
    stack: Stack, meanwhile: Callable[[Customer], None]
) -> None:
    """A stored seq is answered before the id is looked at: that the button is an old one by now says nothing of what it did."""
    user = f"presses-{meanwhile.__name__.strip('<>')}"
    customer = stack.customer("shop", user)
    confirm = asked(customer)["confirm"]
    first = press(customer, confirm, session_id="s", seq=PRESSED).json()
    assert "已取消" in first["answer"]
    meanwhile(customer)
    for answer in ("yes", "yes", "no"):
        assert press(customer, confirm, answer, session_id="s", seq=PRESSED).json() == first
    assert actions(stack, user) == 1


def test_many_presses_at_once_get_one_answer_and_act_once(stack: Stack) -> None:
    confirm = asked(stack.customer("shop", "presses-together"))["confirm"]
    customers = [stack.customer("shop", "presses-together") for _ in range(TOGETHER)]  # a connection and a token each
    start = Barrier(TOGETHER)

    def together(customer: Customer) -> httpx.Response:
        start.wait()
        return press(customer, confirm, session_id="s", seq=PRESSED)

    with ThreadPoolExecutor(TOGETHER) as pool:
        answers = list(pool.map(together, customers))
    assert {answer.status_code for answer in answers} == {200}
    assert len({json.dumps(answer.json(), sort_keys=True) for answer in answers}) == 1
    assert actions(stack, "presses-together") == 1


# -- an old one ---------------------------------------------------------------------------------------------------------


def test_the_button_of_other_values_does_nothing(stack: Stack) -> None:
    customer = stack.customer("shop", "presses-old")
    old = asked(customer)["confirm"]
    new = customer.ask(f"不对，是{OTHER}", session_id="s", seq=PRESSED)
    assert OTHER in new["answer"] and new["confirm"]["id"] != old["id"]
    for answer in ("yes", "no"):
        assert refused(press(customer, old, answer, session_id="s", seq=PRESSED + 1))
    assert actions(stack, "presses-old") == 0
    assert f"订单 {OTHER} 已取消" in press(customer, new["confirm"], session_id="s", seq=PRESSED + 1).json()["answer"]
    assert actions(stack, "presses-old") == 1


def test_what_was_asked_in_between_leaves_the_button_as_it_is(stack: Stack) -> None:
    customer = stack.customer("shop", "presses-later")
    first = asked(customer)["confirm"]
    aside = customer.ask("一般下单后多久发货", session_id="s", seq=PRESSED)
    assert aside["confirm"] == first
    assert "已取消" in press(customer, first, session_id="s", seq=PRESSED + 1).json()["answer"]


def test_somebody_elses_button_does_nothing(stack: Stack) -> None:
    confirm = asked(stack.customer("shop", "presses-mine"))["confirm"]
    asked(stack.customer("shop", "presses-theirs"))
    assert refused(press(stack.customer("shop", "presses-theirs"), confirm, session_id="s", seq=PRESSED))
    assert actions(stack, "presses-mine") == actions(stack, "presses-theirs") == 0
