"""Which attention heads can be done without?

Those whose gates matter least to the loss: |d loss / d gate| summed over training batches, normalised layer by layer (the first
term of its Taylor expansion; Michel et al., 2019). Each layer keeps its best; the rest are cut out of its matrices and
the student recovers by learning on from the teacher for a while.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor

from triton_models.build.descend import Descent, descend
from triton_models.build.distil import Lesson
from triton_models.build.network import Block, Encoder


@dataclass(frozen=True)
class Plan:
    kept: int = 6
    batches: int = 24
    steps: int = 400
    rate: float = 3e-4


def importance(student: Encoder, lesson: Lesson, batches: int) -> Tensor:
    """float [layers, heads], each layer of length one."""
    student.eval()
    total = torch.zeros(student.shape.layers, 12)
    for step in range(batches):
        gates = [torch.ones(heads, requires_grad=True) for heads in student.shape.heads]
        loss = lesson.words(student, step, gates)
        for number, grad in enumerate(torch.autograd.grad(loss, gates)):
            total[number] += grad.abs()
    return total / total.norm(dim=1, keepdim=True)


def cut(student: Encoder, weight: Tensor, kept: int) -> Encoder:
    """A student with so many heads a layer, the most important ones, and all else the same. weight [layers, heads]."""
    pruned = Encoder(replace(student.shape, heads=(kept,) * student.shape.layers))
    for name, part in student.named_children():
        if name != "blocks":
            getattr(pruned, name).load_state_dict(part.state_dict())
    for old, new, layer in zip(student.blocks, pruned.blocks, weight, strict=True):
        assert isinstance(old, Block)
        assert isinstance(new, Block)
        _cut_block(old, new, layer.topk(kept).indices.sort().values)
    return pruned


def _cut_block(old: Block, new: Block, heads: Tensor) -> None:
    columns = (heads[:, None] * old.head_size + torch.arange(old.head_size)).flatten()  # of one of query, key, value
    width = old.heads * old.head_size
    rows = torch.cat([columns + part * width for part in range(3)])
    for name in ("before_attention", "before_feed", "feed_in", "feed_out"):
        getattr(new, name).load_state_dict(getattr(old, name).state_dict())
    with torch.no_grad():
        new.query_key_value.weight.copy_(old.query_key_value.weight[rows])
        new.query_key_value.bias.copy_(old.query_key_value.bias[rows])
        new.attended.weight.copy_(old.attended.weight[:, columns])
        new.attended.bias.copy_(old.attended.bias)


def prune(student: Encoder, lesson: Lesson, plan: Plan, seed: int, saved: Path) -> Encoder:
    torch.manual_seed(seed)
    pruned = cut(student, importance(student, lesson, plan.batches), plan.kept)
    return descend(
        pruned, lambda step: lesson.words(pruned, 500_000 + step), Descent("pruned", plan.steps, plan.rate, seed), saved
    )
