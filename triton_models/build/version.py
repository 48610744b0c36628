"""What goes into a version folder?

assemble(project, work, command, folder) takes what the steps have made, finds the thresholds, and writes all files of a
version, card.json last, with honest figures of the very files that lie beside it.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from pyshim.language.router import Router
from pyshim.understanding import proposer
from pyshim.understanding.folder import IncompleteVersion
from pyshim.understanding.recall import FILE, save
from pyshim.understanding.student import Encoder
from triton_models.build.card import Made, card, commit, sizes
from triton_models.build.corpus import Corpus
from triton_models.build.examine import Side, at_coverage, at_threshold, examine, student_coverage, table
from triton_models.build.measure import PRIOR
from triton_models.build.project import Project
from triton_models.build.propose import knows_the_dialogues, propose
from triton_models.build.recall import Plan, taught
from triton_models.build.router_speed import router_speed
from triton_models.build.split import split
from triton_models.build.steps import CONFIRMER, STEPS, run_alone
from triton_models.build.task import examples
from triton_models.build.tenancy import Tenancy
from triton_models.build.work import Work

MADE = ("student.onnx", "router.bin")  # by the steps
HALVED = "student.fp16.onnx"


def assemble(
    project: Project, work: Work, command: str, folder: Path, gpu: bool = False, folds: dict[str, Any] | None = None
) -> None:
    """gpu: put the 16-bit file in, too. folds: what crossing.py found."""
    shutil.copyfile(work.base / "tokenizer.json", folder / "tokenizer.json")
    for path in (work.folder / CONFIRMER).glob("*"):  # nothing where there was nothing to learn it from
        shutil.copyfile(path, folder / path.name)
    for name in (*MADE, *([HALVED] if gpu else [])):
        shutil.copyfile(work.folder / name, folder / name)
    if (work.folder / FILE).exists():
        shutil.copyfile(work.folder / FILE, folder / FILE)
    student = Encoder.load(folder / "student.onnx", folder / "tokenizer.json")
    side = examine(project.held, project.tenancy, student, Router.load(folder / "router.bin"))
    shutil.copyfile(Path(__file__).with_name("triton_model.py"), folder / "model.py")
    _write(folder / "labels.txt", "\n".join(project.tenancy.labels))
    proposed = propose(folder, work.seed) if knows_the_dialogues(project.tenancy) else {}
    _write(folder / "calibration.json", json.dumps(side.calibration, indent=2))
    steps = {step: work.figures(step) for step in STEPS} | ({"propose": proposed} if proposed else {})
    seconds = round(sum(work.seconds(step) for step in STEPS))
    made = Made(project, work.seed, command, steps, seconds)
    told = card(made, side, folder) | ({"folds": folds} if folds else {})
    _write(folder / "card.json", json.dumps(told, indent=2, ensure_ascii=False))


def recalibrate(corpus: Corpus, folder: Path) -> None:
    """Finds a version's thresholds anew, and what judges recall, after tenants changed what they say. Neither student nor router
    changes."""
    student = Encoder.load(folder / "student.onnx", folder / "tokenizer.json")
    known_side, held = split(corpus)
    side = examine(held, Tenancy.of(corpus), student, Router.load(folder / "router.bin"))
    known = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    judge, known["recall"] = taught(examples(known_side), student, Plan(), known["seed"])
    save(judge, folder)
    known["recall"]["learned"] = commit()
    _examined(known, side, folder)


def route_anew(project: Project, work: Work, folder: Path) -> None:
    """Learns the router of a version anew, after the plan or the text at hand changed, and finds the thresholds anew. The work
    must be what the version was made by; what else lies in the folder does not change."""
    made = work.folder / "student.onnx"
    if not made.exists() or made.read_bytes() != (folder / "student.onnx").read_bytes():
        raise IncompleteVersion(f"{folder}: its student was not made in {work.folder}")
    run_alone(work, "router")
    shutil.copyfile(work.folder / "router.bin", folder / "router.bin")
    student = Encoder.load(folder / "student.onnx", folder / "tokenizer.json")
    side = examine(project.held, project.tenancy, student, Router.load(folder / "router.bin"))
    known = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    known["steps"]["router"] = work.figures("router") | {"learned": commit()}
    speed = router_speed(folder / "router.bin", work.judge.texts) | {"bytes": (folder / "router.bin").stat().st_size}
    known["steps"]["speed"]["router"] = speed
    _examined(known, side, folder)


def _examined(known: dict[str, Any], side: Side, folder: Path) -> None:
    """The thresholds and a card with what was found."""
    known["bytes"] = sizes(folder)
    known["validation"] |= {"student_int8": table(side.logits, side), "router": table(side.routed, side)}
    known["validation"]["router_at_threshold"] = at_threshold(side)
    known["validation"]["router_coverage"] = at_coverage(side)
    known["validation"]["student_coverage"] = student_coverage(side)
    known["prior"] = dict(zip(("own", "out_of_scope", "foreign"), PRIOR, strict=True))
    _write(folder / "calibration.json", json.dumps(side.calibration, indent=2))
    _write(folder / "card.json", json.dumps(known, indent=2, ensure_ascii=False))


def propose_anew(folder: Path, seed: int) -> None:
    """Makes a version's proposer anew, after dialogues were written. What else lies in the folder does not change."""
    known = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    known["steps"]["propose"] = propose(folder, seed)
    known["bytes"][proposer.FILE] = (folder / proposer.FILE).stat().st_size
    _write(folder / "card.json", json.dumps(known, indent=2, ensure_ascii=False))


def _write(path: Path, text: str) -> None:
    path.write_text(text + "\n", encoding="utf-8")
