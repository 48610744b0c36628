"""Does every group of the training sentences measure once, and never a student that has learned from it?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from triton_models.build import crossing
from triton_models.build.corpus import Corpus
from triton_models.build.split import split


def test_every_group_measures_once_a_student_that_has_not_heard_it(project, make_work, monkeypatch):
    met = []

    def run(work, until):
        met.append(({one.text for one in work.task.train}, {one.text for one in work.task.held}, work.folder.name))

    monkeypatch.setattr(crossing.steps, "run", run)
    monkeypatch.setattr(crossing.Work, "figures", lambda work, step: {"accuracy": (0.82, 0.84, 0.86)[len(met) - 1]})
    told = crossing.cross_validated(project, make_work(), 3)
    assert told == {"count": 3, "accuracy": {"each": [0.82, 0.84, 0.86], "mean": 0.84, "spread": 0.02}}
    every = {text for group in project.corpus.groups for text in group.sentences}
    assert set().union(*(held for _, held, _ in met)) == every
    for learned, held, _ in met:
        assert learned | held == every and not learned & held
    assert len({folder for _, _, folder in met}) == 3


def test_a_batch_that_measures_stays_apart_from_all(project, make_work, monkeypatch):
    first, *rest = project.corpus.groups
    corpus = Corpus((replace(first, batch="life"), *rest))
    known, held = split(corpus)
    assert held.groups == (replace(first, batch="life"),)
    met = set()
    monkeypatch.setattr(
        crossing.steps, "run", lambda work, until: met.update(one.text for one in (*work.task.train, *work.task.held))
    )
    monkeypatch.setattr(crossing.Work, "figures", lambda work, step: {"accuracy": 1.0})
    crossing.cross_validated(replace(project, corpus=corpus, known=known, held=held), make_work(), 2)
    assert met.isdisjoint(first.sentences) and met


@pytest.mark.parametrize(("each", "spread"), [([0.5], 0.0), ([0.9, 0.92], 0.0141)])
def test_the_spread_is_the_deviation_of_one(each, spread):
    assert crossing.spread(each)["spread"] == spread
