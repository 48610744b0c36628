"""What do the files of a version say about the validation sentences?

examine(...) asks the student and the router every sentence once and finds the thresholds that follow; table() and
at_threshold() turn the answers into figures. Nothing here needs torch: a committed version can be examined anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pyshim.language.router import Router
from pyshim.tenants.schema import Tenant
from pyshim.understanding.student import Encoder
from triton_models.build import calibrate, measure
from triton_models.build.corpus import OUT_OF_SCOPE, Corpus
from triton_models.build.measure import Floats, Questions
from triton_models.build.shipped import asking
from triton_models.build.tenancy import TWINS, Tenancy

PRECISIONS = (0.97, 0.99)
CAUTIOUS = 0.96  # a cosine that only near copies reach


@dataclass(frozen=True)
class Side:
    """Answers about validation: logits and routed float64 [sentences, labels]."""

    tenancy: Tenancy
    asked: list[Questions]
    logits: Floats
    routed: Floats
    calibration: dict[str, Any]


def examine(held: Corpus, tenancy: Tenancy, student: Encoder, router: Router) -> Side:
    texts = measure.sentences_of(held)
    logits, embedding = (part.astype(np.float64) for part in student.read(texts))
    silent = np.zeros(router.shape.classes)
    routed = np.stack([silent if (scores := router.logits(text)) is None else scores for text in texts])
    audiences, tenants = asking(tenancy)
    asked = measure.questions(held, tenancy, audiences)
    strange = np.array([intent == OUT_OF_SCOPE for intent in measure.intents_of(held)])
    temperature, foreign = calibrate.reading(logits, asked, tenancy.out_of_scope)
    thresholds = {one.tenant: calibrate.router_threshold(routed, one, foreign) for one in asked}
    calibration = {
        "temperature": temperature,
        "foreign": foreign,
        "twins": [[one, other] for one, other, _ in TWINS],
        "router_thresholds": thresholds,
        "recall_threshold": _recall_threshold(tenants, student, embedding[strange]),
    }
    return Side(tenancy, asked, logits, routed, calibration)


def _recall_threshold(tenants: list[Tenant], student: Encoder, strangers: Floats) -> float:
    """Without a FAQ to find it on, the cautious one."""
    known = any(len(question.wordings) > 1 for one in tenants for question in one.faq)
    return calibrate.recall_threshold(_wordings(tenants, student), strangers) if known else CAUTIOUS


def _wordings(tenants: list[Tenant], student: Encoder) -> calibrate.Wordings:
    rows = [
        (wording, one.id, number) for one in tenants for number, question in enumerate(one.faq) for wording in question.wordings
    ]
    text, tenant, entry = (list(column) for column in zip(*rows, strict=True))
    return calibrate.Wordings(text, tenant, entry, student.read(text)[1].astype(np.float64))


def table(logits: Floats, side: Side) -> dict[str, Any]:
    """Figures of each tenant and overall."""
    reads = side.calibration["temperature"] if logits is side.logits else 1.0, side.calibration["foreign"]
    each = {one.tenant: measure.figures(logits, one, side.tenancy.out_of_scope, *reads) for one in side.asked}
    cards = {tenant: figures.as_card() for tenant, figures in each.items()}
    return {**cards, "overall": measure.overall(list(each.values())).as_card()}


def at_threshold(side: Side) -> dict[str, Any]:
    """Coverage and precision of the router where it is allowed to answer."""
    return {one.tenant: _answering(one, side) for one in side.asked}


def at_coverage(side: Side) -> dict[str, Any]:
    """The share of all questions that router and student would answer at each precision; 0 where no score is that precise."""
    return {
        one.tenant: _covered(*calibrate.router_answers(side.routed, one, side.calibration["foreign"]), one) for one in side.asked
    }


def student_coverage(side: Side) -> dict[str, Any]:
    """The same of the student, which answers all intents."""
    reads = side.calibration["temperature"], side.calibration["foreign"]
    shares = {one.tenant: measure.heard(side.logits, one, side.tenancy.out_of_scope, *reads) for one in side.asked}
    return {
        one.tenant: _covered(share.max(1), share.argmax(1) == one.label, one)
        for one in side.asked
        for share in [shares[one.tenant]]
    }


def _covered(score: Floats, right: NDArray[np.bool_], one: Questions) -> dict[str, float]:
    lowest = {share: calibrate.lowest_precise(score, right, share, 0.01, one.weight) for share in PRECISIONS}
    return {f"{share:.0%}": round(float(one.weight[score >= low].sum()), 4) for share, low in lowest.items()}


def _answering(one: Questions, side: Side) -> dict[str, float]:
    score, right = calibrate.router_answers(side.routed, one, side.calibration["foreign"])
    answered = score >= side.calibration["router_thresholds"][one.tenant]
    precision = float(np.average(right[answered], weights=one.weight[answered])) if answered.any() else 0.0
    rules = one.native & one.hot[one.label]
    return {
        "coverage": round(float(one.weight[answered].sum()), 4),
        "coverage_of_rules": round(float(answered[rules].mean()), 4),
        "precision": round(precision, 4),
    }
