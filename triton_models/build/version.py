"""What goes into a version folder, and in which order is it made?

build(request, folder) writes student.onnx, tokenizer.json, labels.txt, model.py, router.bin, calibration.json and
card.json, the last with honest figures of the very files that lie beside it.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from tokenizers import Tokenizer

from triton_models.build import measure, ngrams, train
from triton_models.build.batches import Sampler
from triton_models.build.card import Made, card
from triton_models.build.corpus import OUT_OF_SCOPE, Corpus
from triton_models.build.encoder import Encoder
from triton_models.build.examine import at_threshold, examine, table
from triton_models.build.export import export, quantise
from triton_models.build.lesson import lesson
from triton_models.build.network import Architecture, Student
from triton_models.build.sounds import sound_alike
from triton_models.build.split import split
from triton_models.build.tenancy import Tenancy
from triton_models.build.vocabulary import build_tokenizer
from triton_models.router import Router, Shape

BROAD = (OUT_OF_SCOPE, "chitchat")
ROUTER_BUCKETS, ROUTER_DIMS, ROUTER_PAIRS = 1 << 16, 48, 30_000


@dataclass(frozen=True)
class Request:
    corpus: Corpus
    faq: Corpus
    seed: int
    quick: bool
    command: str

    def steps(self, full: int) -> int:
        return max(1, full // 20) if self.quick else full


def build(request: Request, folder: Path) -> None:
    started = time.monotonic()
    tenancy = Tenancy.of(request.corpus)
    known, held = split(request.corpus)
    known = Corpus(known.groups + request.faq.groups)
    tokenizer = build_tokenizer(measure.sentences_of(known))
    tokenizer.save(str(folder / "tokenizer.json"))
    print(f"{known.sentence_count} sentences to learn from, {held.sentence_count} to measure with", flush=True)
    student = _student(request, known, tenancy, tokenizer)
    with tempfile.TemporaryDirectory() as scratch:
        full = Path(scratch) / "student.onnx"
        export(student, full)
        quantise(full, folder / "student.onnx")
        full_logits, _ = Encoder.load(full, folder / "tokenizer.json").read(measure.sentences_of(held))
    small = Encoder.load(folder / "student.onnx", folder / "tokenizer.json")
    sampler = Sampler(known, tenancy, tokenizer, request.seed + 1)
    _router(request, known, sampler, small, folder / "router.bin")
    side = examine(held, tenancy, small, Router.load(folder / "router.bin"))
    shutil.copyfile(Path(__file__).with_name("triton_model.py"), folder / "model.py")
    _write(folder / "labels.txt", "\n".join(tenancy.labels))
    _write(folder / "calibration.json", json.dumps(side.calibration, indent=2))
    made = Made(request.corpus, request.faq, known, held, request.seed, request.command, student.parameter_count, started)
    _write(folder / "card.json", json.dumps(card(made, side, full_logits, folder), indent=2, ensure_ascii=False))


def recalibrate(corpus: Corpus, folder: Path) -> None:
    """Finds a version's thresholds anew, after tenants changed what they say. Neither student nor router changes."""
    student = Encoder.load(folder / "student.onnx", folder / "tokenizer.json")
    side = examine(split(corpus)[1], Tenancy.of(corpus), student, Router.load(folder / "router.bin"))
    known = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    known["validation"] |= {"student_int8": table(side.logits, side), "router": table(side.routed, side)}
    known["validation"]["router_at_threshold"] = at_threshold(side)
    _write(folder / "calibration.json", json.dumps(side.calibration, indent=2))
    _write(folder / "card.json", json.dumps(known, indent=2, ensure_ascii=False))


def _write(path: Path, text: str) -> None:
    path.write_text(text + "\n", encoding="utf-8")


def _student(request: Request, known: Corpus, tenancy: Tenancy, tokenizer: Tokenizer) -> Student:
    torch.manual_seed(request.seed)
    student = Student(Architecture(tokenizer.get_vocab_size(), len(tenancy.labels)))
    sound_alike(student, tokenizer)
    sampler = Sampler(known, tenancy, tokenizer, request.seed)
    loose = torch.tensor([label in BROAD for label in tenancy.labels])
    plan = train.Plan()
    plan = replace(plan, bag_steps=request.steps(plan.bag_steps), meaning_steps=request.steps(plan.meaning_steps))
    return train.train(student, sampler, plan, loose)


def _router(request: Request, known: Corpus, sampler: Sampler, teacher: Encoder, path: Path) -> None:
    tenancy = Tenancy.of(request.corpus)
    said = sampler.draw(request.steps(ROUTER_PAIRS))
    texts = [one.text for one in said] + measure.sentences_of(known)
    intents = [one.intent for one in said] + measure.intents_of(known)
    shape = Shape(ROUTER_BUCKETS, ROUTER_DIMS, len(tenancy.labels))
    torch.manual_seed(request.seed)
    ngrams.write(ngrams.train(lesson(texts, intents, teacher, tenancy), shape, ngrams.Plan(), request.seed), path)
