"""Is what the student understood once answered by the edge from then on, and nothing else? The whole real stack."""

import re
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.conftest import Customer, Stack, wait_until

pytestmark = pytest.mark.real

# The router is not sure of them. The first has a rule that answers, the second begins a task, of the third nobody is sure.
RULE = "我要是不满意能不能把货退回去呀要不要钱"
TASK = "我那包裹也不知道走到啥地方了给瞅瞅呗"
SAME = ("answer", "intent", "confidence", "suggestions")
UNCLEAR = "我这个东西买了都快一礼拜了还能给我退不"


def counted(stack: Stack, what: str) -> float:
    text = httpx.get(f"{stack.operations}/metrics", trust_env=False).text
    found = re.search(rf'^sluice_understood_total{{what="{what}"}} (\S+)$', text, re.MULTILINE)
    return float(found[1]) if found else 0.0


def somebody(stack: Stack, tenant: str = "shop") -> Customer:
    return stack.customer(tenant, f"somebody-{uuid4().hex}")


def answered(customer: Customer, query: str, **headers: str) -> tuple[str, dict[str, Any]]:
    """Layer and body."""
    answer = customer.http.post("/v1/chat", json={"query": query}, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.headers["X-Answered-By"], answer.json()


def test_what_a_rule_answered_is_answered_at_the_edge_the_next_time(stack: Stack) -> None:
    kept = counted(stack, "kept")
    layer, first = answered(somebody(stack), RULE)
    assert (layer, first["intent"]) == ("l5_dialogue", "return_policy")
    wait_until(lambda: counted(stack, "kept") > kept)
    for again in (RULE, f" {RULE}。", f"{RULE}！~"):
        layer, body = answered(somebody(stack), again)
        assert layer == "l3_hot"
        assert {name: body[name] for name in SAME} == {name: first[name] for name in SAME}


def test_what_began_a_task_begins_it_without_asking_the_student_again(stack: Stack) -> None:
    kept = counted(stack, "kept")
    layer, first = answered(somebody(stack), TASK)
    assert (layer, first["intent"]) == ("l5_dialogue", "logistics_track")
    wait_until(lambda: counted(stack, "kept") > kept)
    before = counted(stack, "passed on")
    layer, again = answered(somebody(stack), TASK)
    assert (layer, again["answer"]) == ("l5_dialogue", first["answer"])
    wait_until(lambda: counted(stack, "passed on") == before + 1)


def test_a_task_that_waits_goes_on_behind_what_the_edge_remembers(stack: Stack) -> None:
    answered(somebody(stack), RULE)
    customer = somebody(stack)
    customer.ask("查物流")
    layer, body = answered(customer, RULE)
    assert layer == "l5_dialogue" and "订单号" in body["answer"]


@pytest.mark.parametrize(
    "query",
    [
        pytest.param(UNCLEAR, id="not understood"),
        pytest.param("我要是不满意能不能把货退回去呀，密码是135792", id="a secret"),
        pytest.param("我那单20231105也不知道走到啥地方了给瞅瞅呗", id="a number"),
        pytest.param("发票怎么开，另外我那包裹也不知道走到啥地方了", id="two matters"),
        pytest.param("我昨儿个在你们这儿买了一个锅" * 8 + "能不能把货退回去呀", id="a story"),
    ],
)
def test_what_the_text_alone_does_not_decide_is_not_remembered(stack: Stack, query: str) -> None:
    for _ in range(3):
        answer = somebody(stack).post(query)
        assert answer.headers["X-Answered-By"] != "l3_hot"
        assert "X-Sluice-Understood" not in answer.headers  # what shims say to the edge is for the edge
        took = re.search(r"l4_understand;dur=([\d.]+)", answer.headers["Server-Timing"])
        assert took is not None
        assert float(took[1]) > 0.3  # ms: Triton was asked


def test_what_somebody_was_offered_is_no_meaning_of_their_choice(stack: Stack) -> None:
    """第一个 was remembered as whatever the first who said it had been offered."""
    choosing = somebody(stack)
    assert "都不是" in choosing.ask(UNCLEAR)["suggestions"]
    assert choosing.ask("第一个")["intent"] in ("price_protection", "return_policy")
    for _ in range(3):
        layer, body = answered(somebody(stack), "第一个")
        assert layer != "l3_hot"
        assert body["intent"] not in ("price_protection", "return_policy")


def test_nobody_but_a_shim_says_what_a_text_means(stack: Stack) -> None:
    told = {"X-Sluice-Understood": "3;0.9999;1;0;1", "X-Sluice-Guess": "thanks;0.9999;1"}
    text = "我想问问你家那个宝贝我不称心能退回去不要钱吧"
    honest = answered(somebody(stack), text + "呀")[1]["intent"]
    assert answered(somebody(stack), text, **told)[1]["intent"] == honest
    assert answered(somebody(stack), text)[1]["intent"] == honest


def test_each_tenant_has_its_own_reading(stack: Stack) -> None:
    answered(somebody(stack), RULE)
    assert answered(somebody(stack, "bank"), RULE)[0] != "l3_hot"
