"""What is the router taught?

Every training sentence, as written and in noisy copies. What it should answer is half the true label and half the
teacher's own softmax over what the sentence is told apart from: so it learns where the teacher is unsure, too. Of text that has
no label (unlabelled.py) it learns what the teacher says, apart from everything.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from triton_models.build.batches import Sampler
from triton_models.build.measure import shares
from triton_models.build.task import Task

TRUE_LABEL_SHARE = 0.5
TEACHER_TEMPERATURE = 0.6  # the teacher learns smoothed labels, so that its shares are flatter than its skill
PAIRS_AT_ONCE = 64


@dataclass(frozen=True)
class Said:
    """Sentences to learn from, n, and what each means."""

    texts: list[str]
    intents: list[str]
    said_to: list[str]


@dataclass(frozen=True)
class Lesson:
    """texts n; wanted float32 [n, labels]: shares that sum to one; seen bool [n, labels]: what each is told apart from."""

    texts: list[str]
    wanted: NDArray[np.float32]
    seen: NDArray[np.bool_]


def said(sampler: Sampler, pairs: int) -> Said:
    """Every training sentence, and noisy ones of so many pairs."""
    drawn = [one for step in range(pairs // PAIRS_AT_ONCE) for one in sampler.draw(step, PAIRS_AT_ONCE)]
    drawn += sampler.task.train
    return Said([one.text for one in drawn], [one.intent for one in drawn], [one.said_to for one in drawn])


def lesson(spoken: Said, logits: NDArray[np.float32], task: Task) -> Lesson:
    """logits [n, labels]: what the teacher says of the texts."""
    whose = list(zip(spoken.intents, spoken.said_to, strict=True))
    apart = {one: task.apart(*one) for one in set(whose)}
    seen = np.stack([apart[one] for one in whose])
    wanted = (1 - TRUE_LABEL_SHARE) * shares(logits.astype(np.float64), seen, TEACHER_TEMPERATURE)
    wanted[np.arange(len(spoken.texts)), [task.index[intent] for intent in spoken.intents]] += TRUE_LABEL_SHARE
    return Lesson(spoken.texts, wanted.astype(np.float32), seen)


def overheard(texts: list[str], logits: NDArray[np.float32]) -> Lesson:
    """Of texts without a label; logits [n, labels]: what the teacher says of them."""
    seen = np.ones(logits.shape, dtype=bool)
    return Lesson(texts, shares(logits.astype(np.float64), seen, TEACHER_TEMPERATURE).astype(np.float32), seen)


def together(one: Lesson, other: Lesson) -> Lesson:
    wanted, seen = np.concatenate([one.wanted, other.wanted]), np.concatenate([one.seen, other.seen])
    return Lesson(one.texts + other.texts, wanted, seen)
