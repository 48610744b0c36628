"""What are the steps from sentences to a model, and in which order?

STEPS is the order. Each takes a Work, leaves its files in the work's folder, and returns its figures; each can be run alone when
those before it are done. embed stands before quantise, because the EMBEDDING is part of the file that is made INT8.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pyshim.language.router import Router
from pyshim.settings import ROOT
from pyshim.understanding.folder import versions
from pyshim.understanding.recall import save
from pyshim.understanding.student import Encoder as Exported
from pyshim.words.offence import SHEET, TABLE
from triton_models.build import datasets, distil, embed, export, ngrams, pretrain, prune, reader, recall, teach
from triton_models.build.batches import Sampler
from triton_models.build.bert import Bert
from triton_models.build.distil import Lesson
from triton_models.build.embed import Graded, Seen, spearman
from triton_models.build.lesson import lesson, overheard, said, together
from triton_models.build.network import Encoder
from triton_models.build.router_speed import router_speed
from triton_models.build.sensitive import train_sensitive
from triton_models.build.sounds import sound_alike
from triton_models.build.speed import speeds
from triton_models.build.task import Example
from triton_models.build.unlabelled import heard
from triton_models.build.use import Use
from triton_models.build.vocabulary import build_tokenizer
from triton_models.build.work import Work

STUDENT = ROOT / "triton_models/repository/student"
FILES = {
    "teacher": "teacher.onnx",
    "student": "distil.onnx",
    "pruned": "prune.onnx",
    "fp32": "full.onnx",
    "int8": "student.onnx",
}
CONFIRMER = "confirmer"  # a folder of its own: sensitive.json is also what this step's figures would be called
HEADS = ("to_logits", "bag_to_logits", "to_embedding")


class MissingStep(Exception):
    """A step cannot run: one before it has not been done."""


def pretrain_(work: Work) -> dict[str, Any]:
    """tokenizer.json, pretrain.pt: the vocabulary, and an encoder that can fill gaps; of a checkpoint only the vocabulary."""
    if work.checkpoint is not None:
        work.checkpoint.tokenizer().save(str(work.base / "tokenizer.json"))
        work.__dict__.pop("tokenizer", None)
        return {"checkpoint": work.checkpoint.folder.resolve().name, "sha256": work.checkpoint.digest}
    texts = sorted({*work.texts, *(example.text for example in work.task.train)})
    build_tokenizer(texts).save(str(work.base / "tokenizer.json"))
    work.__dict__.pop("tokenizer", None)
    torch.manual_seed(work.seed)
    encoder = Encoder(work.architecture())
    sound_alike(encoder, work.tokenizer)
    encoder = pretrain.pretrain(encoder, texts, work.tokenizer, work.plans.pretrain, work.seed, work.part("pretrain"))
    work.save("pretrain", encoder)
    return {"texts": len(texts), "vocabulary": work.tokenizer.get_vocab_size()}


def teacher(work: Work) -> dict[str, Any]:
    """teacher.pt, teacher.onnx."""
    torch.manual_seed(work.seed)
    encoder = work.checkpoint.network(len(work.task.labels)) if work.checkpoint else _pretrained(work)
    sampler = Sampler(work.task, work.tokenizer, work.seed)
    return _finished(work, "teacher", teach.teach(encoder, sampler, work.plans.teacher, work.seed, work.part("teacher")))


def _pretrained(work: Work) -> Encoder:
    """What pretrain left, with new heads."""
    encoder = Encoder(work.architecture())
    for name, part in work.load("pretrain").named_children():
        if name not in HEADS:
            getattr(encoder, name).load_state_dict(part.state_dict())
    return encoder


def distil_(work: Work) -> dict[str, Any]:
    """distil.pt, distil.onnx: the student, whole; a tuned one is its own teacher."""
    if work.tuned:
        return _finished(work, "distil", work.load("teacher"))
    sampler = Sampler(work.task, work.tokenizer, work.seed + 10)
    shape, plan = work.architecture(), work.plans.distil
    student = distil.distil(work.load_teacher(), shape, sampler, plan, work.seed + 10, work.part("distil"))
    return _finished(work, "distil", student)


def prune_(work: Work) -> dict[str, Any]:
    """prune.pt: the student with six heads a layer."""
    student = work.load("distil")
    if isinstance(student, Use):  # it has no heads to cut
        return _finished(work, "prune", student)
    teacher, sampler = work.load_teacher(), Sampler(work.task, work.tokenizer, work.seed + 20)
    assert not isinstance(teacher, Use)
    teacher_lesson = Lesson(teacher, sampler, work.plans.distil)
    pruned = prune.prune(student, teacher_lesson, work.plans.prune, work.seed + 20, work.part("prune"))
    return {**_finished(work, "prune", pruned), "parameters_less": round(1 - pruned.parameter_count / student.parameter_count, 4)}


def embed_(work: Work) -> dict[str, Any]:
    """embed.pt: the pruned student with an EMBEDDING that has learned what is near."""
    student = work.load("prune")
    learned, measured, queries = Graded([], [], []), Graded([], [], []), list[Example]()
    if work.task.noisy:  # Chinese
        try:
            learned, measured = embed.graded()
            queries = embed.retrieval()
        except datasets.NoDataset as error:
            print(f"  {error}: the embedding learns from the task's own sentences alone", flush=True)

    def seen(texts: list[str]) -> torch.Tensor:
        width = student.to_embedding.in_features
        return torch.from_numpy(reader.features(student, work.tokenizer, texts)) if texts else torch.zeros(0, width)

    before = _graded_spearman(work, student, measured)
    own = _own_sentences(work)
    names = sorted({one.intent for one in own} | {f"retrieval {one.intent}" for one in queries})
    index = {name: number for number, name in enumerate(names)}
    first = 1 + max(one.group for one in own)
    embed.learn(
        student.to_embedding,
        Seen(
            seen([one.text for one in (*own, *queries)]),
            np.array([index[one.intent] for one in own] + [index[f"retrieval {one.intent}"] for one in queries]),
            np.array([one.group for one in own] + [first + one.group for one in queries]),
            np.array([one.intent in work.task.broad for one in own] + [False] * len(queries)),
            seen(learned.one),
            seen(learned.other),
            torch.tensor(learned.score, dtype=torch.float32),
        ),
        work.plans.embed,
        work.seed,
    )
    work.save("embed", student.eval())
    if not measured.score:
        return {}
    after = _graded_spearman(work, student, measured)
    return {"graded_pairs_held": len(measured.score), "spearman_before": before, "spearman": after}


def _own_sentences(work: Work) -> list[Example]:
    sampler = Sampler(work.task, work.tokenizer, work.seed + 30)
    steps = work.plans.embed.noisy_copies * len(work.task.train) // 128
    return [*work.task.train, *(one for step in range(steps) for one in sampler.draw(step, 64))]


def _graded_spearman(work: Work, student: Encoder, pairs: Graded) -> float:
    if not pairs.score:
        return 0.0
    one = reader.read(student, work.tokenizer, pairs.one)[1]
    other = reader.read(student, work.tokenizer, pairs.other)[1]
    return round(spearman((one * other).sum(1), np.array(pairs.score)), 4)


def quantise(work: Work) -> dict[str, Any]:
    """full.onnx with 32-bit weights, student.onnx with INT8 ones, student.fp16.onnx for a GPU: all of what embed left."""
    full, small, tokens = work.folder / "full.onnx", work.folder / "student.onnx", work.base / "tokenizer.json"
    export.export(work.load("embed"), full)
    export.quantise(full, small)
    export.halve(full, work.folder / "student.fp16.onnx")
    texts = work.judge.texts
    return work.judge.figures(Exported.load(small, tokens).read(texts)[0])


def router(work: Work) -> dict[str, Any]:
    """router.bin: hashed n-grams that have heard the teacher on real and noisy sentences, and on text without a label."""
    plan, network = work.plans.router, work.load_teacher()

    def taught(texts: list[str]) -> NDArray[np.float32]:
        with torch.autocast("cpu", torch.bfloat16):  # hundreds of thousands of sentences: twice as fast, and as good a lesson
            return reader.read(network, work.tokenizer, texts)[0]

    spoken = said(Sampler(work.task, work.tokenizer, work.seed + 40), plan.pairs)
    told = lesson(spoken, taught(spoken.texts), work.task)
    if plan.unlabelled and (others := heard(work.task, work.texts, work.tokenizer, plan.mixed, work.seed)):
        told = together(told, overheard(others, taught(others)))
    torch.manual_seed(work.seed)
    path = work.folder / "router.bin"
    ngrams.write(ngrams.train(told, plan.shape(len(work.task.labels)), plan.learning, work.seed), path)
    return work.judge.figures(routed(Router.load(path), work.judge.texts))


def sensitive(work: Work) -> dict[str, Any]:
    """confirmer/sensitive.bin and .json: what confirms words that are offensive in one sentence and harmless in another. Learned
    from the public sets alone; where they are missing the newest version's is taken over, where one has it."""
    out = work.folder / CONFIRMER
    out.mkdir(exist_ok=True)
    try:
        return train_sensitive(datasets.folder(), out, work.seed)
    except datasets.NoDataset as error:
        known = [number for number in versions(STUDENT) if (STUDENT / str(number) / TABLE).exists()]
        if not known:
            print(f"  {error}, and no version has a confirmer: this one will have none", flush=True)
            return {}
        print(f"  {error}: version {known[-1]}'s confirmer is taken over", flush=True)
        for name in (TABLE, SHEET):
            shutil.copyfile(STUDENT / str(known[-1]) / name, out / name)
        return {"taken_over_from": known[-1]}


def speed(work: Work) -> dict[str, Any]:
    """How fast and how large each stage is, measured beside each other; run it alone when the machine is quiet."""
    files = {stage: work.folder / file for stage, file in FILES.items()}
    path = work.folder / "router.bin"
    told: dict[str, Any] = dict(speeds(files, work.base / "tokenizer.json", work.judge.texts))
    told["router"] = {**router_speed(path, work.judge.texts), "bytes": path.stat().st_size}
    told["times_teacher"] = round(told["int8"]["per_second"] / told["teacher"]["per_second"], 2)
    told["times_fp32"] = round(told["int8"]["per_second"] / told["fp32"]["per_second"], 2)
    return told


def recall_(work: Work) -> dict[str, Any]:
    """recall.npz: what judges whether an entry of a FAQ answers a question; none in a language whose FAQs are not at hand."""
    if not work.task.noisy:
        return {}
    student = Exported.load(work.folder / "student.onnx", work.base / "tokenizer.json")
    judge, found = recall.taught(work.task.train, student, work.plans.recall, work.seed)
    save(judge, work.folder)
    return found


def routed(router: Router, texts: list[str]) -> NDArray[np.float64]:
    """The router's logits float64 [texts, labels]; zeros where it has no guess."""
    silent = np.zeros(router.shape.classes)
    return np.stack([silent if (scores := router.logits(text)) is None else scores for text in texts])


def _finished(work: Work, name: str, network: Encoder | Bert | Use) -> dict[str, Any]:
    """Saves it, exports it, and says how good, how fast and how large it is."""
    work.save(name, network)
    path, tokens = work.folder / f"{name}.onnx", work.base / "tokenizer.json"
    export.export(network, path)
    found = work.judge.figures(Exported.load(path, tokens).read(work.judge.texts)[0])
    return {**found, "parameters": network.parameter_count}


STEPS: dict[str, Callable[[Work], dict[str, Any]]] = {
    "pretrain": pretrain_,
    "teacher": teacher,
    "distil": distil_,
    "prune": prune_,
    "embed": embed_,
    "quantise": quantise,
    "router": router,
    "sensitive": sensitive,
    "speed": speed,
    "recall": recall_,
}


def run(work: Work, until: str = "") -> None:
    """All steps, or up to one; those that are done already are left out."""
    key = ""
    for step, act in STEPS.items():
        key = work.key(step, key)
        work.do(step, key, act)
        if step == until:
            return


def run_alone(work: Work, wanted: str) -> None:
    """One step, whatever it was when it was done last. Raises MissingStep when one before it has not been done."""
    key = ""
    for step, act in STEPS.items():
        key = work.key(step, key)
        if step == wanted:
            work.forget(step)
            work.do(step, key, act)
            return
        if not work.done(step, key):
            raise MissingStep(f"{wanted} needs {step} first; it was not done with this data, seed and plan in {work.folder}")


def check_done(work: Work) -> None:
    """Raises MissingStep when a step has not been done with this data, seed and plans."""
    key = ""
    for step in STEPS:
        key = work.key(step, key)
        if not work.done(step, key):
            raise MissingStep(f"{step} was not done with this data, seed and plan in {work.folder}")
