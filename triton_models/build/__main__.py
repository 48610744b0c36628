"""How do sentences become a version of the student?

    python -m triton_models.build [--data DIR_OR_FILE] [--out DIR] [--seed N] [--step NAME] [--quick] ...
    python -m triton_models.build --fine-tune [VERSION] --data DIR_OR_FILE ...

Runs the steps of steps.py and places what came of them; `sluice models train` is the same. What was done before is not done
again. With --fine-tune a version goes on with a few new sentences instead (finetune.py).
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from pyshim.understanding.folder import EMBEDDING, IncompleteVersion, check, check_files, versions
from triton_models.build import additions, steps, wheel
from triton_models.build.corpus import BATCHES, DATA, Corpus, CorpusError, read
from triton_models.build.crossing import cross_validated
from triton_models.build.finetune import begin, brief
from triton_models.build.huggingface import RATE, Checkpoint
from triton_models.build.place import check_fits, new_version, next_version
from triton_models.build.project import Project
from triton_models.build.resume import Plan
from triton_models.build.version import assemble, propose_anew, recalibrate, route_anew
from triton_models.build.weights import CheckpointError
from triton_models.build.wheel import Wheel
from triton_models.build.work import Plans, Work
from triton_models.importing.faults import SHOWN
from triton_models.importing.loading import brought, is_own, with_general

HERE = Path(__file__).resolve().parents[1]
PLACE, PROGRAM = "place", "python -m triton_models.build"
USE = Path("use")


def main(arguments: list[str], program: str = PROGRAM) -> int:
    options = _parser(program).parse_args(arguments)
    options.command = " ".join([program, *arguments])
    torch.set_num_threads(options.threads)
    began = time.monotonic()
    try:
        if options.calibrate:
            recalibrate(_corpus(options), options.calibrate)
            print(f"calibrated {options.calibrate}")
            return 0
        if options.propose:
            propose_anew(options.propose, options.seed)
            print(f"made the proposer of {options.propose} anew")
            return 0
        if options.fine_tune is not None:
            print(f"{_fine_tuned(options)} after {time.monotonic() - began:.0f} s")
            return 0
        project = Project.of(_corpus(options))
        work = _work(project, options)
        if options.route:
            route_anew(project, work, options.route)
            print(f"made the router of {options.route} anew after {time.monotonic() - began:.0f} s")
            return 0
        print(f"{len(work.task.train)} sentences to learn from, {len(work.task.held)} to measure with; work in {work.folder}")
        folds = cross_validated(project, work, options.folds) if options.folds else None
        placed = _run(project, work, options, folds)
    except (CorpusError, CheckpointError, IncompleteVersion, steps.MissingStep) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{placed or options.step} after {time.monotonic() - began:.0f} s")
    return 0


def _run(project: Project, work: Work, options: argparse.Namespace, folds: dict[str, Any] | None) -> str:
    if options.step not in (None, PLACE):
        steps.run_alone(work, options.step)
        return ""
    if options.step == PLACE:
        steps.check_done(work)
    else:
        steps.run(work)
    target = _target(options)
    with new_version(target) as folder:
        assemble(project, work, options.command, folder, options.gpu, folds)
        _check(folder, target, len(work.task.labels))
    return f"placed {target}"


def _fine_tuned(options: argparse.Namespace) -> str:
    """A version that goes on from another one."""
    if options.keep and options.replay != DATA:
        raise CorpusError("--keep puts sentences among the project's own; beside --replay put them there yourself")
    if options.keep and (BATCHES / options.keep).exists():
        raise CorpusError(f"{BATCHES / options.keep}: is there already; --keep wants another name")
    if options.data == DATA:
        raise CorpusError("--data names the new sentences: a batch in the project's layout, or what tenant.md lists")
    version, replay = _begun(options), read(options.replay, BATCHES if options.replay == DATA else None)
    new = additions.read(options.data, options.tenant, replay)
    for note in new.notes[:SHOWN]:
        print(f"note: {note}")
    plan = Plan().quick() if options.quick else Plan()
    renewal = begin(version, new, replay, options.seed, plan, options.work)
    print(f"{version} goes on with {new.corpus.sentence_count} new sentences beside {renewal.old.known.sentence_count} old ones")
    folds = renewal.folds(options.folds) if options.folds else None
    target = _target(options)
    with new_version(target) as folder:
        told = renewal.place(folder, options.command, folds, options.gpu)
        _check(folder, target, len(renewal.tenancy.labels))
    if options.keep:
        additions.keep(new, DATA, BATCHES / options.keep)
    return f"{brief(told)}\nplaced {target}"


def _begun(options: argparse.Namespace) -> Path:
    """The version folder to go on from: named, by its number in --out, or the newest there."""
    out: Path = options.out.parent if options.out.name.isdigit() else options.out
    wanted = options.fine_tune or next_version(out).with_name(str(max(versions(out), default=0)))
    folder = Path(wanted) if Path(wanted).is_dir() else out / wanted
    check_files(folder)
    return folder


def _target(options: argparse.Namespace) -> Path:
    return options.out if options.out.name.isdigit() else next_version(options.out)


def _check(folder: Path, target: Path, labels: int) -> None:
    check(folder)
    config = target.parent / "config.pbtxt"
    if config.exists():
        check_fits(config, labels, EMBEDDING)


def _corpus(options: argparse.Namespace) -> Corpus:
    """The project's own layout, or any format that users bring; the general intents are added where they are missing."""
    data: Path = options.data
    if is_own(data):
        return read(data, BATCHES if data == DATA else None)
    found = brought(data, options.tenant)
    for note in found.notes[:SHOWN]:
        print(f"note: {note}")
    return with_general(found.corpus)


def _work(project: Project, options: argparse.Namespace) -> Work:
    checkpoint = None if options.teacher is None else Wheel.of() if options.teacher == USE else Checkpoint.of(options.teacher)
    plans = Plans()
    if isinstance(checkpoint, Wheel):
        plans = replace(plans, teacher=replace(plans.teacher, bag_steps=0, rate=wheel.RATE, steps=wheel.STEPS))
    elif checkpoint:
        plans = replace(plans, teacher=replace(plans.teacher, bag_steps=0, rate=RATE))
    if options.width:
        plans = replace(plans, hidden=options.width, feed_forward=4 * options.width)
    if options.quick:
        plans = plans.quick()
    folder: Path = options.work / (f"{options.tenant}" if options.tenant else "project")
    base: Path = options.work / "base"
    kind = ("." + options.teacher.resolve().name if options.teacher else "") + (".quick" if options.quick else "")
    folder, base = folder.with_name(folder.name + kind), base.with_name(base.name + kind)
    if options.fresh:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(base, ignore_errors=True)
    return replace(project.work(folder, base, options.seed, plans), checkpoint=checkpoint)


def _width(text: str) -> int:
    if not text.isdigit() or int(text) % 12 or not 48 <= int(text) <= 1536:
        raise argparse.ArgumentTypeError(f"{text!r}: a multiple of 12 from 48 to 1536 is wanted")
    return int(text)


def _folds(text: str) -> int:
    if not text.isdigit() or not 2 <= int(text) <= 20:
        raise argparse.ArgumentTypeError(f"{text!r}: 2 to 20 is wanted")
    return int(text)


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=program, description="Train a version of the student and place it.")
    say = parser.add_argument
    say("--data", type=Path, default=DATA, help="folder of sentences, or a TSV, JSONL, Rasa or Dialogflow file")
    say("--tenant", default="", help="whose intents they are, where the file does not say")
    say("--out", type=Path, default=HERE / "repository/student", help="model folder (the next version) or version folder")
    say("--work", type=Path, default=Path("var/models"), help="where the steps keep what they made")
    say("--seed", type=int, default=20231105)
    say("--step", choices=[*steps.STEPS, PLACE], help="only this step, again; those before it must be done")
    told = (
        "a Hugging Face BERT checkpoint to make the teacher of, or `use`: the pretrained encoder of the wheel; default: our own"
    )
    say("--teacher", type=Path, metavar="FOLDER", help=told)
    goes_on = "go on from a version, by its number in --out or its folder (default: the newest), with the new sentences of --data"
    say("--fine-tune", nargs="?", const="", metavar="VERSION", help=goes_on)
    say("--replay", type=Path, default=DATA, metavar="FOLDER", help="with --fine-tune: the sentences that version learned from")
    folds = (
        "first learn N times, each time without another N-th of the groups (with --fine-tune, of the new ones), and put mean and"
        " spread into the card; costs N times all steps up to INT8, which is hours; with --fine-tune N times its student, minutes"
    )
    say("--folds", type=_folds, default=0, metavar="N", help=folds)
    kept = "with --fine-tune: put the new sentences into triton_models/batches/NAME (new intents into data), for the next time"
    say("--keep", metavar="NAME", help=kept)
    say("--width", type=_width, help="hidden numbers of teacher and student, a multiple of 12; default 192")
    say("--threads", type=int, default=2)
    say("--fresh", action="store_true", help="forget what was done before")
    say("--gpu", action="store_true", help="put the 16-bit file that configs/gpu.pbtxt serves into the version, too")
    say("--quick", action="store_true", help="a fortieth of the steps: to see that everything runs, not to serve")
    say("--calibrate", type=Path, metavar="VERSION", help="only find the thresholds of this version folder anew")
    routed = "only learn the router of this version folder anew; the run that made it must be in --work"
    say("--route", type=Path, metavar="VERSION", help=routed)
    say("--propose", type=Path, metavar="VERSION", help="only learn anew from triton_models/dialogues what answers a question")
    return parser


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
