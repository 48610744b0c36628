"""What is a version's file right in, on what measures and on new sentences that it has not heard?

Progress(held, apart, tenancy, labels).student(file, tokenizer) and .router(file) -> figures, before as after: a version that
has not heard of a label takes nothing for it. Validation is asked in the proportions of life; each new sentence of every tenant
that has its intent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from pyshim.language.router import Router
from pyshim.understanding.student import Encoder
from triton_models.build import measure
from triton_models.build.corpus import Corpus
from triton_models.build.judge import TenantJudge
from triton_models.build.measure import Audience, Floats, Questions
from triton_models.build.shipped import asking
from triton_models.build.steps import routed
from triton_models.build.tenancy import Tenancy

SHOWN = ("accuracy", "macro_f1", "out_of_scope_recall", "ece")
UNHEARD = -1e4
Ask = Callable[[list[str]], Floats]


@dataclass(frozen=True)
class Progress:
    """held: what measures; apart: new sentences; labels: those of the version that was gone on from."""

    held: Corpus
    apart: Corpus
    tenancy: Tenancy
    labels: list[str]

    def student(self, file: Path, tokenizer: Path) -> dict[str, Any]:
        known = Encoder.load(file, tokenizer)
        return self._figures(lambda texts: known.read(texts)[0].astype(np.float64))

    def router(self, file: Path) -> dict[str, Any]:
        known = Router.load(file)
        return self._figures(lambda texts: routed(known, texts))

    @cached_property
    def rows(self) -> list[int]:
        """Which of the version's labels each label is; -1: none."""
        return [self.labels.index(label) if label in self.labels else -1 for label in self.tenancy.labels]

    def _figures(self, ask: Ask) -> dict[str, Any]:
        judge = TenantJudge(measure.sentences_of(self.held), self._questions(self.held), self.tenancy.out_of_scope)
        found = judge.figures(self._of_all(ask(judge.texts)))
        told = {name: found[name] for name in SHOWN}
        return told | ({"new": self._new(ask, found["temperature"], found["foreign"])} if self.apart.groups else {})

    def _new(self, ask: Ask, temperature: float, foreign: float) -> dict[str, float | int]:
        logits, hits = self._of_all(ask(measure.sentences_of(self.apart))), list[bool]()
        for asked in self._questions(self.apart):
            guess = measure.heard(logits, asked, self.tenancy.out_of_scope, temperature, foreign).argmax(axis=1)
            hits += (guess == asked.label)[asked.native].tolist()
        return {"right": round(float(np.mean(hits)), 4) if hits else 0.0, "questions": len(hits)}

    @cached_property
    def _audiences(self) -> list[Audience]:
        return asking(self.tenancy)[0]

    def _questions(self, corpus: Corpus) -> list[Questions]:
        return measure.questions(corpus, self.tenancy, self._audiences)

    def _of_all(self, logits: Floats) -> Floats:
        """logits [n, labels of the version, or of both] -> [n, labels of both]."""
        if logits.shape[1] == len(self.rows):
            return logits
        known: Floats = np.where(np.array(self.rows) >= 0, logits[:, self.rows], UNHEARD)
        return known
