"""From which score on may an answer be trusted?

temperature: the student's logits are divided by it, so that a confidence of 0.8 is right four times in five.
router_thresholds: for each tenant the lowest score at which 97 % of what the router would answer is right. It would
answer whatever scores as much and is not out_of_scope; it is asked own, general and other tenants' sentences.
recall_threshold: the lowest cosine at which 95 % of nearest neighbours belong to the same meaning group.
All three are found on validation, and never under the floors below.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from triton_models.build.measure import Floats, Questions, shares

ROUTER_PRECISION, ROUTER_FLOOR = 0.97, 0.5
RECALL_PRECISION, RECALL_FLOOR = 0.95, 0.5
NEVER = 1.01


def temperature(logits: Floats, asked: list[Questions]) -> float:
    """The one of 0.30, 0.32 .. 3.00 under which the right labels are likeliest."""
    candidates = np.arange(0.30, 3.001, 0.02)
    return round(float(min(candidates, key=lambda t: _surprise(logits, asked, t))), 2)


def _surprise(logits: Floats, asked: list[Questions], temperature: float) -> float:
    total = 0.0
    for one in asked:
        share = shares(logits[one.row], one.seen, temperature)
        total -= float(np.log(share[np.arange(len(one.row)), one.label] + 1e-12).mean())
    return total


def lowest_precise(score: Floats, right: NDArray[np.bool_], wanted: float, floor: float) -> float:
    """The lowest score, rounded up to 0.01, from which on at least the wanted share is right; 1.01 where none is."""
    for candidate in np.arange(round(floor * 100), 101) / 100:
        above = score >= candidate
        if above.any() and right[above].mean() >= wanted:
            return float(candidate)
    return NEVER


def router_answers(logits: Floats, one: Questions, out_of_scope: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Of each question: the router's score, 0 where it has nothing to say, and whether its guess is right."""
    share = shares(logits[one.row], one.seen, 1.0)
    guess = share.argmax(axis=1)
    score = np.where(guess == out_of_scope, 0.0, share.max(axis=1))
    return score, guess == one.label


def router_threshold(logits: Floats, one: Questions, out_of_scope: int) -> float:
    score, right = router_answers(logits, one, out_of_scope)
    return lowest_precise(score, right, ROUTER_PRECISION, ROUTER_FLOOR)


def recall_threshold(embedding: Floats, group: NDArray[np.int64]) -> float:
    """embedding [n, 128] of length one; group int64 [n]."""
    cosine = embedding @ embedding.T
    np.fill_diagonal(cosine, -1.0)
    nearest = cosine.argmax(axis=1)
    return lowest_precise(cosine.max(axis=1), group == group[nearest], RECALL_PRECISION, RECALL_FLOOR)
