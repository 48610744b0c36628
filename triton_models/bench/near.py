"""Do the scores know what they do not know, and is what is near the same?

auroc: how surely an out-of-scope question scores above one that has an answer. nearest: of the share of questions whose nearest
known sentence is nearest of all, how many share its intent.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pyshim.understanding.student import Encoder
from triton_models.build.task import Task

HIT_RATE = 0.20


def auroc(inside: NDArray[Any], outside: NDArray[Any]) -> float:
    """Area under the curve of telling outside (higher) from inside; ties count half."""
    both = np.concatenate((inside, outside))
    _, inverse, counts = np.unique(both, return_inverse=True, return_counts=True)
    last = counts.cumsum()
    ranks = ((last - counts + 1 + last) / 2)[inverse]
    above = ranks[len(inside) :].sum() - len(outside) * (len(outside) + 1) / 2
    return round(float(above / (len(inside) * len(outside))), 4)


def strangeness(logits: NDArray[Any], temperature: float, outside: int) -> dict[str, NDArray[np.float64]]:
    """Ways to say how strange a question is, higher the stranger, float64 [n] each. outside: the column of the label that
    says so itself."""
    scaled = logits.astype(np.float64) / temperature
    known = np.delete(scaled, outside, axis=1)
    top, energy = known.max(axis=1), _log_sum(known)
    return {
        "share of out of scope": np.exp(scaled[:, outside] - _log_sum(scaled)),
        "one minus the highest known share": 1 - np.exp(top - _log_sum(scaled)),
        "negative energy of what is known": -energy,
    }


def _log_sum(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    top = scores.max(axis=1)
    total: NDArray[np.float64] = top + np.log(np.exp(scores - top[:, None]).sum(axis=1))
    return total


def nearest_precision(encoder: Encoder, task: Task) -> dict[str, float]:
    """Every held question looks for its nearest training sentence; of the fifth that is nearest, the share of equal intents."""
    known = encoder.read([example.text for example in task.train])[1]
    asked = encoder.read([example.text for example in task.held])[1]
    near = asked @ known.T
    best, cosine = near.argmax(axis=1), near.max(axis=1)
    right = np.array([task.train[row].intent == example.intent for row, example in zip(best, task.held, strict=True)])
    hit = np.argsort(-cosine, kind="stable")[: round(len(right) * HIT_RATE)]
    return {
        "hit_rate": HIT_RATE,
        "precision": round(float(right[hit].mean()), 4),
        "threshold": round(float(cosine[hit].min()), 4),
    }
