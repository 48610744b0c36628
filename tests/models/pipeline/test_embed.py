"""Does the embedding learn what is near, and from nothing that it is measured with?"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from triton_models.build import datasets, embed
from triton_models.build.embed import Plan, Seen, learn

PLAN = Plan(steps=60, rate=3e-2, pairs=12, dropout=0.0, same_intent=0.25)


def seen(**others: object) -> Seen:
    """Four groups of two intents; features say the group only together with noise."""
    generator = torch.Generator().manual_seed(3)
    group = np.repeat(np.arange(4), 3)
    features = torch.randn(4, 8, generator=generator)[group] * 0.7 + torch.randn(12, 8, generator=generator)
    empty = torch.zeros(0, 8)
    parts = {"features": features, "intent": group // 2, "group": group, "broad": np.zeros(12, bool)}
    return Seen(**{**parts, "one": empty, "other": empty, "score": torch.zeros(0), **others})  # type: ignore[arg-type]


def head() -> nn.Linear:
    torch.manual_seed(4)
    return nn.Linear(8, 16)


def embedded(layer: nn.Linear, features: torch.Tensor) -> torch.Tensor:
    return functional.normalize(layer(features), dim=1).detach()


def within_group(layer: nn.Linear, of: Seen) -> float:
    """How much nearer sentences of a group are than others."""
    cosine = embedded(layer, of.features) @ embedded(layer, of.features).T
    same = torch.from_numpy(of.group[:, None] == of.group)
    return float(cosine[same].mean() - cosine[~same].mean())


def test_sentences_of_a_group_come_nearer():
    layer, known = head(), seen()
    before = within_group(layer, known)
    learn(layer, known, PLAN, 1)
    assert within_group(layer, known) > before + 0.15


def test_the_same_seed_gives_the_same_head():
    one, other = head(), head()
    learn(one, seen(), PLAN, 1)
    learn(other, seen(), PLAN, 1)
    assert torch.equal(one.weight, other.weight)


def test_graded_pairs_are_put_in_the_order_that_people_gave():
    generator = torch.Generator().manual_seed(5)
    one, other = (torch.randn(10, 8, generator=generator) for _ in range(2))
    score = torch.arange(10.0)
    layer = head()

    def agreement() -> float:
        return embed.spearman((embedded(layer, one) * embedded(layer, other)).sum(1).numpy(), score.numpy())

    before = agreement()
    learn(layer, seen(one=one, other=other, score=score), PLAN, 1)
    assert agreement() > max(before, 0.8)


def test_what_is_learned_from_and_what_measures_share_no_sentence(monkeypatch):
    monkeypatch.delenv("SLUICE_DATASETS")
    try:
        datasets.folder()
    except datasets.NoDataset as error:
        pytest.skip(str(error))
    learned, measured = embed.graded()
    assert len(measured.score) > 100 < len(learned.score)
    assert not {*learned.one, *learned.other} & {*measured.one, *measured.other}
