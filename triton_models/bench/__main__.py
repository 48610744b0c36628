"""How good are the models beside what people would use instead?

    python -m triton_models.bench [--teacher use] [--set NAME ...] [--work DIR] [--fresh | --speed]

For the project's own sentences and each public set: the peers and the whole pipeline, in one run on the same split; with
--teacher use the pretrained encoder, tuned, as the shipped version is (results under "tuned"). What was trained before with the
same data, seed and plans is not trained again; --speed measures again how fast it all is, and nothing else. Results go to
loadtest/results/models.json.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch

from pyshim.language.router import Router
from pyshim.settings import ROOT
from pyshim.understanding.student import Encoder
from triton_models.bench import near, peers, sensitive
from triton_models.bench.goals import goals, tuned_goals
from triton_models.build import card, datasets, distil, ngrams, steps, teach, wheel
from triton_models.build.corpus import read
from triton_models.build.judge import PlainJudge
from triton_models.build.project import Project
from triton_models.build.wheel import Wheel
from triton_models.build.work import Plans, RouterPlan, Work

RESULTS = ROOT / "loadtest/results/models.json"
PROJECT = "project"
# The routers hear labelled sentences alone, as when all sets were measured.
ROUTER = RouterPlan(buckets=1 << 16, dims=48, pairs=30_000, mixed=0, unlabelled=False, learning=ngrams.Plan())
ENGLISH = replace(ROUTER, min_n=2, max_n=4, symbols=192)
# The public sets are smaller, and there are five: the students get three fifths of the steps, and all to recover from pruning.
PUBLIC = Plans(distil=distil.Plan(states_steps=150, steps=600), router=ROUTER)
SEED = 20231105
MEASURED = ("accuracy", "macro_f1", "ece")
STAGES = ("teacher", "student", "pruned", "int8")
USE, TUNED_STAGES = "use", ("teacher", "int8")  # what is tuned is served: nothing is distilled or pruned
ENGLISH_PIECES = 20_000
# Every sentence is met about seven times.
TUNED = teach.Plan(bag_steps=0, rate=wheel.RATE, steps=600)


def main() -> int:
    options = _options()
    torch.set_num_threads(options.threads)
    if options.fresh:
        shutil.rmtree(options.work, ignore_errors=True)
    try:
        datasets.folder()
    except datasets.NoDataset as error:
        print(error, file=sys.stderr)
        return 1
    project = Project.of(read(ROOT / "triton_models/data"))
    told = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {"sets": {}}
    for name in options.set:
        print(f"== {name}", flush=True)
        work = work_of(name, project, options.work, options.teacher == USE)
        kept = told.setdefault("tuned", {}) if work.tuned else told["sets"]
        kept[name] = timed(work, kept[name]) if options.speed else measured(work)
        about = {"machine": card.processor(), "commit": card.commit(), "date": f"{datetime.now(UTC):%Y-%m-%d}"}
        if work.tuned:
            kept[name] |= about
        else:
            told |= {**about, "command": "python -m triton_models.bench", "seed": SEED}
        told["goals"] = goals(told["sets"]) + tuned_goals(told.get("tuned", {}))
        RESULTS.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    for goal in told["goals"]:
        print(f"{'holds ' if goal['holds'] else 'MISSED'} {goal['what']}: {goal['figure']} (wanted {goal['wanted']})")
    return 0


def work_of(name: str, project: Project, folder: Path, tuned: bool) -> Work:
    if tuned:
        return _tuned(name, folder)
    base = folder / "base"
    if name == PROJECT:
        return project.work(folder / PROJECT, base, SEED, Plans(router=ROUTER))
    task = datasets.task(name)
    plans = PUBLIC if task.noisy else replace(PUBLIC, router=ENGLISH)
    return Work(folder / name, base, task, PlainJudge(task), project.texts(), SEED, plans)


def _tuned(name: str, folder: Path) -> Work:
    """A public set, as `make models` would learn it. (The project's own is what is shipped; its card has the figures.)"""
    task = datasets.task(name)
    plans = replace(PUBLIC if task.noisy else replace(PUBLIC, router=ENGLISH), teacher=TUNED)
    words = "base.use" if task.noisy else "base.use.english"
    checkpoint = Wheel.of() if task.noisy else Wheel.of(ENGLISH_PIECES)
    return Work(folder / f"{name}.use", folder / words, task, PlainJudge(task), [], SEED, plans, checkpoint)


def measured(work: Work) -> dict[str, Any]:
    """The figures of one set: peers, and each stage of ours."""
    plain = PlainJudge(work.task)
    told: dict[str, Any] = {
        "train": len(work.task.train),
        "held": len(work.task.held),
        "labels": len(work.task.labels),
        "tfidf_logistic_regression": peers.tfidf(work.task),
        "fasttext": peers.fast_text(work.task),
    }
    print(f"tf-idf {told['tfidf_logistic_regression']['accuracy']}, fastText {told['fasttext']['accuracy']}", flush=True)
    steps.run(work, until="router")
    tokens = work.base / "tokenizer.json"
    fast = steps.speed(work)
    for stage in TUNED_STAGES if work.tuned else STAGES:
        logits = Encoder.load(work.folder / steps.FILES[stage], tokens).read(plain.texts)[0]
        told[stage] = {**_of(plain.figures(logits)), **fast[stage]}
    router = Router.load(work.folder / "router.bin")
    told["router"] = {**_of(plain.figures(steps.routed(router, plain.texts))), **fast["router"]}
    told["times_teacher"], told["times_fp32"] = fast["times_teacher"], fast["times_fp32"]
    if not work.tuned:
        told["parameters_pruned_away"] = work.figures("prune")["parameters_less"]
    if work.task.name == PROJECT:
        steps.run(work)
        told["sensitive"] = sensitive.measured(datasets.folder(), work.folder / steps.CONFIRMER)
    told |= _extras(work, Encoder.load(work.folder / "student.onnx", tokens), plain)
    return told


def timed(work: Work, told: dict[str, Any]) -> dict[str, Any]:
    """The figures of one set with its times of today. It must be trained."""
    steps.run(work, until="router")
    fast = steps.speed(work)
    for stage in (*(TUNED_STAGES if work.tuned else STAGES), "router"):
        told[stage] |= fast[stage]
    return told | {name: fast[name] for name in ("times_teacher", "times_fp32")}


def _of(figures: dict[str, Any]) -> dict[str, Any]:
    return {name: figures[name] for name in MEASURED if name in figures}


def _extras(work: Work, student: Encoder, judge: PlainJudge) -> dict[str, Any]:
    """What only some sets can tell."""
    data = datasets.folder()
    if work.task.name == "clinc150":
        outside = student.read([text for text, _ in datasets.pairs(data / "clinc150/oos_valid.tsv")])[0]
        inside = student.read(judge.texts)[0]
        temperature = judge.figures(inside)["temperature"]
        known, strange = (
            near.strangeness(logits, temperature, work.task.index[datasets.OUTSIDE]) for logits in (inside, outside)
        )
        return {"out_of_scope_auroc": {way: near.auroc(known[way], strange[way]) for way in known}}
    if work.task.name == "jddc_intent":
        return {"nearest": near.nearest_precision(student, work.task), "graded": work.figures("embed")}
    return {"graded": work.figures("embed")} if work.task.noisy else {}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m triton_models.bench", description="Measure the models beside their peers.")
    every = [PROJECT, *datasets.SETS]
    parser.add_argument("--set", nargs="+", choices=every)
    parser.add_argument("--teacher", choices=[USE], help="tune the pretrained encoder; for public sets")
    parser.add_argument("--work", type=Path, default=ROOT / "var/models")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--fresh", action="store_true", help="train everything again")
    parser.add_argument("--speed", action="store_true", help="measure times again, of what is trained and measured")
    options = parser.parse_args()
    options.set = options.set or (datasets.SETS if options.teacher else every)
    if options.teacher and PROJECT in options.set:
        parser.error(
            f"--teacher {options.teacher} is for public sets; the project's own figures are in the shipped version's card.json"
        )
    return options


if __name__ == "__main__":
    np.seterr(all="raise", under="ignore")
    raise SystemExit(main())
