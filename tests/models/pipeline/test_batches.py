"""Which sentences meet in a training step: do they follow from the seed and the step alone?"""

from __future__ import annotations

from collections import Counter

import pytest
import torch
from tokenizers import Tokenizer

from triton_models.build.batches import Sampler
from triton_models.build.task import Example, Task

LABELS = tuple("abcdef")


def task(groups: int = 3, **others: object) -> Task:
    train = tuple(
        Example(f"{label}{group}{side}的句子", label, 10 * row + group)
        for row, label in enumerate(LABELS)
        for group in range(groups)
        for side in "左右"
    )
    held = tuple(Example(f"没有见过的{label}", label, 100 + row) for row, label in enumerate(LABELS))
    return Task("letters", LABELS, train, held, **others)  # type: ignore[arg-type]


def test_what_is_drawn_depends_on_the_seed_and_the_step_only(tokenizer: Tokenizer):
    forwards, backwards = Sampler(task(), tokenizer, 1), Sampler(task(), tokenizer, 1)
    drawn = [forwards.draw(step, 4) for step in range(8)]
    assert [backwards.draw(step, 4) for step in reversed(range(8))] == drawn[::-1]
    assert [Sampler(task(), tokenizer, 2).draw(step, 4) for step in range(8)] != drawn


@pytest.mark.parametrize("noisy", [True, False])
def test_a_batch_is_the_same_tensors_again(tokenizer: Tokenizer, noisy: bool):
    known = task(noisy=noisy)
    one, other = (Sampler(known, tokenizer, 5).batch(3, 6) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(one.ids, other.ids, strict=True))
    assert torch.equal(one.intent, other.intent) and torch.equal(one.group, other.group) and torch.equal(one.apart, other.apart)


@pytest.mark.parametrize("pairs", [4, 6])
def test_every_intent_comes_before_any_comes_again(tokenizer: Tokenizer, pairs: int):
    sampler = Sampler(task(), tokenizer, 1)
    intents = [example.intent for step in range(12) for example in sampler.draw(step, pairs)[::2]]
    for start in range(0, len(intents), len(LABELS)):
        assert sorted(intents[start : start + len(LABELS)]) == list(LABELS)


def test_an_intent_of_many_more_groups_comes_more_often_but_not_that_much(tokenizer: Tokenizer):
    known = task()
    more = tuple(Example(f"多出来的{number}", "a", 1000 + number) for number in range(45))
    sampler = Sampler(Task("letters", LABELS, known.train + more, known.held), tokenizer, 1)
    count = Counter(example.intent for step in range(9) for example in sampler.draw(step, 1)[::2])
    assert count == {"a": 4, **dict.fromkeys("bcdef", 1)}


def test_a_sentence_meets_another_of_its_group_or_where_there_is_none_itself(tokenizer: Tokenizer):
    drawn = [(one.intent, one.group) for one in Sampler(task(), tokenizer, 1).draw(0, 60)]
    assert drawn[::2] == drawn[1::2]
    lonely = Task("lonely", ("a",), (Example("一个人", "a", 0),), ())
    assert [one.group for one in Sampler(lonely, tokenizer, 1).draw(0, 1)] == [0, 0]


def test_validation_sentences_are_never_drawn_and_stay_as_they_were_written(tokenizer: Tokenizer):
    known = task()
    sampler = Sampler(known, tokenizer, 1)
    groups = {example.group for step in range(40) for example in sampler.draw(step, 6)}
    assert groups == {example.group for example in known.train}
    assert not groups & {example.group for example in known.held}
    assert sampler.task.held == task().held


def test_twins_are_not_told_apart(tokenizer: Tokenizer):
    known = task(twins=frozenset({frozenset("ab")}))
    batch = Sampler(known, tokenizer, 1).batch(0, 6)
    for intent, apart in zip(batch.intent.tolist(), batch.apart.tolist(), strict=True):
        assert apart[intent]
        assert [label for label, told in zip(LABELS, apart, strict=True) if not told] == {0: ["b"], 1: ["a"]}.get(intent, [])
