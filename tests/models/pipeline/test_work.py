"""Is a step done when it must be, and only then?"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import product

import pytest

from triton_models.build import steps
from triton_models.build.steps import MissingStep, check_done, run, run_alone
from triton_models.build.work import Plans, Work


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Steps that do nothing but tell that they were done."""
    done: list[str] = []

    def pretend(step: str) -> Callable[[Work], dict[str, object]]:
        def act(work: Work) -> dict[str, object]:
            done.append(step)
            return {"accuracy": len(done), "told": "者"}

        return act

    monkeypatch.setattr(steps, "STEPS", {step: pretend(step) for step in steps.STEPS})
    return done


EVERY = list(steps.STEPS)


def test_what_was_done_is_not_done_again(make_work, told):
    run(make_work())
    assert told == EVERY
    run(make_work())
    assert told == EVERY


def test_up_to_a_step_and_on_from_there(make_work, told):
    run(make_work(), until="distil")
    assert told == EVERY[:3]
    run(make_work())
    assert told == EVERY


def test_another_seed_does_it_again_and_the_first_one_once_more(make_work, told):
    run(make_work())
    run(make_work(seed=8))
    run(make_work())
    assert told == EVERY * 3


def test_other_sentences_do_it_again_but_for_the_vocabulary_that_has_read_the_same(make_work, told):
    work = make_work()
    run(work)
    fewer = replace(work.task, train=work.task.train[1:])
    run(replace(work, task=fewer))
    assert told == EVERY + EVERY[1:]
    run(replace(work, task=fewer, texts=[*work.texts, "多一句"]))
    assert told == EVERY + EVERY[1:] + EVERY


def test_another_plan_of_a_step_does_it_and_what_follows_again(make_work, told):
    work = make_work()
    run(work)
    pruned = replace(work.plans, prune=replace(work.plans.prune, kept=4))
    run(replace(work, plans=pruned))
    assert told == EVERY + EVERY[EVERY.index("prune") :]


def test_figures_and_seconds_are_kept(make_work, told):
    work = make_work()
    run(work)
    assert work.figures("distil") == {"accuracy": 3, "told": "者"}
    assert work.seconds("distil") >= 0
    assert "者" in (work.folder / "distil.json").read_text(encoding="utf-8")


def test_a_step_alone_is_done_whatever_was_before(make_work, told):
    run(make_work())
    run_alone(make_work(), "prune")
    assert told == [*EVERY, "prune"]


def test_a_step_alone_says_which_one_before_it_is_missing(make_work, told):
    run(make_work(), until="teacher")
    with pytest.raises(MissingStep, match="prune needs distil first"):
        run_alone(make_work(), "prune")
    with pytest.raises(MissingStep, match="prune needs pretrain first"):
        run_alone(make_work(seed=8), "prune")
    assert told == EVERY[:2]


def test_a_version_is_placed_only_of_steps_that_were_all_done(make_work, told):
    run(make_work(), until="router")
    with pytest.raises(MissingStep, match="sensitive was not done"):
        check_done(make_work())
    run(make_work())
    check_done(make_work())


def test_what_is_left_of_other_data_is_removed_and_of_this_data_is_kept(make_work, told, monkeypatch):
    work = make_work()
    run(work, until="pretrain")
    work.folder.mkdir(parents=True)
    part, bags = work.part("teacher"), work.part("teacher").with_suffix(".bags.pt")
    found: list[bool] = []

    def broken_off(work: Work) -> dict[str, object]:
        found.append(part.exists() or bags.exists())
        part.touch()
        bags.touch()
        raise KeyboardInterrupt

    monkeypatch.setitem(steps.STEPS, "teacher", broken_off)
    for seed in (7, 7, 8, 8, 7):
        with pytest.raises(KeyboardInterrupt):
            run(make_work(seed=seed), until="teacher")
    assert found == [False, True, False, True, False]


def test_a_step_that_is_broken_off_is_not_taken_for_done_with_what_was_there_before(make_work, told, monkeypatch):
    """Its files may be half of one and half of the other."""
    run(make_work())

    def broken_off(work: Work) -> dict[str, object]:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setitem(steps.STEPS, "distil", broken_off)
        with pytest.raises(KeyboardInterrupt):
            run(make_work(seed=8))
    told.clear()
    run(make_work())
    assert "distil" in told


def test_without_data_sets_the_newest_confirmer_is_taken_over(make_work, tmp_path, monkeypatch):
    monkeypatch.setattr(steps, "STUDENT", tmp_path / "student")
    work = make_work()
    work.folder.mkdir(parents=True)
    assert steps.sensitive(work) == {}
    for number in ("2", "10", "11"):
        (tmp_path / "student" / number).mkdir(parents=True)
    for number, name in product(("2", "10"), ("sensitive.bin", "sensitive.json")):
        (tmp_path / "student" / number / name).write_text(number)
    assert steps.sensitive(work) == {"taken_over_from": 10}
    assert (work.folder / steps.CONFIRMER / "sensitive.bin").read_text() == "10"


def test_a_record_is_json_that_a_person_can_read(make_work, told):
    run(make_work(), until="pretrain")
    record = json.loads((make_work().base / "pretrain.json").read_text(encoding="utf-8"))
    assert sorted(record) == ["figures", "key", "seconds"]


def test_quick_is_a_fortieth_and_what_is_left_out_stays_out():
    plans = Plans()
    quick = replace(plans, teacher=replace(plans.teacher, bag_steps=0)).quick()
    assert quick.pretrain.steps == plans.pretrain.steps // 40
    assert quick.teacher.bag_steps == 0
    assert quick.prune.kept == plans.prune.kept
