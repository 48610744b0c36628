"""Which text without a label does the router hear?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from triton_models.build import unlabelled
from triton_models.build.unlabelled import heard


@pytest.fixture
def little_of_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unlabelled, "_own", lambda: ["打印要多少钱"])


@pytest.mark.usefixtures("little_of_our_own")
def test_what_is_known_measures_or_is_not_chinese_is_left_out(make_work, tokenizer):
    task = make_work().task
    public = ["今晚吃什么", "how are you", "长" * 61, task.train[0].text, task.held[0].text]
    assert heard(task, public, tokenizer, 0, 7) == ["今晚吃什么", "打印要多少钱"]


@pytest.mark.usefixtures("little_of_our_own")
def test_sentences_are_mixed_of_pieces_of_training_sentences(make_work, tokenizer):
    task = make_work().task
    mixed = heard(task, [], tokenizer, 100, 7)[1:]
    assert set("".join(mixed)) <= set("".join(one.text for one in task.train))
    assert len({*mixed} - {one.text for one in task.train}) > 50
    assert mixed == heard(task, [], tokenizer, 100, 7)[1:]
    assert mixed != heard(task, [], tokenizer, 100, 8)[1:]


@pytest.mark.usefixtures("little_of_our_own")
def test_a_set_in_another_language_has_none(make_work, tokenizer):
    assert heard(replace(make_work().task, noisy=False), ["今晚吃什么"], tokenizer, 100, 7) == []


def test_our_own_text_does_not_measure_what_is_asked_inside_tasks():
    said = {one.text for one in unlabelled.rows(unlabelled.DIALOGUES / "life.tsv")}
    learned = {one.text for name in ("bank", "shop", "telecom") for one in unlabelled.rows(unlabelled.DIALOGUES / f"{name}.tsv")}
    assert learned
    assert not {*unlabelled._own()} & (said - learned)
