"""What do the files of a version say about the validation sentences?

examine(...) asks the student and the router every sentence once and finds the thresholds that follow; table() and
at_threshold() turn the answers into figures. Nothing here needs torch: a committed version can be examined anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from triton_models.build import calibrate, measure
from triton_models.build.corpus import Corpus
from triton_models.build.encoder import Encoder
from triton_models.build.measure import Floats, Questions
from triton_models.build.tenancy import Tenancy
from triton_models.router import Router


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
    asked = measure.questions(held, tenancy)
    group = np.array([number for number, one in enumerate(held.groups) for _ in one.sentences])
    thresholds = {one.tenant: calibrate.router_threshold(routed, one, tenancy.out_of_scope) for one in asked}
    calibration = {
        "temperature": calibrate.temperature(logits, asked),
        "router_thresholds": thresholds,
        "recall_threshold": calibrate.recall_threshold(embedding, group),
    }
    return Side(tenancy, asked, logits, routed, calibration)


def table(logits: Floats, side: Side) -> dict[str, Any]:
    """Figures of each tenant and overall."""
    each = {one.tenant: measure.figures(logits, one, side.tenancy.out_of_scope) for one in side.asked}
    cards = {tenant: figures.as_card() for tenant, figures in each.items()}
    return {**cards, "overall": measure.overall(list(each.values())).as_card()}


def at_threshold(side: Side) -> dict[str, Any]:
    """Coverage and precision of the router where it is allowed to answer."""
    return {one.tenant: _answering(one, side) for one in side.asked}


def _answering(one: Questions, side: Side) -> dict[str, float]:
    score, right = calibrate.router_answers(side.routed, one, side.tenancy.out_of_scope)
    answered = score >= side.calibration["router_thresholds"][one.tenant]
    precision = float(right[answered].mean()) if answered.any() else 0.0
    return {"coverage": round(float(answered[one.native].mean()), 4), "precision": round(precision, 4)}
