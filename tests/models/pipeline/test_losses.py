"""Do the losses ask for what they should?"""

from __future__ import annotations

import math

import pytest
import torch

from triton_models.build import losses
from triton_models.build.batches import Batch

LOGITS = torch.tensor([[2.0, -1.0, 0.5], [0.0, 3.0, 1.0]])
EVERYTHING = torch.ones(2, 3, dtype=torch.bool)
BUT_THE_LAST = torch.tensor([[True, True, False]] * 2)


def batch(intent: list[int], group: list[int], apart: torch.Tensor = EVERYTHING) -> Batch:
    return Batch([], torch.tensor(intent), torch.tensor(group), apart)


def test_who_says_what_the_teacher_says_loses_nothing():
    assert losses.like_teacher(LOGITS, LOGITS, EVERYTHING, 2.0) == pytest.approx(0, abs=1e-6)
    assert losses.like_teacher(LOGITS + 5, LOGITS, EVERYTHING, 2.0) == pytest.approx(0, abs=1e-6)
    assert losses.like_teacher(-LOGITS, LOGITS, EVERYTHING, 2.0) > 0.5


def test_the_divergence_from_the_teacher_is_kullback_and_leiblers_at_that_temperature():
    mine, its = LOGITS / 2, LOGITS.flip(1) / 2
    expected = (its.softmax(1) * (its.log_softmax(1) - mine.log_softmax(1))).sum(1).mean() * 4
    assert losses.like_teacher(LOGITS, LOGITS.flip(1), EVERYTHING, 2.0) == pytest.approx(float(expected), abs=1e-5)


def test_labels_that_are_not_told_apart_do_not_matter():
    other = LOGITS + torch.tensor([0.0, 0.0, 50.0])
    said = batch([0, 1], [0, 1], BUT_THE_LAST)
    assert losses.meant(LOGITS, said, 0.1) == losses.meant(other, said, 0.1)
    wanted = LOGITS.flip(0)
    assert losses.like_teacher(LOGITS, wanted, BUT_THE_LAST, 2.0) == losses.like_teacher(other, wanted, BUT_THE_LAST, 2.0)


def test_masked_labels_pass_no_gradient_and_no_number_that_is_none():
    logits = LOGITS.clone().requires_grad_()
    said = batch([0, 1], [0, 1], BUT_THE_LAST)
    (losses.meant(logits, said, 0.1) + losses.like_teacher(logits, LOGITS.flip(0), BUT_THE_LAST, 2.0)).backward()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()
    assert logits.grad[:, 2].tolist() == [0, 0]


def test_smoothing_spreads_a_little_of_the_target():
    log_share = LOGITS.log_softmax(1)
    expected = -(0.9 * (log_share[0, 0] + log_share[1, 1]) / 2 + 0.1 * log_share.mean())
    assert losses.meant(LOGITS, batch([0, 1], [0, 1]), 0.1) == pytest.approx(float(expected), abs=1e-6)


EAST, NORTH = [1.0, 0.0], [0.0, 1.0]
NONE_LOOSE = torch.zeros(2, dtype=torch.bool)


def test_near_prefers_groups_to_intents_and_intents_to_nothing():
    """Two groups of intent 0, one of intent 1: who may stand beside whom?"""
    said = batch([0, 0, 0, 0, 1, 1], [0, 0, 1, 1, 2, 2])

    def loss(where: list[list[float]]) -> float:
        return float(losses.near(torch.tensor(where), said, 0.1, 0.25, NONE_LOOSE))

    west = [-1.0, 0.0]
    groups_together = loss([EAST, EAST, NORTH, NORTH, west, west])
    groups_parted = loss([EAST, NORTH, EAST, NORTH, west, west])
    intents_mixed = loss([EAST, EAST, west, west, EAST, EAST])
    assert groups_together < groups_parted
    assert groups_together < intents_mixed


def test_two_sentences_of_a_loose_intent_need_not_be_near():
    said = batch([0, 0, 0, 0], [0, 0, 1, 1])
    loose = torch.tensor([True, False])
    parted = torch.tensor([EAST, EAST, NORTH, NORTH])
    assert losses.near(parted, said, 0.1, 0.25, loose) < 0.01
    assert losses.near(parted, said, 0.1, 0.25, NONE_LOOSE) > 1
    assert math.isfinite(losses.near(parted, said, 0.1, 0.25, loose))
