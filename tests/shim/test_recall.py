"""Does recall answer what is the same, and nothing that only looks alike?"""

import time
from dataclasses import replace

import msgspec
import numpy as np
import pytest

from pyshim.layers.l6_recall import Recall
from pyshim.tenants.compile import composer
from pyshim.tenants.schema import Question, Tenant, Thresholds
from pyshim.turns.turn import Reply, Turn
from pyshim.understanding import faq
from pyshim.understanding.grams import BUCKETS
from pyshim.understanding.likeness import FEATURES
from pyshim.understanding.recall import Judge
from pyshim.understanding.version import Version
from tests.shim.conftest import snapshot_of, version_of

NEAR, FAR = np.array([1, 0], np.float32), np.array([0, 1], np.float32)
ASIDE = np.array([0.75, 0.66], np.float32)


class Embeds:
    """Embeds everything to the same place."""

    async def embed(self, texts: list[str], version: str) -> np.ndarray:
        return np.stack([NEAR] * len(texts))


def _judged(version: Version, by: Judge | None) -> Version:
    version.model = replace(version.model, judge=by)
    return version


async def recall(
    shop: Tenant, query: str, questions: list[Question], embedding: np.ndarray | None, by: Judge | None = None
) -> Reply | None:
    tenant = Tenant(**{name: getattr(shop, name) for name in shop.__struct_fields__} | {"faq": questions})
    layer, version = Recall(None), _judged(version_of(snapshot_of(tenant)), by)  # type: ignore[arg-type]  # it asks nobody
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


def judge(threshold: float) -> Judge:
    """Believes in the cosine alone: cosine 1 is likely, 0 is not."""
    weights = np.zeros(FEATURES + 1, np.float32)
    weights[0], weights[-1] = 8.0, -4.0
    zeros, ones = np.zeros(FEATURES, np.float32), np.ones(FEATURES, np.float32)
    return Judge(np.full(BUCKETS, 40, np.uint8), zeros, ones, weights, threshold)


@pytest.mark.parametrize(
    ("query", "embedding", "answer"),
    [
        ("满300块能减多少", ASIDE, "减 50"),
        ("三百二能减多少", ASIDE, "减 50"),
        ("满200减多少", ASIDE, None),
        ("满300块能减多少", FAR, None),
    ],
)
async def test_a_judge_answers_where_the_amounts_fit(shop: Tenant, query: str, embedding: np.ndarray, answer: str | None) -> None:
    reply = await recall(shop, query, FAQ[1:2], embedding, judge(0.8))
    assert (reply.answer if reply else None) == answer


async def test_a_tenant_may_ask_for_more_than_its_judge_does(shop: Tenant) -> None:
    sure = await recall(shop, "满300能减多少", FAQ[1:2], ASIDE, judge(0.8))
    assert sure is not None
    assert 0.8 < sure.confidence < 0.9
    about = msgspec.structs.replace(shop.about, thresholds=Thresholds(recall=0.9))
    strict = msgspec.structs.replace(shop, about=about)
    assert await recall(strict, "满300能减多少", FAQ[1:2], ASIDE, judge(0.8)) is None
