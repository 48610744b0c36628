"""Does the student come to read as its teacher does, whatever the teacher is?"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer

from tests.models.pipeline.checkpoints import write_checkpoint
from triton_models.build.batches import Sampler
from triton_models.build.bert import Bert
from triton_models.build.descend import Descent, descend
from triton_models.build.distil import Imitation, Lesson, Plan, distil, newborn, stranger
from triton_models.build.huggingface import Checkpoint
from triton_models.build.network import Architecture, Encoder
from triton_models.build.task import Task
from triton_models.build.work import Work

PLAN = Plan(states_steps=2, steps=2, pairs=4)


@pytest.fixture
def task(make_work: Callable[..., Work]) -> Task:
    return make_work().task


@pytest.fixture
def sampler(task: Task, tokenizer: Tokenizer) -> Sampler:
    return Sampler(task, tokenizer, 1)


def checkpoint(folder: Path, task: Task, **config: int) -> tuple[Bert, Sampler]:
    made = Checkpoint.of(write_checkpoint(folder, [example.text for example in task.train], **config))
    return made.network(len(task.labels)).eval(), Sampler(task, made.tokenizer(), 1)


def shape(teacher: Bert, hidden: int) -> Architecture:
    return Architecture(teacher.shape.vocabulary, 12, hidden=hidden, feed_forward=2 * hidden)


def unlikeness(lesson: Lesson, imitation: Imitation) -> float:
    with torch.no_grad():
        return float(lesson.states(imitation.eval(), 99))


def test_a_student_that_is_its_teacher_has_nothing_to_imitate(make_network, sampler, tokenizer):
    teacher = make_network(4, vocabulary=tokenizer.get_vocab_size(), labels=12)
    student = newborn(teacher).eval()
    assert unlikeness(Lesson(teacher, sampler, PLAN), Imitation(student, 24)) == pytest.approx(0, abs=1e-8)
    assert isinstance(Imitation(student, 24).through, torch.nn.Identity)


def test_imitating_brings_its_states_nearer(make_network, sampler, tokenizer):
    lesson = Lesson(make_network(8, vocabulary=tokenizer.get_vocab_size(), labels=12), sampler, PLAN)
    imitation = Imitation(newborn(lesson._teacher), 24)
    before = unlikeness(lesson, imitation)
    descend(imitation, lambda step: lesson.states(imitation, step), Descent("test", 15, 3e-3, 1, averaging=0))
    assert unlikeness(lesson, imitation) < before


@pytest.mark.parametrize("heads", [12, 6])
def test_a_checkpoint_of_another_width_is_imitated_through_what_learns_with_it(tmp_path, task, heads):
    teacher, sampler = checkpoint(tmp_path / "bert", task, num_attention_heads=heads, num_hidden_layers=8)
    torch.manual_seed(2)
    imitation, lesson = Imitation(stranger(teacher, shape(teacher, 48)), 24), Lesson(teacher, sampler, PLAN)
    before = unlikeness(lesson, imitation)
    descend(imitation, lambda step: lesson.states(imitation, step), Descent("test", 15, 3e-3, 1, averaging=0))
    assert unlikeness(lesson, imitation) < before
    assert "through.weight" not in imitation.student.state_dict()


@pytest.mark.parametrize("hidden", [12, 24, 48])
def test_a_strangers_tokens_lie_as_the_teachers_do(tmp_path, task, hidden):
    teacher, _ = checkpoint(tmp_path / "bert", task)
    torch.manual_seed(2)
    mine, its = stranger(teacher, shape(teacher, hidden)).characters.weight[1:], teacher.characters.weight[1:]

    def likeness(table: torch.Tensor) -> torch.Tensor:
        shown = table[:, :24] - table[:, :24].mean(0)
        return (shown @ shown.T).flatten()

    together = torch.stack((likeness(mine.detach()), likeness(its.detach())))
    assert torch.corrcoef(together)[0, 1] > (0.5 if hidden < 24 else 0.99)


def test_the_same_seed_gives_the_same_student(tmp_path, task):
    teacher, sampler = checkpoint(tmp_path / "bert", task)

    def once() -> Encoder:
        return distil(teacher, shape(teacher, 48), sampler, PLAN, 3, tmp_path / "distil.part.pt")

    one, other = once(), once()
    assert one.shape.heads == (12,) * 4 and one.shape.hidden == 48
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))
