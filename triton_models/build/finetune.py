"""How does a version go on to the next one with a few new sentences?

    begin(version, additions, replay, seed, plan, work) -> Renewal, or CorpusError or CheckpointError
    renewal.folds(count) -> figures of so many students, each of which has not heard another part of the new sentences
    renewal.place(folder, command, folds) writes a whole version

The version's folder is all that is needed beside the sentences it learned from: its INT8 weights are where it goes on
(unpack.py). Where a work folder holds the weights that became this very file, those are. One fifth of the new groups measures
and is not learned from, unless folds have measured: then all are. What was before and after is measured on the same sentences,
as it is served.
"""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from pyshim.language.router import Router
from pyshim.understanding.student import Encoder as Exported
from pyshim.words.offence import SHEET, TABLE
from triton_models.build import export, measure, ngrams, resume, unpack
from triton_models.build.additions import Additions
from triton_models.build.card import Made, card
from triton_models.build.corpus import Corpus, CorpusError, Group
from triton_models.build.crossing import spread
from triton_models.build.examine import examine
from triton_models.build.measure import Floats
from triton_models.build.network import Architecture, Encoder
from triton_models.build.project import Project
from triton_models.build.propose import knows_the_dialogues, propose
from triton_models.build.resume import Plan, Sentences
from triton_models.build.shipped import asking
from triton_models.build.split import parts
from triton_models.build.steps import routed
from triton_models.build.task import of_corpus
from triton_models.build.tenancy import Tenancy
from triton_models.build.use import Shape, Use
from triton_models.build.work import write

FIFTH = 5
UNKNOWN_LABEL = -1e4  # what a version that does not know a label says of it
SHOWN = ("accuracy", "macro_f1", "out_of_scope_recall", "ece")


@dataclass(frozen=True)
class Learned:
    """A student that went on, the file made of it, and what it took in s."""

    network: Encoder | Use
    file: Path
    seconds: float


@dataclass
class Renewal:
    """version: where it goes on. old: the sentences it learned from, and those that measure; new: those that came. labels: of the
    version. begun: its network with the labels of both."""

    version: Path
    old: Project
    new: Additions
    labels: list[str]
    begun: Encoder | Use
    seed: int
    plan: Plan
    seconds: dict[str, float] = field(default_factory=dict)

    @cached_property
    def tenancy(self) -> Tenancy:
        return Tenancy.of(Corpus(self.old.corpus.groups + self.new.corpus.groups))

    @cached_property
    def tokenizer(self) -> Tokenizer:
        return Tokenizer.from_file(str(self.version / "tokenizer.json"))

    @property
    def rows(self) -> list[int]:
        """Which label of the version's each label is; -1: none."""
        return [self.labels.index(label) if label in self.labels else -1 for label in self.tenancy.labels]

    def project(self, apart: tuple[Group, ...]) -> Project:
        """All sentences but those that are kept apart."""
        learned = tuple(group for group in self.new.corpus.groups if group not in apart)
        whole = Corpus(self.old.corpus.groups + self.new.corpus.groups)
        return Project(whole, self.old.faq, Corpus(self.old.known.groups + learned), self.old.held, self.tenancy)

    def sentences(self, project: Project) -> Sentences:
        return Sentences(of_corpus("project", project.known, project.held, self.tenancy), len(self.old.known.groups))

    def student(self, project: Project, folder: Path) -> Learned:
        began = time.monotonic()
        network = resume.student(self.begun, self.sentences(project), self.tokenizer, self.plan, self.seed)
        full, small = folder / "full.onnx", folder / "student.onnx"
        export.export(network, full)
        export.quantise(full, small)
        full.unlink()
        return Learned(network, small, round(time.monotonic() - began, 1))

    def folds(self, count: int) -> dict[str, Any]:
        """accuracy on validation and on the part that each has not heard: of each, mean and spread (standard deviation)."""
        found = []
        for number, apart in enumerate(parts(self.new.corpus.groups, count), start=1):
            if not apart:
                raise CorpusError(
                    f"{len(self.new.corpus.groups)} meaning groups are new; {count} at least are wanted for {count} folds"
                )
            with TemporaryDirectory() as folder:
                told = self.figures(self.student(self.project(apart), Path(folder)).file, self.version / "tokenizer.json", apart)
            before = self.figures(self.version / "student.onnx", self.version / "tokenizer.json", apart)["new"]["right"]
            found.append((told["accuracy"], told["new"]["right"], before))
            print(f"fold {number} of {count}: {found[-1][0]:.2%} on validation, {found[-1][1]:.1%} of the new", flush=True)
        validation, new, known = (spread(column) for column in zip(*found, strict=True))
        return {"count": count, "validation": validation, "new_sentences": new, "new_sentences_before": known}

    def figures(self, student: Path, tokenizer: Path, apart: tuple[Group, ...]) -> dict[str, Any]:
        """Of a student's file: validation's, and how much of the new sentences that are kept apart it gets right."""
        known = Exported.load(student, tokenizer)
        return self._figures(lambda texts: self._all_labels(known.read(texts)[0].astype(np.float64)), apart)

    def router_figures(self, path: Path, apart: tuple[Group, ...]) -> dict[str, Any]:
        known = Router.load(path)
        return self._figures(lambda texts: self._all_labels(routed(known, texts)), apart)

    def _figures(self, ask: Any, apart: tuple[Group, ...]) -> dict[str, Any]:
        judge = self.project(apart).judge()
        found = judge.figures(ask(judge.texts))
        reads = found["temperature"], found["foreign"]
        return {name: found[name] for name in SHOWN} | {"new": self._right(ask, Corpus(apart), reads)}

    def _right(self, ask: Any, apart: Corpus, reads: tuple[float, float]) -> dict[str, float | int]:
        """Each is asked of every tenant that has its intent."""
        if not apart.groups:
            return {"right": 0.0, "questions": 0}
        logits, hits = ask(measure.sentences_of(apart)), list[bool]()
        for asked in measure.questions(apart, self.tenancy, asking(self.tenancy)[0]):
            guess = measure.heard(logits, asked, self.tenancy.out_of_scope, *reads).argmax(axis=1)
            hits += (guess == asked.label)[asked.native].tolist()
        return {"right": round(float(np.mean(hits)), 4) if hits else 0.0, "questions": len(hits)}

    def _all_labels(self, logits: Floats) -> Floats:
        """logits [n, labels of the version or of both] -> [n, labels of both]."""
        if logits.shape[1] == len(self.rows):
            return logits
        known: NDArray[np.float64] = np.where(np.array(self.rows) >= 0, logits[:, self.rows], UNKNOWN_LABEL)
        return known

    def place(self, folder: Path, command: str, folds: dict[str, Any] | None, gpu: bool = False) -> dict[str, Any]:
        """Writes all files of a version; what the card says of the step is returned."""
        began = time.monotonic()
        apart = () if folds else parts(self.new.corpus.groups, FIFTH)[0]
        project = self.project(apart)
        learned = self.student(project, folder)
        self.seconds["student"] = learned.seconds
        if gpu:
            export.export(learned.network, folder / "full.onnx")
            export.halve(folder / "full.onnx", folder / "student.fp16.onnx")
            (folder / "full.onnx").unlink()
        with self._timed("router"):
            known = ngrams.unpacked(Router.load(self.version / "router.bin"), np.array(self.rows))
            ngrams.write(
                resume.router(known, learned.network, self.sentences(project), self.tokenizer, self.plan, self.seed),
                folder / "router.bin",
            )
        for name in ("tokenizer.json", TABLE, SHEET):
            if (self.version / name).exists():
                shutil.copyfile(self.version / name, folder / name)
        shutil.copyfile(Path(__file__).with_name("triton_model.py"), folder / "model.py")
        write(folder / "labels.txt", "\n".join(self.tenancy.labels))
        with self._timed("propose"):
            proposed = propose(folder, self.seed) if knows_the_dialogues(self.tenancy) else {}
        with self._timed("calibrate"):
            student, router = (
                Exported.load(folder / "student.onnx", folder / "tokenizer.json"),
                Router.load(folder / "router.bin"),
            )
            side = examine(project.held, self.tenancy, student, router)
        write(folder / "calibration.json", json.dumps(side.calibration, indent=2))
        told = self._told(folder, apart, folds)
        made = Made(project, self.seed, command, {"propose": proposed} if proposed else {}, round(time.monotonic() - began))
        write(folder / "card.json", json.dumps(card(made, side, folder) | {"fine_tuned": told}, indent=2, ensure_ascii=False))
        return told

    def _told(self, folder: Path, apart: tuple[Group, ...], folds: dict[str, Any] | None) -> dict[str, Any]:
        before, after = self.version, folder
        known = json.loads((before / "card.json").read_text(encoding="utf-8"))
        return {
            "from": {"version": before.name, "commit": known.get("commit"), "data_sha256": known.get("data_sha256")},
            "new": {**_counts(self.new.corpus.groups), "intents": list(self.new.intents), "sha256": self.new.corpus.digest},
            "kept_apart": _counts(apart),
            "student": {
                "before": self.figures(before / "student.onnx", before / "tokenizer.json", apart),
                "after": self.figures(after / "student.onnx", after / "tokenizer.json", apart),
            },
            "router": {
                "before": self.router_figures(before / "router.bin", apart),
                "after": self.router_figures(after / "router.bin", apart),
            },
            **({"folds": folds} if folds else {}),
            "seconds": self.seconds,
        }

    def _timed(self, what: str) -> _Timed:
        return _Timed(what, self.seconds)


@dataclass
class _Timed:
    what: str
    seconds: dict[str, float]
    began: float = 0.0

    def __enter__(self) -> None:
        print(f"{self.what} ...", flush=True)
        self.began = time.monotonic()

    def __exit__(self, *_: object) -> None:
        self.seconds[self.what] = round(time.monotonic() - self.began, 1)


def brief(told: dict[str, Any]) -> str:
    """What a place() told, in two lines."""
    lines = []
    for what in ("student", "router"):
        before, after = told[what]["before"], told[what]["after"]
        line = f"{what}: {before['accuracy']:.2%} before and {after['accuracy']:.2%} now on validation"
        new = f", {before['new']['right']:.1%} and {after['new']['right']:.1%} of the new sentences it has not heard"
        lines.append(line + (new if after["new"]["questions"] else ""))
    return "\n".join(lines)


def begin(version: Path, new: Additions, replay: Corpus, seed: int, plan: Plan, work: Path) -> Renewal:
    old = Project.of(replay)
    labels = (version / "labels.txt").read_text(encoding="utf-8").split()
    lost = sorted(set(labels) - set(old.tenancy.labels) - set(new.intents))
    if lost:
        raise CorpusError(
            f"{version} knows {', '.join(lost)}, and --replay has no sentences of that; what it learned from is wanted"
        )
    network = _kept(version, work) or unpack.network(version)
    renewal = Renewal(version, old, new, labels, network, seed, plan)
    renewal.begun = resume.relabelled(network, renewal.rows)
    return renewal


def _kept(version: Path, work: Path) -> Encoder | Use | None:
    """The weights that became this very file, where they are still there."""
    served = (version / "student.onnx").read_bytes()
    for path in sorted(work.glob("*/student.onnx")):
        if (path.parent / "embed.pt").exists() and path.read_bytes() == served:
            stored = torch.load(path.parent / "embed.pt", weights_only=True)
            shape = {**stored["shape"], "heads": tuple(stored["shape"]["heads"])}
            network = Use(Shape(**shape)) if "bag" in shape else Encoder(Architecture(**shape))
            network.load_state_dict(stored["weights"])
            return network.eval()
    return None


def _counts(groups: tuple[Group, ...]) -> dict[str, int]:
    return {"sentences": sum(len(group.sentences) for group in groups), "groups": len(groups)}
