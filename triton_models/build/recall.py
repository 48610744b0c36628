"""How does recall learn what is the same?

learn(examples) -> a Judge without its threshold, which tells the entry that answers from the others, where there is one: a
logistic regression, since networks of one layer were no better on FAQs they had not seen, and worse where few answers may be
wrong. taught(...) finds the threshold as if each tenant were new: what was learned from the others' FAQs alone is asked the
tenant's, in the proportions of KNOWN, since most turns that come to l6_recall have no entry; from the threshold on PRECISION of
its answers are right. What is placed has learned from all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pyshim.understanding.likeness import FEATURES, Entries
from pyshim.understanding.recall import NEVER, Judge
from pyshim.understanding.student import Encoder
from triton_models.build.recall_lesson import LEFT, Asked, Faq, Floats32, Material, asked, digest, held
from triton_models.build.task import Example

PRECISION, FLOOR = 0.95, 0.3
PRECISIONS = (PRECISION, 0.9, 0.8)  # that the card speaks of
KNOWN = {"known": 0.3, "twin": 0.1, "strange": 0.6}  # of the questions that come
NEW = 3  # an entry's wordings before are trained on or nearly
FULL = 5  # wordings left of an entry, as in the shipped FAQs

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Plan:
    data: str = field(default_factory=digest)
    rounds: int = len(LEFT)
    strange: int = 800
    steps: int = 15
    drawn: float = 100.0

    def quick(self) -> Plan:
        return replace(self, rounds=1, strange=40)


@dataclass(frozen=True)
class Answers:
    """Of each question: the best candidate's probability, whether it is right, whether there is an entry, and its weight."""

    score: Floats
    right: NDArray[np.bool_]
    known: NDArray[np.bool_]
    weight: Floats


def learn(examples: Iterable[Asked], rarity: NDArray[np.uint8], plan: Plan) -> Judge:
    """Newton's steps of a logistic regression; every weight but the bias is drawn to 0."""
    rows = [(one, candidate) for one in examples for candidate in one.candidates]
    features = np.array([candidate.features for _, candidate in rows])
    mean, scale = features.mean(0), features.std(0) + 1e-6
    seen = np.column_stack(((features - mean) / scale, np.ones(len(rows))))
    same = np.array([float(candidate.number == one.right) for one, candidate in rows])
    drawn = np.append(np.full(FEATURES, plan.drawn), 1e-9)
    weights = np.zeros(FEATURES + 1)
    for _ in range(plan.steps):
        probability = 1 / (1 + np.exp(-(seen @ weights)))
        slope = seen.T @ (probability - same) + drawn * weights
        weights -= np.linalg.solve((seen * (probability * (1 - probability))[:, None]).T @ seen + np.diag(drawn), slope)
    return Judge(rarity, mean.astype(np.float32), scale.astype(np.float32), weights.astype(np.float32), NEVER)


def answers(judge: Judge, examples: list[Asked], shares: dict[str, float] | None = None) -> Answers:
    """shares: of each kind of question, whatever their numbers are; default: as many as there are."""
    score, right = np.zeros(len(examples)), np.zeros(len(examples), dtype=bool)
    for row, one in enumerate(examples):
        if one.candidates:
            probability = judge.probability(one.candidates)
            best = int(probability.argmax())
            score[row], right[row] = probability[best], one.candidates[best].number == one.right
    kinds = np.array([one.kind for one in examples])
    weight = np.ones(len(examples))
    for kind, share in (shares or {}).items():
        weight[kinds == kind] = share / max(1, (kinds == kind).sum())
    return Answers(score, right, np.array([one.right >= 0 for one in examples]), weight)


def lowest(found: Answers, precision: float = PRECISION) -> float:
    """The lowest probability from which on so much is right; NEVER where none is."""
    order = np.argsort(-found.score, kind="stable")
    right = np.cumsum((found.weight * found.right)[order]) / np.cumsum(found.weight[order])
    good = np.flatnonzero(right >= precision)
    return float(found.score[order][good[-1]]) if len(good) else NEVER


def figures(found: Answers, threshold: float) -> dict[str, float]:
    """right: the likeliest entry is, of the questions that have one; found_at_95: of them, where the threshold is the lowest with
    which 95 % of these answers are right, and so on; found and precision: at the threshold."""

    def share(mask: NDArray[np.bool_], of: NDArray[np.bool_]) -> float:
        total = float(found.weight[of].sum())
        return round(float(found.weight[mask & of].sum()) / total, 4) if total else 0.0

    every, said = np.ones(len(found.score), dtype=bool), found.score >= threshold
    return {
        "right": share(found.right, found.known),
        **{
            f"found_at_{precision:.0%}".rstrip("%"): share(found.right & (found.score >= lowest(found, precision)), found.known)
            for precision in PRECISIONS
        },
        "found": share(found.right & said, found.known),
        "precision": share(found.right, every & said),
    }


def taught(known: Sequence[Example], student: Encoder, plan: Plan, seed: int) -> tuple[Judge, dict[str, Any]]:
    """A judge with its threshold, and how good it is: crossed, on FAQs it did not learn from; held, on the questions that were
    written to measure with, by tenant and overall."""
    material = Material.of(known)
    row_of = _embedded(student, material.texts)
    examples = list(asked(material, row_of, seed, plan.rounds, plan.strange))
    scores: list[Answers] = []
    for tenant in material.faqs:
        judge = learn([one for one in examples if one.whose != tenant], material.rarity, plan)
        mine = [one for one in examples if one.whose == tenant and one.left == FULL and _new(one, material.faqs[tenant])]
        scores.append(answers(judge, mine, KNOWN))
    together = _together(scores)
    threshold = max(FLOOR, round(min(NEVER, lowest(together) + 0.005), 2))
    judge = replace(learn(examples, material.rarity, plan), threshold=threshold)
    thresholds = {f"{precision:.0%}": round(lowest(together, precision), 2) for precision in PRECISIONS}
    found = {"threshold": threshold, "thresholds": thresholds, "examples": len(examples), "crossed": figures(together, threshold)}
    return judge, found | {"held": measured(judge, student, material.faqs)}


def _together(parts: list[Answers]) -> Answers:
    columns = ([getattr(one, column.name) for one in parts] for column in fields(Answers))
    return Answers(*(np.concatenate(column) for column in columns))


def measured(judge: Judge, student: Encoder, faqs: dict[str, Faq]) -> dict[str, dict[str, float]]:
    """On the held questions, half of which have no entry."""
    every: list[Asked] = []
    told = {}
    for tenant, faq in faqs.items():
        numbered = [(wording, number) for number, entry in enumerate(faq) for wording in entry]
        rows = held(tenant)
        texts = [wording for wording, _ in numbered] + [text for text, _ in rows]
        embedding = student.read(texts)[1]
        entries = Entries(numbered, embedding[: len(numbered)], judge.rarity)
        first = {entry[0]: number for number, entry in enumerate(faq)}
        mine = [
            Asked(tenant, "held", text, first.get(wording, -1), FULL, entries.alike(text, row))
            for (text, wording), row in zip(rows, embedding[len(numbered) :], strict=True)
        ]
        every += mine
        told[tenant] = figures(answers(judge, mine), judge.threshold)
    return told | {"overall": figures(answers(judge, every), judge.threshold)}


def _new(one: Asked, faq: Faq) -> bool:
    return one.kind == "strange" or any(one.text in entry[NEW:] for entry in faq)


def _embedded(student: Encoder, texts: list[str]) -> dict[str, Floats32]:
    return dict(zip(texts, student.read(texts)[1], strict=True))
