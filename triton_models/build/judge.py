"""How good are these answers?

A judge knows the questions that measure (texts) and turns logits [texts, labels] into figures: accuracy, macro-F1, and the
expected calibration error, at the temperature under which the right labels are likeliest. PlainJudge: every label competes, each
question has one. TenantJudge: each tenant is asked in the proportions of life (measure.py); overall is the mean of tenants.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from triton_models.build import calibrate, measure
from triton_models.build.measure import Floats, Questions
from triton_models.build.task import Task

BINS = 15


class Judge(Protocol):
    @property
    def texts(self) -> list[str]: ...

    def figures(self, logits: NDArray[Any]) -> dict[str, Any]:
        """accuracy, macro_f1 and ece among others."""
        ...


def calibration_error(confidence: Floats, right: NDArray[np.bool_], weight: Floats | None = None) -> float:
    """Expected calibration error over 15 equal bins (Guo et al., 2017)."""
    weight = np.full(len(right), 1 / len(right)) if weight is None else weight
    which = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = [abs(((confidence - right) * weight)[which == one].sum()) for one in np.unique(which)]
    return float(np.sum(gaps))


@dataclass(frozen=True)
class PlainJudge:
    task: Task

    @property
    def texts(self) -> list[str]:
        return [example.text for example in self.task.held]

    def figures(self, logits: NDArray[Any]) -> dict[str, Any]:
        label = np.array([self.task.index[example.intent] for example in self.task.held])
        scores = logits.astype(np.float64)
        everything = np.ones(len(self.task.labels), dtype=bool)
        best = min(calibrate.TEMPERATURES, key=lambda t: _surprise(measure.shares(scores, everything, t), label))
        share = measure.shares(scores, everything, best)
        guess = share.argmax(1)
        return {
            "accuracy": round(float((guess == label).mean()), 4),
            "macro_f1": round(measure.macro_f1(guess, label), 4),
            "ece": round(calibration_error(share.max(1), guess == label), 4),
            "temperature": round(float(best), 2),
            "questions": len(label),
        }


def _surprise(share: Floats, label: NDArray[np.int64]) -> float:
    return -float(np.log(share[np.arange(len(label)), label] + 1e-12).mean())


@dataclass(frozen=True)
class TenantJudge:
    """asked: what each tenant is asked of the texts."""

    texts: list[str]
    asked: list[Questions]
    out_of_scope: int

    def figures(self, logits: NDArray[Any]) -> dict[str, Any]:
        scores = logits.astype(np.float64)
        temperature, foreign = calibrate.reading(scores, self.asked, self.out_of_scope)
        each = {one.tenant: measure.figures(scores, one, self.out_of_scope, temperature, foreign) for one in self.asked}
        overall = measure.overall(list(each.values())).as_card()
        gaps = [self._ece(scores, one, temperature, foreign) for one in self.asked]
        return {
            **overall,
            "ece": round(float(np.mean(gaps)), 4),
            "temperature": temperature,
            "foreign": foreign,
            "tenants": {tenant: figures.as_card() for tenant, figures in each.items()},
        }

    def _ece(self, scores: Floats, one: Questions, temperature: float, foreign: float) -> float:
        share = measure.heard(scores, one, self.out_of_scope, temperature, foreign)
        return calibration_error(share.max(1), share.argmax(1) == one.label, one.weight)
