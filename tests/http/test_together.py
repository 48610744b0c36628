"""Does everybody of a crowd hear their own answer, in their own conversation? Their turns share connections behind the edge."""

import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.conftest import Customer, Stack

pytestmark = pytest.mark.real

CROWD, TURNS = 32, 12
ASKED = ("你好", "一般下单后多久发货", "谢谢", "运费怎么算", "我的订单20231105什么时候到", "支持七天无理由退货吗")


def talk(customer: Customer, seed: int) -> list[tuple[str, dict[str, Any]]]:
    chosen = random.Random(seed)
    said = []
    for seq in range(1, TURNS + 1):
        query = chosen.choice(ASKED)
        said.append((query, customer.ask(query, session_id=f"s{seed}", seq=seq)))
    return said


def test_everybody_hears_their_own_answer_in_their_own_conversation(stack: Stack) -> None:
    customers = [stack.customer(user=f"crowd-{number}") for number in range(CROWD)]
    alone = {query: stack.customer(user=f"alone-{number}").ask(query)["answer"] for number, query in enumerate(ASKED)}
    with ThreadPoolExecutor(CROWD) as pool:
        talks = list(pool.map(talk, customers, range(CROWD)))
    for number, (customer, said) in enumerate(zip(customers, talks, strict=True)):
        assert [turn["answer"] for _, turn in said] == [alone[query] for query, _ in said]
        assert [(turn["session_id"], turn["seq"]) for _, turn in said] == [(f"s{number}", seq) for seq in range(1, TURNS + 1)]
        kept = [(turn["query"], turn["turn_id"]) for turn in reversed(customer.history())]
        assert kept == [(query, turn["turn_id"]) for query, turn in said]
