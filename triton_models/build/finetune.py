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
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer

from pyshim.language.router import Router
from pyshim.understanding.recall import FILE as JUDGE
from pyshim.understanding.student import Encoder as Exported
from pyshim.words.offence import SHEET, TABLE
from triton_models.build import export, ngrams, resume, unpack
from triton_models.build.additions import Additions
from triton_models.build.card import Made, card, counts
from triton_models.build.corpus import Corpus, CorpusError, Group
from triton_models.build.crossing import spread
from triton_models.build.examine import examine
from triton_models.build.network import Architecture, Encoder
from triton_models.build.progress import Progress
from triton_models.build.project import Project
from triton_models.build.propose import knows_the_dialogues, propose
from triton_models.build.resume import Plan, Sentences
from triton_models.build.split import parts
from triton_models.build.task import of_corpus
from triton_models.build.tenancy import Tenancy
from triton_models.build.use import Shape, Use
from triton_models.build.work import write

FIFTH = 5
LOST = 0.003  # of accuracy: more than another seed makes


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

    def project(self, apart: tuple[Group, ...]) -> Project:
        """All sentences but those that are kept apart."""
        learned = tuple(group for group in self.new.corpus.groups if group not in apart)
        whole = Corpus(self.old.corpus.groups + self.new.corpus.groups)
        return Project(whole, self.old.faq, Corpus(self.old.known.groups + learned), self.old.held, self.tenancy)

    def progress(self, apart: tuple[Group, ...]) -> Progress:
        return Progress(self.old.held, Corpus(apart), self.tenancy, self.labels)

    @cached_property
    def card(self) -> dict[str, Any]:
        """Of the version that it goes on from."""
        told: dict[str, Any] = json.loads((self.version / "card.json").read_text(encoding="utf-8"))
        return told

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
            progress, tokenizer = self.progress(apart), self.version / "tokenizer.json"
            with TemporaryDirectory() as folder:
                told = progress.student(self.student(self.project(apart), Path(folder)).file, tokenizer)
            before = progress.student(self.version / "student.onnx", tokenizer)["new"]["right"]
            found.append((told["accuracy"], told["new"]["right"], before))
            print(f"fold {number} of {count}: {found[-1][0]:.2%} on validation, {found[-1][1]:.1%} of the new", flush=True)
        validation, new, known = (spread(column) for column in zip(*found, strict=True))
        return {"count": count, "validation": validation, "new_sentences": new, "new_sentences_before": known}

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
            known = ngrams.unpacked(Router.load(self.version / "router.bin"), np.array(self.progress(()).rows))
            ngrams.write(
                resume.router(known, learned.network, self.sentences(project), self.tokenizer, self.plan, self.seed),
                folder / "router.bin",
            )
        for name in ("tokenizer.json", TABLE, SHEET, JUDGE):  # what judges recall counts ways to be alike, which stay
            if (self.version / name).exists():
                shutil.copyfile(self.version / name, folder / name)
        shutil.copyfile(Path(__file__).with_name("triton_model.py"), folder / "model.py")
        write(folder / "labels.txt", "\n".join(self.tenancy.labels))
        with self._timed("propose"):
            proposed = propose(folder, self.seed) if knows_the_dialogues(self.tenancy) else {}
        with self._timed("calibrate"):
            student = Exported.load(folder / "student.onnx", folder / "tokenizer.json")
            side = examine(project.held, self.tenancy, student, Router.load(folder / "router.bin"))
        write(folder / "calibration.json", json.dumps(side.calibration, indent=2))
        told = self._told(folder, apart, folds)
        steps = {"recall": self.card.get("recall", {})} | ({"propose": proposed} if proposed else {})
        made = Made(project, self.seed, command, steps, round(time.monotonic() - began))
        write(folder / "card.json", json.dumps(card(made, side, folder) | {"fine_tuned": told}, indent=2, ensure_ascii=False))
        return told

    def _told(self, folder: Path, apart: tuple[Group, ...], folds: dict[str, Any] | None) -> dict[str, Any]:
        known = self.card
        progress, sides = self.progress(apart), {"before": self.version, "after": folder}
        return {
            "from": {"version": self.version.name, "commit": known.get("commit"), "data_sha256": known.get("data_sha256")},
            "new": {**counts(self.new.corpus), "intents": list(self.new.intents), "sha256": self.new.corpus.digest},
            "kept_apart": counts(Corpus(apart)),
            "student": {name: progress.student(at / "student.onnx", at / "tokenizer.json") for name, at in sides.items()},
            "router": {name: progress.router(at / "router.bin") for name, at in sides.items()},
            **({"folds": folds} if folds else {}),
            "seconds": self.seconds,
        }

    @contextmanager
    def _timed(self, what: str) -> Iterator[None]:
        print(f"{what} ...", flush=True)
        began = time.monotonic()
        yield
        self.seconds[what] = round(time.monotonic() - began, 1)


def brief(told: dict[str, Any]) -> str:
    """What a place() told, a line for each model, and what to mind."""
    lines = []
    for what in ("student", "router"):
        before, after = told[what]["before"], told[what]["after"]
        line = f"{what}: {before['accuracy']:.2%} before and {after['accuracy']:.2%} now on validation"
        if "new" in after:
            line += f", {before['new']['right']:.1%} and {after['new']['right']:.1%} of the new sentences it has not heard"
        lines.append(line)
        if before["accuracy"] - after["accuracy"] > LOST:
            lines.append(f"note: the {what} is worse by more than {LOST:.1%} on validation; look at the new sentences' labels")
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
    renewal.begun = resume.relabelled(network, renewal.progress(()).rows)
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
