"""Which sentences meet in a training step, and as whose?

A batch draws intents evenly, then a group of each and two sentences of that group, so that every sentence meets a
paraphrase. Each is made noisy and said to a tenant: its own three times in four, else another, where it is out of
scope. General sentences are said to any.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from random import Random

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from triton_models.build.corpus import GENERAL, Corpus, Group
from triton_models.build.noise import noisy
from triton_models.build.tenancy import Tenancy

OWN_SHARE = 0.75
SLICE = 64


@dataclass(frozen=True)
class Batch:
    """ids: the n sentences, shortest first, in slices int64 [64, tokens] that need little padding; label, intent and
    group int64 [n]; seen bool [n, labels]: what the tenant sees."""

    ids: list[Tensor]
    label: Tensor
    intent: Tensor
    group: Tensor
    seen: Tensor


@dataclass(frozen=True)
class Said:
    """A sentence as one tenant heard it."""

    text: str
    tenant: str
    label: str
    intent: str
    group: int


def slices(texts: list[str], tokenizer: Tokenizer) -> list[Tensor]:
    """Token ids of texts in their order, padded within slices of 64."""
    parts = [texts[start : start + SLICE] for start in range(0, len(texts), SLICE)]
    return [torch.tensor([one.ids for one in tokenizer.encode_batch(part)]) for part in parts]


class Sampler:
    def __init__(self, corpus: Corpus, tenancy: Tenancy, tokenizer: Tokenizer, seed: int) -> None:
        self._tenancy, self._tokenizer, self._random = tenancy, tokenizer, Random(seed)
        self._index = {label: index for index, label in enumerate(tenancy.labels)}
        self._seen = {tenant: tenancy.mask(tenant) for tenant in tenancy.tenants}
        self._groups: dict[str, list[tuple[int, Group]]] = defaultdict(list)
        for number, group in enumerate(corpus.groups):
            self._groups[group.intent].append((number, group))
        self._deck: list[str] = []

    def said_to(self, intent: str) -> tuple[str, str]:
        """A tenant, and what a sentence of the intent means to it."""
        owner = self._tenancy.owner_of[intent]
        if owner == GENERAL:
            return self._random.choice(self._tenancy.tenants), intent
        if self._random.random() >= OWN_SHARE:
            tenant = self._random.choice(self._tenancy.tenants)
            meaning = self._tenancy.meaning(intent, tenant)
            if meaning is not None:
                return tenant, meaning
        return owner, intent

    def draw(self, pairs: int) -> list[Said]:
        """Two noisy sentences of each of so many groups."""
        drawn = []
        for _ in range(pairs):
            intent = self._next_intent()
            number, group = self._random.choice(self._groups[intent])
            for text in self._two_of(group.sentences):
                tenant, label = self.said_to(intent)
                drawn.append(Said(noisy(text, self._random), tenant, label, intent, number))
        return drawn

    def batch(self, pairs: int) -> Batch:
        said = sorted(self.draw(pairs), key=lambda one: len(one.text))
        return Batch(
            ids=slices([one.text for one in said], self._tokenizer),
            label=torch.tensor([self._index[one.label] for one in said]),
            intent=torch.tensor([self._index[one.intent] for one in said]),
            group=torch.tensor([one.group for one in said]),
            seen=torch.from_numpy(np.stack([self._seen[one.tenant] for one in said])),
        )

    def _next_intent(self) -> str:
        """Every intent once, shuffled, before any comes again."""
        if not self._deck:
            self._deck = list(self._groups)
            self._random.shuffle(self._deck)
        return self._deck.pop()

    def _two_of(self, sentences: tuple[str, ...]) -> list[str]:
        if len(sentences) == 1:
            return [*sentences, *sentences]
        return self._random.sample(sentences, 2)
