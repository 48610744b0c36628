"""What is a version made of, and how good is it?

card(...) -> the contents of card.json: where it came from (data, commit, command, seed), what each step of the pipeline measured,
and the figures of the files beside it on validation. Accuracy, coverage and precision count questions as often as they are asked
in life (prior); macro-F1 is over a tenant's own and the general sentences; out_of_scope_recall counts other tenants' sentences,
too; router coverage is the share of all questions (and of those that a rule answers) it answers at its threshold;
router_coverage and student_coverage say what each would answer at 97 % and at 99 % precision; recall is told by recall.py.
"""

from __future__ import annotations

import platform
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from triton_models.build.corpus import Corpus
from triton_models.build.examine import Side, at_coverage, at_threshold, student_coverage, table
from triton_models.build.measure import PRIOR
from triton_models.build.project import Project

LIBRARIES = ("torch", "onnx", "onnxruntime", "tokenizers", "numpy", "pypinyin")
FILES = ("student.onnx", "router.bin", "tokenizer.json", "sensitive.bin", "proposer.npz", "recall.npz")


@dataclass(frozen=True)
class Made:
    """steps: what each step of the pipeline found out."""

    project: Project
    seed: int
    command: str
    steps: dict[str, Any]
    seconds: int


def card(made: Made, side: Side, folder: Path) -> dict[str, Any]:
    project = made.project
    return {
        "command": made.command.strip(),
        "commit": commit(),
        "seed": made.seed,
        "data_sha256": project.corpus.digest,
        "faq_sha256": project.faq.digest,
        "split": {"train": counts(project.known), "validation": counts(project.held)},
        "tenants": {name: [side.tenancy.labels[i] for i in side.tenancy.columns(name)] for name in side.tenancy.tenants},
        "bytes": sizes(folder),
        "steps": {step: found for step, found in made.steps.items() if step != "recall"},
        "prior": dict(zip(("own", "out_of_scope", "foreign"), PRIOR, strict=True)),
        "validation": {
            "student_int8": table(side.logits, side),
            "router": table(side.routed, side),
            "router_at_threshold": at_threshold(side),
            "router_coverage": at_coverage(side),
            "student_coverage": student_coverage(side),
        },
        "recall": made.steps["recall"],
        "seconds": made.seconds,
        "machine": processor(),
        "libraries": {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
    }


def sizes(folder: Path) -> dict[str, int]:
    return {name: (folder / name).stat().st_size for name in FILES if (folder / name).exists()}


def commit() -> str:
    """The commit of the working tree, with "+" where files differ from it; "unknown" outside a repository."""
    here = Path(__file__).parent
    try:
        head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=here, capture_output=True, text=True, check=True)
        changed = subprocess.run(["git", "status", "--porcelain", "-uno"], cwd=here, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return head.stdout.strip() + ("+" if changed.stdout.strip() else "")


def processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def counts(corpus: Corpus) -> dict[str, int]:
    return {"sentences": corpus.sentence_count, "groups": len(corpus.groups)}
