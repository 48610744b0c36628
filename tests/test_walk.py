"""The README's walk: one turn answered by each layer, in order, on the real stack."""

import re
from dataclasses import dataclass

import httpx
import pytest

from pyshim.funnel import LAYERS
from pyshim.settings import ROOT
from tests.conftest import Stack

pytestmark = pytest.mark.real

README = (ROOT / "README.md").read_text(encoding="utf-8")
EDGE = ["l1_screen", "l2_meter", "l3_hot"]


@dataclass(frozen=True)
class Step:
    query: str
    given: str
    layer: str
    status: int
    intent: str | None


def steps() -> list[Step]:
    """The rows of the README's table."""
    table = README[README.index("| a customer sends |") :].split("\n\n")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    return [Step(query, given, layer, int(status), intent or None) for query, given, layer, status, intent in rows]


def headers(stack: Stack, given: str) -> dict[str, str]:
    if given == "no token":
        return {}
    token = {"Authorization": f"Bearer {stack.token()}"}
    name, found, value = given.partition(": ")
    return token | {name: value} if found else token


@pytest.mark.parametrize("step", steps(), ids=lambda step: f"{step.layer}-{step.query}")
def test_a_turn_is_answered_where_the_readme_says(stack: Stack, step: Step) -> None:
    answer = httpx.post(f"{stack.url}/v1/chat", json={"query": step.query}, headers=headers(stack, step.given), timeout=10)
    assert (answer.status_code, answer.headers["X-Answered-By"]) == (step.status, step.layer)
    if step.status == 200:
        assert answer.json()["answered_by"] == step.layer
        assert answer.json()["intent"] == step.intent
    assert passed(answer) == reached(step.layer)


def passed(answer: httpx.Response) -> list[str]:
    """The layers the turn went through, as Server-Timing has them."""
    return re.findall(r"(l\d_\w+);dur=", answer.headers["Server-Timing"])


def reached(layer: str) -> list[str]:
    """Every layer down to the one that answers, in order."""
    order = EDGE + [one.name for one in LAYERS]
    return order[: order.index(layer) + 1]


def test_the_walk_visits_every_layer_that_can_answer_in_order() -> None:
    visited = list(dict.fromkeys(step.layer for step in steps()))
    assert visited == [*EDGE, "l5_dialogue", "l6_recall", "l7_fallback"]  # l4_understand never answers by itself


def test_the_order_in_question_is_answered_from_the_back_ends_data(stack: Stack) -> None:
    answer = stack.customer().ask("我的订单20231105什么时候到")["answer"]
    assert "20231105" in answer
    assert "11 月 12 日" in answer


def test_a_whole_refund_over_several_turns(stack: Stack) -> None:
    customer = stack.customer()
    assert "订单号" in customer.ask("我要退款")["answer"]
    assert "原因" in customer.ask("20231107")["answer"]
    assert "运费" in (aside := customer.ask("对了，退货运费谁出"))["answer"]
    assert "申请退款" in aside["answer"]
    confirm = customer.ask("杯子碎了")
    assert "20231107" in confirm["answer"]
    assert "质量问题" in confirm["answer"]
    done = customer.ask("确认")
    assert re.search(r"受理号 TK\d+", done["answer"])
    last = customer.http.get("/v1/intents/refund_apply/last").json()
    assert last["answer"] == done["answer"]
