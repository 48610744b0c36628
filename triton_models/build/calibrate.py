"""From which score on may an answer be trusted?

temperature: the student's logits are divided by it, so that a confidence of 0.8 is right four times in five.
foreign: by what the share of an intent that the tenant does not have is multiplied. Training shows all tenants' sentences alike;
a bank's customers hardly ever ask for SIM cards (measure.PRIOR). Found together with temperature; student and router use it.
router_thresholds: for each tenant the lowest score at which 97 % of what the router would answer is right. It would
answer whatever scores as much and is a rule of the tenant's; it is asked in the proportions of life.
recall_threshold: the lowest cosine at which 95 % of recalled answers are right. The last wording of each FAQ entry of the
shipped tenants, never trained on, looks for the others, numbers and negation agreeing as when serving; the out_of_scope
sentences of validation look for any and should find none. Where no cosine is that precise, the one above the worst
mistake: then only near copies are recalled.
The other two are found on validation. None is ever under the floors below.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pyshim.language.guards import agree
from triton_models.build.measure import Floats, Questions, competing, heard

ROUTER_PRECISION, ROUTER_FLOOR = 0.97, 0.5
RECALL_PRECISION, RECALL_FLOOR = 0.95, 0.5
NEVER = 1.01
TEMPERATURES = tuple(np.arange(0.30, 3.001, 0.02))
FOREIGN = (1.0, 0.5, 0.3, 0.2, 0.1, 0.07, 0.05, 0.03, 0.02, 0.01)


@dataclass(frozen=True)
class Wordings:
    """Questions of FAQs: text, whose, which entry of the FAQ, and embedding float64 [n, 128] of length one."""

    text: list[str]
    tenant: list[str]
    entry: list[int]
    embedding: Floats


def reading(logits: Floats, asked: list[Questions], out_of_scope: int) -> tuple[float, float]:
    """temperature of 0.30, 0.32 .. 3.00 and foreign of FOREIGN under which the right labels are likeliest."""
    coarse = TEMPERATURES[::5]
    _, near, foreign = min((_surprise(logits, asked, out_of_scope, t, f), t, f) for t in coarse for f in FOREIGN)
    close = [t for t in TEMPERATURES if abs(t - near) < 0.1]
    return round(float(min(close, key=lambda t: _surprise(logits, asked, out_of_scope, t, foreign))), 2), foreign


def _surprise(logits: Floats, asked: list[Questions], out_of_scope: int, temperature: float, foreign: float) -> float:
    total = 0.0
    for one in asked:
        share = heard(logits, one, out_of_scope, temperature, foreign)
        total -= float((one.weight * np.log(share[np.arange(len(one.row)), one.label] + 1e-12)).sum())
    return total


def lowest_precise(score: Floats, right: NDArray[np.bool_], wanted: float, floor: float, weight: Floats | None = None) -> float:
    """The lowest score, rounded up to 0.01, from which on at least the wanted share is right; 1.01 where none is."""
    weight = np.ones(len(score)) if weight is None else weight
    for candidate in np.arange(round(floor * 100), 101) / 100:
        above = score >= candidate
        if above.any() and np.average(right[above], weights=weight[above]) >= wanted:
            return float(candidate)
    return NEVER


def router_answers(logits: Floats, one: Questions, foreign: float) -> tuple[Floats, NDArray[np.bool_]]:
    """Of each question: the router's score, 0 where it has nothing to say, and whether its guess is right."""
    share = competing(logits, one, 1.0, foreign)
    guess = share.argmax(axis=1)
    score = np.where(one.hot[guess], share.max(axis=1), 0.0)
    return score, guess == one.label


def router_threshold(logits: Floats, one: Questions, foreign: float) -> float:
    score, right = router_answers(logits, one, foreign)
    return lowest_precise(score, right, ROUTER_PRECISION, ROUTER_FLOOR, one.weight)


def recall_threshold(faq: Wordings, strangers: Floats) -> float:
    """faq: the wordings of every tenant; strangers [n, 128]: embeddings of questions that are in nobody's FAQ."""
    found: list[tuple[float, bool]] = []
    for tenant in sorted(set(faq.tenant)):
        known = [row for row, owner in enumerate(faq.tenant) if owner == tenant]
        last = [row for row in known if row + 1 not in known or faq.entry[row + 1] != faq.entry[row]]
        trained = [row for row in known if row not in last]
        for row in last:
            alike = [other for other in trained if agree(faq.text[other], faq.text[row])]
            found += _recalled(faq, alike, faq.embedding[row], faq.entry[row])
        for stranger in strangers:
            found += _recalled(faq, known, stranger, None)
    score, right = (np.array(column) for column in zip(*found, strict=True))
    precise = lowest_precise(score, right, RECALL_PRECISION, RECALL_FLOOR)
    return precise if precise < NEVER else round(float(np.ceil(score[~right].max() * 100) / 100), 2)


def _recalled(faq: Wordings, known: list[int], asked: Floats, entry: int | None) -> list[tuple[float, bool]]:
    """Cosine of the nearest known wording, and whether it is of the entry; nothing where none is known."""
    if not known:
        return []
    near = faq.embedding[known] @ asked
    best = int(near.argmax())
    return [(float(near[best]), faq.entry[known[best]] == entry)]
