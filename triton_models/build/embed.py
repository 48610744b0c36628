"""When are two sentences near?

When they ask the same: paraphrases of a group, then sentences of an intent. The student stays as it is; only what turns its
features into the EMBEDDING learns on, from features that are computed once. Where the public retrieval queries and graded pairs
are at hand it learns from them, too: a query should find its positives before its hard negatives, and a pair should be as
near as people found it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from triton_models.build import datasets, losses
from triton_models.build.task import Example

Floats32 = NDArray[np.float32]


@dataclass(frozen=True)
class Plan:
    steps: int = 1500
    rate: float = 1e-3
    pairs: int = 96
    noisy_copies: int = 2
    temperature: float = 0.1
    same_intent: float = 1.0
    graded: float = 1.0
    dropout: float = 0.1


@dataclass(frozen=True)
class Graded:
    """Pairs of sentences, and how alike people found them, 1 to 5."""

    one: list[str]
    other: list[str]
    score: list[float]


def retrieval() -> list[Example]:
    """Queries of jddc_intent/retrieval_dev with their intents, each a group of its own; none that jddc_intent's validation
    asks. Raises NoDataset."""
    data = datasets.folder()
    measured = {text for text, _ in datasets.pairs(data / "jddc_intent/valid.tsv")}
    queries = [one for one in datasets.lines(data / "jddc_intent/retrieval_dev.jsonl") if one["text"] not in measured]
    return [Example(one["text"], one["intent"], number) for number, one in enumerate(queries)]


def graded(held_share: float = 0.4) -> tuple[Graded, Graded]:
    """jddc_sts in two parts that share no sentence: to learn from, and to measure with. Raises NoDataset."""
    rows = datasets.rows(datasets.folder() / "jddc_sts/dev.tsv")
    order = list(range(len(rows)))
    Random("jddc_sts").shuffle(order)
    held = set(order[: round(len(rows) * held_share)])
    asked = {rows[row][side] for row in held for side in ("text_a", "text_b")}
    free = [row for row in order if row not in held and not {rows[row]["text_a"], rows[row]["text_b"]} & asked]

    def part(chosen: list[int]) -> Graded:
        picked = [rows[row] for row in chosen]
        return Graded([r["text_a"] for r in picked], [r["text_b"] for r in picked], [float(r["score"]) for r in picked])

    return part(free), part(sorted(held))


@dataclass(frozen=True)
class Seen:
    """Features of sentences float32 [n, width], their intents and meaning groups int64 [n]; broad bool [n]: the intent says
    little. one, other: features of graded pairs, score [pairs] 0 to 1."""

    features: Tensor
    intent: NDArray[np.int64]
    group: NDArray[np.int64]
    broad: NDArray[np.bool_]
    one: Tensor
    other: Tensor
    score: Tensor


def learn(head: nn.Linear, seen: Seen, plan: Plan, seed: int) -> None:
    """head [width -> embedding] learns in place."""
    optimizer = torch.optim.AdamW(head.parameters(), lr=plan.rate, weight_decay=0.01)
    batches = _batches(seen, plan, seed)
    for step in range(plan.steps):
        for group in optimizer.param_groups:
            group["lr"] = plan.rate * (1 - step / plan.steps)
        torch.manual_seed(seed * 1_000_003 + step)
        rows = next(batches)
        group, intent, loose = (torch.from_numpy(column[rows]) for column in (seen.group, seen.intent, seen.broad))
        embedding = _embed(head, seen.features[rows], plan.dropout)
        loss = losses.together(embedding, group, intent, loose, plan.temperature, plan.same_intent)
        if len(seen.score):
            cosine = (_embed(head, seen.one, plan.dropout) * _embed(head, seen.other, plan.dropout)).sum(1)
            loss = loss + plan.graded * _unlike(cosine, seen.score)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    print(f"  embedding {plan.steps}/{plan.steps}: loss {loss.item():.3f}", flush=True)


def _embed(head: nn.Linear, features: Tensor, dropout: float) -> Tensor:
    return functional.normalize(head(functional.dropout(features, dropout)), dim=1)


def _batches(seen: Seen, plan: Plan, seed: int) -> Iterator[NDArray[np.int64]]:
    """Rows of two sentences of each of so many groups; a group of one brings one of its intent."""
    random = Random(f"{seed} embed")
    by_group, by_intent = defaultdict(list), defaultdict(list)
    for row, (group, intent) in enumerate(zip(seen.group, seen.intent, strict=True)):
        by_group[group].append(row)
        by_intent[intent].append(row)
    intents = sorted(by_intent)
    while True:
        rows = []
        for intent in random.choices(intents, k=plan.pairs):
            first = random.choice(by_intent[intent])
            mates = by_group[seen.group[first]]
            rows += [first, random.choice(mates if len(mates) > 1 else by_intent[intent])]
        yield np.array(sorted(set(rows)))


def _unlike(cosine: Tensor, score: Tensor) -> Tensor:
    """How far the order of the cosines is from the order people gave (CoSENT: every pair of pairs, softly)."""
    apart = (cosine[None, :] - cosine[:, None]) * 20
    wrong = apart.masked_fill(score[:, None] <= score[None, :], -torch.inf).flatten()
    return torch.cat((torch.zeros(1), wrong)).logsumexp(0)


def spearman(one: Floats32, other: NDArray[np.float64]) -> float:
    """Rank correlation, ties sharing their mean rank."""
    return float(np.corrcoef(_ranks(one), _ranks(other))[0, 1])


def _ranks(values: NDArray[Any]) -> NDArray[np.float64]:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = counts.cumsum()
    mean: NDArray[np.float64] = ((last - counts + last - 1) / 2)[inverse]
    return mean
