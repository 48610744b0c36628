"""What has been done already, with what, and what came of it?

A Work is one run of the pipeline in one folder: each step leaves its files there and <step>.json with its key, its figures and
its seconds. The key is a hash of everything the step depends on: data, seed, its plan, and the steps before it. A step
whose key is there already is not done again; one that was broken off goes on where it was.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer

from pyshim.language.router import MAX_SYMBOLS, Shape
from triton_models.build import bert, distil, embed, ngrams, pretrain, prune, recall, teach
from triton_models.build.bert import Bert
from triton_models.build.huggingface import Checkpoint
from triton_models.build.judge import Judge
from triton_models.build.network import Architecture, Encoder
from triton_models.build.task import Task
from triton_models.build.use import Shape as UseShape
from triton_models.build.use import Use
from triton_models.build.wheel import Wheel


@dataclass(frozen=True)
class RouterPlan:
    """pairs: of noisy sentences; mixed: sentences put together of others; unlabelled: is text heard that has no label?"""

    buckets: int = 1 << 15
    dims: int = 64
    pairs: int = 150_000
    mixed: int = 200_000
    unlabelled: bool = True
    min_n: int = 1
    max_n: int = 3
    symbols: int = MAX_SYMBOLS
    learning: ngrams.Plan = field(default_factory=lambda: ngrams.Plan(epochs=6, row_dropout=0.2, dropout=0.1))

    def shape(self, classes: int) -> Shape:
        return Shape(self.buckets, self.dims, classes, self.min_n, self.max_n, self.symbols)


@dataclass(frozen=True)
class Plans:
    """What each step does. hidden, feed_forward: how wide teacher and student are."""

    hidden: int = 192
    feed_forward: int = 768
    layers: int = 12
    pretrain: pretrain.Plan = field(default_factory=pretrain.Plan)
    teacher: teach.Plan = field(default_factory=teach.Plan)
    distil: distil.Plan = field(default_factory=distil.Plan)
    prune: prune.Plan = field(default_factory=prune.Plan)
    embed: embed.Plan = field(default_factory=embed.Plan)
    router: RouterPlan = field(default_factory=RouterPlan)
    recall: recall.Plan = field(default_factory=recall.Plan)

    def quick(self) -> Plans:
        """A fortieth of the steps: to see that everything runs, not to serve."""
        shorter = {name: _quicker(getattr(self, name)) for name in ("pretrain", "teacher", "distil", "prune", "embed")}
        router = replace(self.router, pairs=640, mixed=0, unlabelled=False)
        return replace(self, **shorter, router=router, recall=self.recall.quick())


def _quicker(plan: Any) -> Any:
    planned = {one.name: getattr(plan, one.name) for one in fields(plan) if one.name.endswith("steps")}
    return replace(plan, **{name: min(steps, max(1, steps // 40)) for name, steps in planned.items()})


@dataclass
class Work:
    """folder: of this run; base: of the vocabulary and the pretrained encoder, which several tasks may share. texts: what
    pretraining reads. checkpoint: what the teacher is made of instead."""

    folder: Path
    base: Path
    task: Task
    judge: Judge
    texts: list[str]
    seed: int
    plans: Plans = field(default_factory=Plans)
    checkpoint: Checkpoint | Wheel | None = None

    @cached_property
    def tokenizer(self) -> Tokenizer:
        return Tokenizer.from_file(str(self.base / "tokenizer.json"))

    @cached_property
    def texts_digest(self) -> str:
        return hashlib.sha256("\n".join(self.texts).encode()).hexdigest()

    def architecture(self) -> Architecture:
        return Architecture(
            self.tokenizer.get_vocab_size(),
            len(self.task.labels),
            (12,) * self.plans.layers,
            self.plans.hidden,
            self.plans.feed_forward,
        )

    def figures(self, step: str) -> dict[str, Any]:
        """What a finished step found out."""
        told: dict[str, Any] = json.loads(self._record(step).read_text(encoding="utf-8"))["figures"]
        return told

    def seconds(self, step: str) -> float:
        told: float = json.loads(self._record(step).read_text(encoding="utf-8"))["seconds"]
        return told

    def _record(self, step: str) -> Path:
        return (self.base if step == "pretrain" else self.folder) / f"{step}.json"

    def done(self, step: str, key: str) -> bool:
        record = self._record(step)
        return record.exists() and json.loads(record.read_text(encoding="utf-8"))["key"] == key

    def forget(self, step: str) -> None:
        self._record(step).unlink(missing_ok=True)

    def do(self, step: str, key: str, act: Callable[[Work], dict[str, Any]]) -> None:
        """The step, unless it is done."""
        record = self._record(step)
        record.parent.mkdir(parents=True, exist_ok=True)
        if self.done(step, key):
            print(f"{step}: done before", flush=True)
            return
        mark = record.with_suffix(".begun")
        if not mark.exists() or mark.read_text(encoding="utf-8") != key:
            for rest in record.parent.glob(f"{step}.part*"):
                rest.unlink()  # of other data or another plan
            mark.write_text(key, encoding="utf-8")
        self.forget(step)  # its files are about to change
        print(f"{step} ...", flush=True)
        began = time.monotonic()
        found = act(self)
        told = {"key": key, "seconds": round(time.monotonic() - began, 1), "figures": found}
        write(record, json.dumps(told, indent=2, ensure_ascii=False))
        mark.unlink()
        print(f"{step}: {told['seconds']:.0f} s  {_brief(found)}", flush=True)

    def key(self, step: str, before: str) -> str:
        """Of a step that follows one with that key."""
        plan = getattr(self.plans, step, None)
        shape = (self.plans.hidden, self.plans.feed_forward, self.plans.layers)
        about = [step, before, self.seed, shape, None if plan is None else asdict(plan)]
        about.append(self.texts_digest if step == "pretrain" else self.task.digest)
        if self.checkpoint is not None:
            about.append(self.checkpoint.digest)
        return hashlib.sha256(json.dumps(about, sort_keys=True, default=str).encode()).hexdigest()

    def save(self, name: str, network: Encoder | Bert | Use) -> None:
        folder = self.base if name == "pretrain" else self.folder
        draft = folder / f".{name}.{os.getpid()}"
        torch.save({"shape": asdict(network.shape), "weights": network.state_dict()}, draft)
        draft.rename(folder / f"{name}.pt")

    @property
    def tuned(self) -> bool:
        """Is the student the pretrained encoder itself, tuned? It is small enough to serve as it is."""
        return isinstance(self.checkpoint, Wheel)

    def load(self, name: str) -> Encoder | Use:
        """A student that a step has saved, ready to be asked."""
        network = self._stored(name, UseShape, Use) if self.tuned else self._stored(name, Architecture, Encoder)
        assert not isinstance(network, Bert)
        return network

    def load_teacher(self) -> Encoder | Bert | Use:
        return self._stored("teacher", bert.Shape, Bert) if isinstance(self.checkpoint, Checkpoint) else self.load("teacher")

    def _stored(self, name: str, shape: type[Any], kind: type[Encoder | Bert | Use]) -> Encoder | Bert | Use:
        stored = torch.load((self.base if name == "pretrain" else self.folder) / f"{name}.pt", weights_only=True)
        network = kind(shape(**{**stored["shape"], "heads": tuple(stored["shape"]["heads"])}))
        network.load_state_dict(stored["weights"])
        return network.eval()

    def part(self, step: str) -> Path:
        """Where a step may leave what it has, in case it is broken off."""
        return (self.base if step == "pretrain" else self.folder) / f"{step}.part.pt"


def write(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text + "\n", encoding="utf-8")
    draft.rename(path)


def _brief(found: dict[str, Any]) -> str:
    return "  ".join(f"{name} {value:g}" for name, value in found.items() if isinstance(value, int | float))
