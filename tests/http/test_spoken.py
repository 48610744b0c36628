"""Is who writes English, or traditional script, answered in it? By POST /v1/chat, at the edge and behind it."""

from uuid import uuid4

import pytest

from pyshim.language import scripts
from tests.conftest import Customer, Stack

pytestmark = pytest.mark.real

ONLY_CHINESE = "(Sorry, we can only answer this in Chinese.)"


def somebody(stack: Stack, tenant: str) -> Customer:
    return stack.customer(tenant, f"spoken-{uuid4().hex}")


@pytest.mark.parametrize(
    ("tenant", "query", "intent"),
    [
        ("shop", "how long does shipping take", "shipping_time"),
        ("shop", "can i return it if i don't like it", "return_policy"),
        ("bank", "what time does the branch open on saturday", "branch_hours"),
        ("telecom", "does roaming work in japan and how much is it", "roaming"),
    ],
)
def test_english_is_answered_in_english(stack: Stack, tenant: str, query: str, intent: str) -> None:
    for _ in range(2):  # by a shim, and by the edge, which remembers
        answer = somebody(stack, tenant).ask(query)
        assert answer["intent"] == intent
        assert not scripts.mostly_chinese(answer["answer"])
        assert ONLY_CHINESE not in answer["answer"]


def test_what_is_there_in_chinese_alone_says_so(stack: Stack) -> None:
    customer = somebody(stack, "shop")
    asked = customer.ask("where is my parcel, has it been shipped")["answer"]
    assert "订单号" in asked
    assert asked.endswith(ONLY_CHINESE)
    assert customer.ask("20231105")["answer"].endswith(ONLY_CHINESE)  # a number is no change of language


def test_traditional_script_is_answered_in_it(stack: Stack) -> None:
    customer = somebody(stack, "shop")
    rule = customer.ask("請問一般幾時發貨呀")
    assert rule["intent"] == "shipping_time"
    assert scripts.of(rule["answer"]) == "hant"
    assert "訂單號" in customer.ask("我想查詢我的包裹到哪了，幫我睇下")["answer"]
    assert "訂單" in customer.ask("20231105")["answer"]  # no change of script either
    assert scripts.of(customer.ask("发货时间是多久呢")["answer"]) == "zh"


def test_the_edge_says_the_same_as_a_shim(stack: Stack) -> None:
    query = "請問一般幾時發貨呀"
    first = somebody(stack, "shop").ask(query)["answer"]
    again = somebody(stack, "shop").ask(query)["answer"]
    busy = somebody(stack, "shop")
    busy.ask("查物流")
    assert first == again
    assert busy.ask(query)["answer"].startswith(first.split("\n")[0])
