"""How does a student of four layers learn what a teacher of twelve knows?

It begins with the teacher's tokens, pairs and heads, and with every third of its layers; or, where the teacher is a checkpoint,
with the teacher's tokens as far as its own width can tell them apart. First it imitates how the teacher reads: attention
scores and hidden states, layer by layer (the map of TinyBERT, Jiao et al., 2020). Then what it says: logits at a
temperature, beside the true labels and which sentences are near.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from triton_models.build import losses
from triton_models.build.batches import Batch, Sampler
from triton_models.build.bert import Bert
from triton_models.build.descend import Descent, descend
from triton_models.build.network import Architecture, Encoder, Reading

LAYERS = 4
STATES_FROM, WORDS_FROM = 1_000_000, 2_000_000  # other sentences than the teacher met


@dataclass(frozen=True)
class Plan:
    states_steps: int = 250
    steps: int = 1000
    rate: float = 7e-4
    pairs: int = 64
    temperature: float = 2.0
    true_label_share: float = 0.3
    smoothing: float = 0.1
    contrast: float = 0.3
    contrast_temperature: float = 0.1
    same_intent: float = 0.25


def layer_map(student_layers: int, teacher_layers: int) -> list[int]:
    """The teacher's layer, 0-based, that each of the student's imitates: the last of each part, and the parts are as
    equal as they can be."""
    return [teacher_layers * (layer + 1) // student_layers - 1 for layer in range(student_layers)]


def newborn(teacher: Encoder) -> Encoder:
    """A student with all that the teacher has but its layers, and of these every third."""
    student = Encoder(replace(teacher.shape, heads=(12,) * LAYERS))
    for name, part in teacher.named_children():
        if name != "blocks":
            getattr(student, name).load_state_dict(part.state_dict())
    for block, number in zip(student.blocks, layer_map(LAYERS, teacher.shape.layers), strict=True):
        block.load_state_dict(teacher.blocks[number].state_dict())
    return student


def stranger(teacher: Bert, shape: Architecture) -> Encoder:
    """A student of that shape with the teacher's tokens, as near as its width allows: their first principal components."""
    student = Encoder(replace(shape, heads=(12,) * LAYERS))
    with torch.no_grad():
        table = teacher.characters.weight.float()
        table = table - table.mean(0)
        _, directions = torch.linalg.eigh(table.T @ table)  # the widest last
        chosen = table @ directions[:, -min(shape.hidden, table.shape[1]) :].flip(1)
        student.characters.weight[:, : chosen.shape[1]] = chosen * (student.characters.weight.std() / chosen.std())
        student.characters.weight[0] = 0
    return student


def distil(teacher: Encoder | Bert, shape: Architecture, sampler: Sampler, plan: Plan, seed: int, saved: Path) -> Encoder:
    """shape: of the student, but for its layers."""
    torch.manual_seed(seed)
    student = stranger(teacher, shape) if isinstance(teacher, Bert) else newborn(teacher)
    lesson, states = Lesson(teacher, sampler, plan), saved.with_suffix(".states.pt")
    if plan.states_steps and not saved.exists():
        imitation = Imitation(student, teacher.shape.hidden)
        descent = Descent("student's states", plan.states_steps, plan.rate, seed + 1, averaging=0)
        descend(imitation, lambda step: lesson.states(imitation, step), descent, states)
    return descend(student, lambda step: lesson.words(student, step), Descent("student", plan.steps, plan.rate, seed + 2), saved)


class Imitation(nn.Module):
    """The student and, where the teacher is wider or narrower, what its states are held up to the teacher's through."""

    def __init__(self, student: Encoder, width: int) -> None:
        super().__init__()
        self.student = student
        hidden = student.shape.hidden
        self.through = nn.Identity() if hidden == width else nn.Linear(hidden, width)


class Lesson:
    """What the teacher shows, two ways. Steps of each way meet other sentences."""

    def __init__(self, teacher: Encoder | Bert, sampler: Sampler, plan: Plan) -> None:
        self._teacher, self._sampler, self._plan = teacher.eval(), sampler, plan
        self._loose = torch.tensor([label in sampler.task.broad for label in sampler.task.labels])

    def states(self, pupil: Imitation, step: int) -> Tensor:
        batch = self._sampler.batch(STATES_FROM + step, self._plan.pairs)
        parts = [_unlike(pupil.student.read(ids), self._shown(ids), pupil.through) for ids in batch.ids]
        return torch.stack(parts).mean()

    def words(self, student: Encoder, step: int, gates: list[Tensor] | None = None) -> Tensor:
        batch = self._sampler.batch(WORDS_FROM + step, self._plan.pairs)
        mine = [student.read(ids, gates) for ids in batch.ids]
        its = [self._shown(ids) for ids in batch.ids]
        return self._words(mine, its, batch)

    def _words(self, mine: list[Reading], its: list[Reading], batch: Batch) -> Tensor:
        plan = self._plan
        logits = torch.cat([one.logits for one in mine]).float()
        shown = torch.cat([one.logits for one in its]).float()
        embedding = torch.cat([one.embedding for one in mine]).float()
        like = losses.like_teacher(logits, shown, batch.apart, plan.temperature)
        meant = losses.meant(logits, batch, plan.smoothing)
        near = losses.near(embedding, batch, plan.contrast_temperature, plan.same_intent, self._loose)
        return (1 - plan.true_label_share) * like + plan.true_label_share * meant + plan.contrast * near

    def _shown(self, ids: Tensor) -> Reading:
        with torch.no_grad():
            return self._teacher.read(ids)


def _unlike(mine: Reading, its: Reading, through: nn.Module) -> Tensor:
    """Mean squared difference of attention scores, where both have as many heads, and of hidden states, each layer against its
    teacher's."""
    real = mine.real
    both = real @ real.transpose(1, 2)  # [batch, tokens, tokens]: 1 where both are tokens
    total = real.new_zeros(())
    for layer, number in enumerate(layer_map(len(mine.states), len(its.states))):
        if mine.attention[layer].shape == its.attention[number].shape:
            total = total + _difference(mine.attention[layer], its.attention[number], both[:, None])
        total = total + _difference(_level(through(mine.states[layer])), _level(its.states[number]), real)
    return total / len(mine.states)


def _level(states: Tensor) -> Tensor:
    """States grow from layer to layer; what they say is in their direction."""
    return functional.layer_norm(states.float(), states.shape[-1:])


def _difference(mine: Tensor, its: Tensor, weight: Tensor) -> Tensor:
    squared = (mine.float() - its.float()) ** 2 * weight
    return squared.sum() / weight.expand_as(squared).sum()
