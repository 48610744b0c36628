"""How does the teacher learn?

First as a bag of tokens and pairs, which takes seconds and gives the transformer vectors that mean something to stand on;
then whole. The loss is cross-entropy over the labels that a sentence is told apart from, and for the whole a contrastive
term, which draws the paraphrases of a group together and, more weakly, the sentences of an intent.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor

from triton_models.build import losses
from triton_models.build.batches import Batch, Sampler
from triton_models.build.bert import Bert
from triton_models.build.descend import Descent, descend
from triton_models.build.network import Encoder
from triton_models.build.use import Use


@dataclass(frozen=True)
class Plan:
    """What one training run does. A batch holds so many pairs of sentences of one group. bag_steps: 0 for a teacher without a
    bag."""

    bag_steps: int = 2000
    bag_rate: float = 3e-3
    steps: int = 1000
    rate: float = 7e-4
    pairs: int = 64
    smoothing: float = 0.1
    contrast: float = 0.3
    contrast_temperature: float = 0.1
    same_intent: float = 0.25


Teacher = TypeVar("Teacher", Encoder, Bert, Use)


def teach(encoder: Teacher, sampler: Sampler, plan: Plan, seed: int, saved: Path) -> Teacher:
    loose = torch.tensor([label in sampler.task.broad for label in sampler.task.labels])

    def bag_loss(step: int) -> Tensor:
        batch = sampler.batch(step, plan.pairs)
        logits = torch.cat([encoder.guess_from_bag(ids) for ids in batch.ids])
        return losses.meant(logits.float(), batch, plan.smoothing)

    def whole_loss(step: int) -> Tensor:
        batch = sampler.batch(plan.bag_steps + step, plan.pairs)
        logits, embedding = both(encoder, batch)
        spoken = losses.meant(logits, batch, plan.smoothing)
        return spoken + plan.contrast * losses.near(embedding, batch, plan.contrast_temperature, plan.same_intent, loose)

    bags = saved.with_suffix(".bags.pt")
    if not saved.exists() and plan.bag_steps:
        descend(encoder, bag_loss, Descent("teacher's bag", plan.bag_steps, plan.bag_rate, seed, averaging=0), bags)
    return descend(encoder, whole_loss, Descent("teacher", plan.steps, plan.rate, seed + 1), saved)


def both(encoder: Encoder | Bert | Use, batch: Batch) -> tuple[Tensor, Tensor]:
    """LOGITS and EMBEDDING of a batch, float32."""
    read = [encoder(ids) for ids in batch.ids]
    logits, embedding = (torch.cat(parts).float() for parts in zip(*read, strict=True))
    return logits, embedding
