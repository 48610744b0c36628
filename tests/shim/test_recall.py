"""Does recall answer what is the same, and nothing that only looks alike?"""

import time

import numpy as np
import pytest

from pyshim.language.guards import negated
from pyshim.language.numerals import numbers
from pyshim.layers.l6_recall import Recall
from pyshim.tenants.compile import composer
from pyshim.tenants.schema import Question, Tenant
from pyshim.turns.turn import Reply, Turn
from pyshim.understanding import faq
from tests.shim.conftest import snapshot_of, version_of

NEAR, FAR = np.array([1, 0], np.float32), np.array([0, 1], np.float32)


class Embeds:
    """Embeds everything to the same place."""

    async def embed(self, texts: list[str], version: str) -> np.ndarray:
        return np.stack([NEAR] * len(texts))


async def recall(shop: Tenant, query: str, questions: list[Question], embedding: np.ndarray | None) -> Reply | None:
    tenant = Tenant(**{name: getattr(shop, name) for name in shop.__struct_fields__} | {"faq": questions})
    layer, version = Recall(None), version_of(snapshot_of(tenant))  # type: ignore[arg-type]  # it asks nobody
    await faq.build(version, [tenant], Embeds())
    assert faq.built(version, [tenant])
    turn = Turn("t", tenant, composer(tenant), "u", query, time.monotonic() + 1, embedding=embedding, version=version)
    return await layer.answer(turn)


FAQ = [Question(["满100减多少"], "减 10"), Question(["满300减多少"], "减 50"), Question(["运费险哪些不赔"], "这些不赔")]


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("满300块能减多少", "减 50"),
        ("满一百减多少", "减 10"),
        ("满200减多少", None),
        ("哪些情况不赔", "这些不赔"),
        ("哪些情况赔", None),
    ],
)
async def test_numbers_and_negation_must_agree(shop: Tenant, query: str, answer: str | None) -> None:
    reply = await recall(shop, query, FAQ, NEAR)
    assert (reply.answer if reply else None) == answer


async def test_what_is_not_near_enough_is_not_recalled(shop: Tenant) -> None:
    assert await recall(shop, "满300减多少", FAQ, FAR) is None


async def test_without_an_embedding_nothing_is_recalled(shop: Tenant) -> None:
    assert await recall(shop, "满300减多少", FAQ, None) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("满300减50", {300, 50}),
        ("三天和3天", {3}),
        ("１０ｋｇ", {10}),
        ("十二期免息吗", {12}),
        ("满三百块减几块", {300}),
        ("一万五千元", {15000}),
        ("二零二三年", {2023}),
        ("29.9元", {29.9}),
        ("请问一下，能一起发吗，十分感谢", set()),
        ("一个月", set()),
        ("一期", {1}),
        ("没有数", set()),
        ("1万2和12,000元", {12000}),
        ("一百二", {120}),
        ("两万多怎么还", {"两万多"}),
        ("大陆手机号能参加吗", set()),
    ],
)
def test_numbers_whatever_their_script(text: str, found: set[float]) -> None:
    assert numbers(text) == found


@pytest.mark.parametrize(
    ("text", "is_negated"), [("能不能退", False), ("不能退", True), ("有没有货", False), ("没有货", True), ("是不是不赔", True)]
)
def test_a_yes_no_question_denies_nothing(text: str, is_negated: bool) -> None:
    assert negated(text) == is_negated
