"""What is a version made of, and how good is it?

card(...) -> the contents of card.json: where it came from, its sizes, and its figures on validation. Accuracy and
macro-F1 are over a tenant's own and the general sentences; out_of_scope_recall counts other tenants' sentences too;
router coverage is the share of own and general sentences (and of those that a rule answers) it answers at its
threshold, precision the share of right ones among all its answers, other tenants' sentences included.
"""

from __future__ import annotations

import platform
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from triton_models.build.corpus import Corpus
from triton_models.build.examine import Side, at_threshold, table

LIBRARIES = ("torch", "onnx", "onnxruntime", "tokenizers", "numpy", "pypinyin")


@dataclass(frozen=True)
class Made:
    corpus: Corpus
    faq: Corpus
    known: Corpus
    held: Corpus
    seed: int
    command: str
    parameters: int
    started: float


def card(made: Made, side: Side, full_logits: NDArray[np.float32], folder: Path) -> dict[str, Any]:
    sizes = {name: (folder / name).stat().st_size for name in ("student.onnx", "router.bin", "tokenizer.json")}
    return {
        "command": made.command.strip(),
        "seed": made.seed,
        "data_sha256": made.corpus.digest,
        "faq_sha256": made.faq.digest,
        "split": {"train": _counts(made.known), "validation": _counts(made.held)},
        "tenants": {name: [side.tenancy.labels[i] for i in side.tenancy.columns(name)] for name in side.tenancy.tenants},
        "parameters": made.parameters,
        "bytes": sizes,
        "validation": {
            "student_fp32": table(full_logits.astype(np.float64), side),
            "student_int8": table(side.logits, side),
            "router": table(side.routed, side),
            "router_at_threshold": at_threshold(side),
        },
        "seconds": round(time.monotonic() - made.started),
        "libraries": {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
    }


def _counts(corpus: Corpus) -> dict[str, int]:
    return {"sentences": corpus.sentence_count, "groups": len(corpus.groups)}
