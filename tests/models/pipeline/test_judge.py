"""Are the figures right where they can be worked out by hand?"""

from __future__ import annotations

import numpy as np
import pytest

from triton_models.bench.near import auroc, strangeness
from triton_models.build import calibrate
from triton_models.build.embed import spearman
from triton_models.build.judge import PlainJudge, TenantJudge, calibration_error
from triton_models.build.measure import Questions, weighed
from triton_models.build.task import Example, Task

CONFIDENCE = np.array([0.9, 0.9, 0.9, 0.9, 0.5, 0.5])


@pytest.mark.parametrize(
    ("right", "wanted"),
    [
        ([1, 1, 1, 1, 1, 1], (4 * 0.1 + 2 * 0.5) / 6),
        ([1, 1, 1, 0, 1, 0], (4 * 0.15 + 2 * 0.0) / 6),
        ([0, 0, 0, 0, 0, 0], (4 * 0.9 + 2 * 0.5) / 6),
    ],
)
def test_calibration_error_is_the_gap_between_said_and_right_weighed_by_how_many(right, wanted):
    assert calibration_error(CONFIDENCE, np.array(right, bool)) == pytest.approx(wanted)


def test_who_is_sure_and_right_has_no_calibration_error():
    assert calibration_error(np.ones(3), np.ones(3, bool)) == 0


def plain(*intents: str) -> PlainJudge:
    held = tuple(Example(f"{number}", intent, number) for number, intent in enumerate(intents))
    return PlainJudge(Task("toy", ("a", "b", "c"), (), held))


def test_a_plain_judge_counts_every_label():
    found = plain("a", "a", "b", "c").figures(np.array([[9, 0, 0], [0, 9, 0], [0, 9, 0], [0, 0, 9]]))
    assert found["accuracy"] == 0.75
    assert found["macro_f1"] == round((2 / 3 + 2 / 3 + 1) / 3, 4)
    assert found["questions"] == 4


def test_a_plain_judge_warms_what_is_too_sure_until_it_is_as_right_as_it_says():
    logits = np.tile([2 * np.log(8), 0.0, 0.0], (10, 1))  # at temperature 2: eight to one to one
    found = plain(*"aaaaaaaabc").figures(logits)
    assert found["temperature"] == 2.0
    assert found["ece"] == pytest.approx(0, abs=1e-3)


def test_a_tenant_is_asked_its_own_questions_and_what_is_another_tenants_is_out_of_scope():
    """Labels: 0 mine, 1 another tenant's, 2 out of scope, 3 another tenant's twin of mine, which does not compete."""
    asked = Questions(
        tenant="shop",
        seen=np.array([True, True, True, False]),
        mine=np.array([True, False, True, False]),
        hot=np.array([True, False, False, False]),
        row=np.array([0, 1, 2]),
        label=np.array([0, 2, 2]),
        native=np.array([True, True, False]),
        weight=np.array([0.85, 0.12, 0.03]),
    )
    judge = TenantJudge(["一", "二", "三"], [asked], 2)
    found = judge.figures(np.array([[3, 0, 0, 9], [0, 0, 5, 0], [0, 5, 0, 0]], dtype=np.float32))
    assert found["accuracy"] == 1
    assert found["out_of_scope_recall"] == 1
    assert found["questions"] == 2
    assert found["tenants"]["shop"]["accuracy"] == 1
    wrong = judge.figures(np.array([[0, 5, 0, 0], [0, 0, 5, 0], [5, 0, 0, 0]], dtype=np.float32))
    assert (wrong["accuracy"], wrong["out_of_scope_recall"]) == (0.12, 0.5)  # by how often each is asked, and by sentences


def test_questions_weigh_what_they_weigh_in_life_however_many_there_are():
    own, outside, foreign = np.array([1, 1, 0, 0, 0]), np.array([0, 0, 1, 0, 0]), np.array([0, 0, 0, 1, 1])
    weight = weighed((own == 1, outside == 1, foreign == 1))
    assert weight == pytest.approx([0.425, 0.425, 0.12, 0.015, 0.015])
    assert weighed((own == 1, foreign == 1, outside == 9)).sum() == pytest.approx(1)


def test_an_intent_that_the_tenant_does_not_have_is_as_rare_as_in_life():
    """Half of all training sentences are of another tenant, three in a hundred of what is asked."""
    draw = np.random.default_rng(7)
    label = np.array([0] * 40 + [2] * 40 + [2] * 40)
    kind = np.array([0] * 40 + [2] * 40 + [1] * 40)
    logits = np.eye(3)[kind] * 3 + draw.normal(0, 1.2, (120, 3))
    asked = Questions(
        "shop",
        np.array([True] * 3),
        np.array([True, False, True]),
        np.array([True, False, False]),
        np.arange(120),
        label,
        kind != 1,
        weighed((kind == 0, kind == 2, kind == 1)),
    )
    _, foreign = calibrate.reading(logits, [asked], 2)
    assert foreign < 0.3


@pytest.mark.parametrize(
    ("inside", "outside", "wanted"),
    [([1, 2], [3, 4], 1.0), ([3, 4], [1, 2], 0.0), ([1, 3], [2, 4], 0.75), ([1, 1], [1, 1], 0.5), ([1, 2], [2], 0.75)],
)
def test_auroc_is_the_share_of_pairs_in_order_ties_half(inside, outside, wanted):
    assert auroc(np.array(inside), np.array(outside)) == wanted


def test_what_has_one_high_score_is_less_strange_than_what_has_none():
    for name, strange in strangeness(np.array([[8.0, 0, 0], [0.1, 0, 0]]), 1.0, outside=2).items():
        assert strange[0] < strange[1], name


def test_spearman_with_ties_by_hand():
    """Ranks 0, 1.5, 1.5, 3 and 0, 2, 1, 3: covariance 4.5 of 4.5 and 5."""
    assert spearman(np.array([1, 2, 2, 9], np.float32), np.array([0.1, 0.3, 0.2, 0.4])) == pytest.approx(4.5 / (4.5 * 5) ** 0.5)


def test_spearman_of_the_same_and_of_the_opposite_order():
    up = np.array([0.1, 0.5, 0.9])
    assert spearman(up.astype(np.float32), up**3) == pytest.approx(1)
    assert spearman(up.astype(np.float32), -up) == pytest.approx(-1)
