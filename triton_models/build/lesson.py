"""What is the router taught?

Every training sentence, as written and in noisy copies. What it should answer is half the true label and half the
student's own softmax over what the sentence is told apart from: so it learns where the student is unsure, too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from triton_models.build.encoder import Encoder
from triton_models.build.measure import shares
from triton_models.build.tenancy import Tenancy

TRUE_LABEL_SHARE = 0.5
TEACHER_TEMPERATURE = 0.6  # the student learns smoothed labels, so that its shares are flatter than its skill


@dataclass(frozen=True)
class Lesson:
    """texts n; wanted float32 [n, labels]: shares that sum to one; seen bool [n, labels]: what each is told apart from."""

    texts: list[str]
    wanted: NDArray[np.float32]
    seen: NDArray[np.bool_]


def lesson(texts: list[str], intents: list[str], teacher: Encoder, tenancy: Tenancy) -> Lesson:
    apart = {label: tenancy.apart(label) for label in tenancy.labels}
    index = {label: number for number, label in enumerate(tenancy.labels)}
    seen = np.stack([apart[intent] for intent in intents])
    wanted = (1 - TRUE_LABEL_SHARE) * shares(teacher.read(texts)[0].astype(np.float64), seen, TEACHER_TEMPERATURE)
    wanted[np.arange(len(texts)), [index[intent] for intent in intents]] += TRUE_LABEL_SHARE
    return Lesson(texts, wanted.astype(np.float32), seen)
