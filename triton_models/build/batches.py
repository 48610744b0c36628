"""Which sentences meet in a training step?

A batch draws intents evenly, then a group of each and two sentences of that group, so that every sentence meets a
paraphrase (a group of one meets itself). Each is made noisy. What is drawn follows from the seed and the number of the step
alone, so that a training that was broken off goes on as if it had not been.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt
from random import Random
from statistics import median

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor

from triton_models.build.noise import noisy, slip
from triton_models.build.pieces import Chance, Pieces
from triton_models.build.task import Example, Task

SLICE = 64


@dataclass(frozen=True)
class Batch:
    """ids: the n sentences, shortest first, in slices int64 [64, tokens] that need little padding; intent and
    group int64 [n]; apart bool [n, labels]: what each is told apart from."""

    ids: list[Tensor]
    intent: Tensor
    group: Tensor
    apart: Tensor


def slices(texts: list[str], tokenizer: Tokenizer | Chance) -> list[Tensor]:
    """Token ids of texts in their order, padded within slices of 64."""
    parts = [texts[start : start + SLICE] for start in range(0, len(texts), SLICE)]
    return [torch.tensor([one.ids for one in tokenizer.encode_batch(part)]) for part in parts]


class Sampler:
    def __init__(self, task: Task, tokenizer: Tokenizer, seed: int) -> None:
        self.task, self._seed = task, seed
        self._tokenizer = tokenizer
        self._pieces = None if task.noisy or not Pieces.can_cut(tokenizer) else Pieces(tokenizer)
        self._noise: Callable[[str, Random], str] = noisy if task.noisy else slip
        self._apart = lru_cache(maxsize=None)(task.apart)
        grouped: dict[str, dict[tuple[int, str], list[str]]] = defaultdict(lambda: defaultdict(list))
        for example in task.train:
            grouped[example.intent][example.group, example.said_to].append(example.text)
        self._groups = {intent: list(groups.items()) for intent, groups in grouped.items()}
        usual = median(len(groups) for groups in self._groups.values())
        copies = {intent: max(1, round(sqrt(len(groups) / usual))) for intent, groups in self._groups.items()}
        self._deck = [intent for intent, count in copies.items() for _ in range(count)]
        self._shuffled = lru_cache(maxsize=2)(self._shuffle)

    def draw(self, step: int, pairs: int) -> list[Example]:
        """Two noisy sentences of each of so many groups."""
        random = Random(f"{self._seed} {step}")
        drawn = []
        for place in range(step * pairs, (step + 1) * pairs):
            intent = self._intent_at(place)
            (number, said_to), sentences = random.choice(self._groups[intent])
            for text in _two_of(sentences, random):
                drawn.append(Example(self._noise(text, random), intent, number, said_to))
        return drawn

    def batch(self, step: int, pairs: int) -> Batch:
        return self.batch_of(self.draw(step, pairs), step)

    def batch_of(self, drawn: list[Example], step: int) -> Batch:
        """A batch of what was drawn here or elsewhere."""
        said = sorted(drawn, key=lambda one: len(one.text))
        return Batch(
            ids=slices([one.text for one in said], self._cutting(step)),
            intent=torch.tensor([self.task.index[one.intent] for one in said]),
            group=torch.tensor([one.group for one in said]),
            apart=torch.from_numpy(np.stack([self._apart(one.intent, one.said_to) for one in said])),
        )

    def _cutting(self, step: int) -> Tokenizer | Chance:
        return self._tokenizer if self._pieces is None else self._pieces.by(Random(f"{self._seed} pieces {step}"))

    def _intent_at(self, place: int) -> str:
        """Every intent, shuffled, before any comes again; one with many more groups than usual comes more than once."""
        turn, at = divmod(place, len(self._deck))
        return self._shuffled(turn)[at]

    def _shuffle(self, turn: int) -> list[str]:
        deck = list(self._deck)
        Random(f"{self._seed} deck {turn}").shuffle(deck)
        return deck


def _two_of(sentences: list[str], random: Random) -> list[str]:
    if len(sentences) == 1:
        return [*sentences, *sentences]
    return random.sample(sentences, 2)
