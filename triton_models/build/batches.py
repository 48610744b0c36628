"""Which sentences meet in a training step?

A batch draws intents evenly, then a group of each and two sentences of that group, so that every sentence meets a
paraphrase. Each is made noisy. It is told apart from all labels but its twins in other tenants.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from math import sqrt
from random import Random
from statistics import median

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from triton_models.build.corpus import Corpus, Group
from triton_models.build.noise import noisy
from triton_models.build.tenancy import Tenancy

SLICE = 64


@dataclass(frozen=True)
class Batch:
    """ids: the n sentences, shortest first, in slices int64 [64, tokens] that need little padding; intent and
    group int64 [n]; apart bool [n, labels]: what each is told apart from."""

    ids: list[Tensor]
    intent: Tensor
    group: Tensor
    apart: Tensor


@dataclass(frozen=True)
class Said:
    """A sentence as it was typed."""

    text: str
    intent: str
    group: int


def slices(texts: list[str], tokenizer: Tokenizer) -> list[Tensor]:
    """Token ids of texts in their order, padded within slices of 64."""
    parts = [texts[start : start + SLICE] for start in range(0, len(texts), SLICE)]
    return [torch.tensor([one.ids for one in tokenizer.encode_batch(part)]) for part in parts]


class Sampler:
    def __init__(self, corpus: Corpus, tenancy: Tenancy, tokenizer: Tokenizer, seed: int) -> None:
        self._tokenizer, self._random = tokenizer, Random(seed)
        self._index = {label: index for index, label in enumerate(tenancy.labels)}
        self._apart = {label: tenancy.apart(label) for label in tenancy.labels}
        self._groups: dict[str, list[tuple[int, Group]]] = defaultdict(list)
        for number, group in enumerate(corpus.groups):
            self._groups[group.intent].append((number, group))
        usual = median(len(groups) for groups in self._groups.values())
        self._copies = {intent: max(1, round(sqrt(len(groups) / usual))) for intent, groups in self._groups.items()}
        self._deck: list[str] = []

    def draw(self, pairs: int) -> list[Said]:
        """Two noisy sentences of each of so many groups."""
        drawn = []
        for _ in range(pairs):
            intent = self._next_intent()
            number, group = self._random.choice(self._groups[intent])
            for text in self._two_of(group.sentences):
                drawn.append(Said(noisy(text, self._random), intent, number))
        return drawn

    def batch(self, pairs: int) -> Batch:
        said = sorted(self.draw(pairs), key=lambda one: len(one.text))
        return Batch(
            ids=slices([one.text for one in said], self._tokenizer),
            intent=torch.tensor([self._index[one.intent] for one in said]),
            group=torch.tensor([one.group for one in said]),
            apart=torch.from_numpy(np.stack([self._apart[one.intent] for one in said])),
        )

    def _next_intent(self) -> str:
        """Every intent, shuffled, before any comes again; one with many more groups than usual comes more than once."""
        if not self._deck:
            self._deck = [intent for intent, copies in self._copies.items() for _ in range(copies)]
            self._random.shuffle(self._deck)
        return self._deck.pop()

    def _two_of(self, sentences: tuple[str, ...]) -> list[str]:
        if len(sentences) == 1:
            return [*sentences, *sentences]
        return self._random.sample(sentences, 2)
