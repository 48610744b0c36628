"""Is a confirmed action done once at the back end, however often its turn is sent? The whole real stack, and its database."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier
from typing import Any

import httpx
import pytest

from tests.conftest import Customer, Stack

pytestmark = pytest.mark.real

TALK = ["取消订单", "20231106", "确认"]
CONFIRMED = len(TALK)
TOGETHER = 6


def told(customer: Customer) -> list[dict[str, Any]]:
    """The whole conversation, up to the confirmed action."""
    return [customer.ask(query, session_id="s", seq=seq) for seq, query in enumerate(TALK, 1)]


def confirm(customer: Customer, query: str = "确认") -> httpx.Response:
    return customer.post(query, session_id="s", seq=CONFIRMED)


def actions(stack: Stack, user: str) -> int:
    """How many different changes this user asked the back end for, whatever it said to them."""
    with closing(sqlite3.connect(stack.settings.var / "example_backend.sqlite")) as database:
        [(count,)] = database.execute("SELECT count(*) FROM answers WHERE user_id = ?", [user]).fetchall()
    return int(count)


def test_the_same_confirmation_again_brings_the_same_answer_and_no_second_action(stack: Stack) -> None:
    customer = stack.customer("shop", "again")
    last = told(customer)[-1]
    assert "订单 20231106 已取消" in last["answer"]
    for query in ("确认", "我要申请退款", "一般下单后多久发货"):  # whatever else it says now
        assert [confirm(customer, query).json() for _ in range(3)] == [last] * 3
    customer.ask("一般下单后多久发货", session_id="s", seq=CONFIRMED + 1)
    customer.ask("我的订单20231105什么时候到", session_id="s", seq=CONFIRMED + 2)
    assert confirm(customer).json() == last, "an older one, too"
    customer.ask("你好", session_id="another")
    assert confirm(customer).json() == last, "and of an earlier session"
    assert actions(stack, "again") == 1


def test_an_answer_of_before_says_that_it_is_one(stack: Stack) -> None:
    customer = stack.customer("shop", "of-before")
    for seq, (query, layer) in enumerate([("一般下单后多久发货", "l3_hot"), ("取消订单", "l5_dialogue")], 1):
        answers = [customer.post(query, session_id="s", seq=seq) for _ in range(2)]
        assert answers[0].json() == answers[1].json()
        assert [answer.headers["X-Answered-By"] for answer in answers] == [layer, "stored"]


def test_many_confirmations_at_once_get_one_answer_and_act_once(stack: Stack) -> None:
    first = stack.customer("shop", "together")
    for seq, query in enumerate(TALK[:-1], 1):
        first.ask(query, session_id="s", seq=seq)
    customers = [stack.customer("shop", "together") for _ in range(TOGETHER)]  # a connection and a token each
    start = Barrier(TOGETHER)

    def ask(customer: Customer) -> httpx.Response:
        start.wait()
        return confirm(customer)

    with ThreadPoolExecutor(TOGETHER) as pool:
        answers = list(pool.map(ask, customers))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text.strip() for answer in answers}) == 1
    assert "已取消" in answers[0].json()["answer"]
    assert actions(stack, "together") == 1
    assert [turn["seq"] for turn in first.history()] == [3, 2, 1]


def test_a_confirmation_after_the_dialogue_was_ended_acts_no_second_time(stack: Stack) -> None:
    customer = stack.customer("shop", "ended")
    last = told(customer)[-1]
    assert customer.http.delete("/v1/session").status_code == 204
    assert confirm(customer).json() == last
    assert actions(stack, "ended") == 1
