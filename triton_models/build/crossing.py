"""How much does a figure owe to which sentences measure?

cross_validated(project, work, count): the training sentences' groups are dealt into so many parts; each part measures a student
that has learned from all others, made by the steps up to INT8 in a work folder of its own. Batches that measure stay apart from
all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from triton_models.build import steps
from triton_models.build.corpus import Corpus
from triton_models.build.project import Project
from triton_models.build.split import HELD, parts
from triton_models.build.work import Work

UNTIL = "quantise"


def cross_validated(project: Project, work: Work, count: int) -> dict[str, Any]:
    learned = [group for group in project.corpus.groups if group.batch not in HELD]
    found = []
    for number, apart in enumerate(parts(learned, count), start=1):
        rest = tuple(group for group in learned if group not in set(apart))
        fold = replace(project, known=Corpus(rest + project.faq.groups), held=Corpus(apart))
        folder = work.folder.with_name(f"{work.folder.name}.fold{number}of{count}")
        one = replace(fold.work(folder, work.base, work.seed, work.plans), texts=work.texts, checkpoint=work.checkpoint)
        steps.run(one, UNTIL)
        found.append(one.figures(UNTIL)["accuracy"])
        print(f"fold {number} of {count}: {found[-1]:.2%}", flush=True)
    return {"count": count, "accuracy": spread(found)}


def spread(each: Sequence[float]) -> dict[str, Any]:
    """spread: the standard deviation of one."""
    deviation = float(np.std(each, ddof=1)) if len(each) > 1 else 0.0
    return {"each": list(each), "mean": round(float(np.mean(each)), 4), "spread": round(deviation, 4)}
