"""What should a network's answers have been?

All take logits and embeddings as float32 and give one number.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from triton_models.build.batches import Batch


def meant(logits: Tensor, batch: Batch, smoothing: float) -> Tensor:
    """Cross-entropy over what each sentence is told apart from, a little of the target spread over all of that."""
    log_share = logits.masked_fill(~batch.apart, -math.inf).log_softmax(1)
    right = functional.nll_loss(log_share, batch.intent)
    even = -(log_share.masked_fill(~batch.apart, 0).sum(1) / batch.apart.sum(1)).mean()
    return (1 - smoothing) * right + smoothing * even


def near(embedding: Tensor, batch: Batch, temperature: float, same_intent: float, loose: Tensor) -> Tensor:
    """together() of a batch. loose bool [labels]: intents so broad that sharing one says little about two sentences."""
    return together(embedding, batch.group, batch.intent, loose[batch.intent], temperature, same_intent)


def together(embedding: Tensor, group: Tensor, intent: Tensor, loose: Tensor, temperature: float, same_intent: float) -> Tensor:
    """Each sentence should find those of its group, then (by same_intent) of its intent, before all others. group and intent
    int64 [n]; loose bool [n]: its intent says little."""
    itself = torch.eye(len(embedding), dtype=torch.bool)
    close = (embedding @ embedding.T / temperature).masked_fill(itself, -math.inf).log_softmax(1)
    same = (intent[:, None] == intent) & ~loose
    weight = torch.where(group[:, None] == group, 1.0, same * same_intent)
    weight = weight.masked_fill(itself, 0)
    return -(weight * close.masked_fill(itself, 0)).sum() / weight.sum()


def like_teacher(logits: Tensor, wanted: Tensor, apart: Tensor, temperature: float) -> Tensor:
    """Divergence from the teacher's softmax at a temperature, over what each sentence is told apart from; times the square of
    the temperature, so that its gradient stays as large (Hinton et al., 2015)."""
    mine = (logits / temperature).masked_fill(~apart, -math.inf).log_softmax(1).masked_fill(~apart, 0)
    its = (wanted / temperature).masked_fill(~apart, -math.inf).softmax(1)
    apart_share = (its * (its.clamp_min(1e-9).log() - mine)).sum(1).mean()
    return apart_share * temperature**2
