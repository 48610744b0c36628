"""How does the student learn?

First as a bag of characters and pairs, which takes seconds and gives the transformer vectors that mean something to
stand on; then whole. The loss is cross-entropy over the labels that a sentence is told apart from, and for the whole
student a contrastive term, which draws the paraphrases of a group together and, more weakly, the sentences of an
intent. The weights kept are a running mean of the last few hundred steps. The number of steps is fixed, not the time:
one seed gives one student on one kind of processor.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from triton_models.build.batches import Batch, Sampler
from triton_models.build.network import Student


@dataclass(frozen=True)
class Plan:
    """What one training run does. A batch holds so many pairs of sentences of one group."""

    bag_steps: int = 2000
    bag_pairs: int = 64
    bag_rate: float = 3e-3
    meaning_steps: int = 1000
    meaning_pairs: int = 64
    rate: float = 1e-3
    smoothing: float = 0.1
    contrast: float = 0.3
    contrast_temperature: float = 0.1
    same_intent: float = 0.25
    averaging: float = 0.995


def train(student: Student, sampler: Sampler, plan: Plan, loose: Tensor) -> Student:
    """loose bool [labels]: intents so broad that sharing one says little about two sentences."""

    def bag_loss() -> Tensor:
        batch = sampler.batch(plan.bag_pairs)
        logits = torch.cat([student.guess_from_bag(ids) for ids in batch.ids])
        return _cross_entropy(logits.float(), batch, plan.smoothing)

    def meaning_loss() -> Tensor:
        return _meaning_loss(student, sampler.batch(plan.meaning_pairs), plan, loose)

    student.train()
    for _ in _descend(student, bag_loss, plan.bag_steps, plan.bag_rate, "bags"):
        pass
    kept = deepcopy(student)
    for step in _descend(student, meaning_loss, plan.meaning_steps, plan.rate, "meanings"):
        share = min(plan.averaging, (1 + step) / (10 + step))
        with torch.no_grad():
            torch._foreach_lerp_(list(kept.parameters()), list(student.parameters()), 1 - share)
    return kept.eval()


def _descend(student: nn.Module, loss_of: Callable[[], Tensor], steps: int, rate: float, what: str) -> Iterator[int]:
    """Takes the steps, yielding after each; the rate climbs for a tenth of them and then falls to nothing."""
    optimizer = torch.optim.AdamW(student.parameters(), lr=rate, weight_decay=0.05, betas=(0.9, 0.98), fused=True)
    warm = max(1, steps // 10)
    for step in range(steps):
        share = step / warm if step < warm else (1 + math.cos(math.pi * (step - warm) / (steps - warm))) / 2
        for group in optimizer.param_groups:
            group["lr"] = rate * share
        with torch.autocast("cpu", torch.bfloat16):
            loss = loss_of()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(student.parameters(), 1.0)
        optimizer.step()
        if step % 250 == 0 or step == steps - 1:
            print(f"  {what} {step + 1}/{steps}: loss {loss.item():.3f}", flush=True)
        yield step


def _meaning_loss(student: Student, batch: Batch, plan: Plan, loose: Tensor) -> Tensor:
    read = [student(ids) for ids in batch.ids]
    logits, embedding = (torch.cat(parts) for parts in zip(*read, strict=True))
    meant = _cross_entropy(logits.float(), batch, plan.smoothing)
    return meant + plan.contrast * _contrast(embedding.float(), batch, plan, loose)


def _cross_entropy(logits: Tensor, batch: Batch, smoothing: float) -> Tensor:
    """Cross-entropy over what each sentence is told apart from, a little of the target spread over all of that."""
    log_share = logits.masked_fill(~batch.apart, -math.inf).log_softmax(1)
    right = functional.nll_loss(log_share, batch.intent)
    even = -(log_share.masked_fill(~batch.apart, 0).sum(1) / batch.apart.sum(1)).mean()
    return (1 - smoothing) * right + smoothing * even


def _contrast(embedding: Tensor, batch: Batch, plan: Plan, loose: Tensor) -> Tensor:
    """Each sentence should find those of its group, then of its intent, before all others of the batch."""
    itself = torch.eye(len(embedding), dtype=torch.bool)
    near = (embedding @ embedding.T / plan.contrast_temperature).masked_fill(itself, -math.inf).log_softmax(1)
    intent = (batch.intent[:, None] == batch.intent) & ~loose[batch.intent]
    weight = torch.where(batch.group[:, None] == batch.group, 1.0, intent * plan.same_intent)
    weight = weight.masked_fill(itself, 0)
    return -(weight * near.masked_fill(itself, 0)).sum() / weight.sum()
