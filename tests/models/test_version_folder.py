"""Is the committed version complete, and as good as its card says?"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pyshim.language.router import Router
from pyshim.understanding import recall
from pyshim.understanding.folder import check
from pyshim.understanding.student import Encoder
from triton_models.build.corpus import Corpus, own
from triton_models.build.examine import Side, at_threshold, examine, table
from triton_models.build.measure import sentences_of
from triton_models.build.recall import measured as measure_recall
from triton_models.build.shipped import faq, shipped
from triton_models.build.split import split
from triton_models.build.tenancy import Tenancy

MODELS = Path(__file__).resolve().parents[2] / "triton_models"
STUDENT = MODELS / "repository/student"
VERSION = STUDENT / "1"
# onnxruntime's INT8 kernels differ a little between processors: a few sentences of the thousand may change sides.
STUDENT_TOLERANCE, ROUTER_TOLERANCE, RECALL_TOLERANCE = 0.015, 0.002, 0.05


@pytest.fixture(scope="module")
def card() -> dict[str, Any]:
    return json.loads((VERSION / "card.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return own()


@pytest.fixture(scope="module")
def held(corpus: Corpus) -> Corpus:
    return split(corpus)[1]


@pytest.fixture(scope="module")
def side(corpus: Corpus, held: Corpus) -> Side:
    student = Encoder.load(VERSION / "student.onnx", VERSION / "tokenizer.json")
    return examine(held, Tenancy.of(corpus), student, Router.load(VERSION / "router.bin"))


def labels() -> list[str]:
    return (VERSION / "labels.txt").read_text(encoding="utf-8").split()


def test_every_file_is_there_and_none_is_too_large():
    check(VERSION)
    weights = sum((VERSION / name).stat().st_size for name in ("student.onnx", "router.bin", "sensitive.bin", "recall.npz"))
    assert weights <= 16_000_000  # the repository carries them


def test_it_was_made_from_these_very_sentences(card, corpus):
    assert labels() == corpus.labels
    assert card["data_sha256"] == corpus.digest, "the sentences changed since: run the build again"
    assert card["faq_sha256"] == faq(shipped()).digest, "the FAQs changed since: run the build again"


@pytest.mark.parametrize("config", ["config.pbtxt", "configs/gpu.pbtxt"])
def test_the_configuration_fits_any_number_of_labels(config):
    text = (STUDENT / config).read_text(encoding="utf-8")
    sizes = dict(re.findall(r'name: "(LOGITS|EMBEDDING)" data_type: TYPE_FP32 dims: \[ (-?\d+) \]', text))
    assert sizes == {"LOGITS": "-1", "EMBEDDING": "128"}  # a version with other intents is served beside the old one


def test_the_model_file_is_the_one_in_the_build():
    assert (VERSION / "model.py").read_bytes() == (MODELS / "build/triton_model.py").read_bytes()


def test_embeddings_have_length_one():
    student = Encoder.load(VERSION / "student.onnx", VERSION / "tokenizer.json")
    logits, embedding = student.read(["快递到哪了", "退货" * 60])
    assert logits.shape == (2, len(labels()))
    np.testing.assert_allclose(np.linalg.norm(embedding, axis=1), 1, atol=1e-3)


def test_nginx_and_python_agree_on_every_validation_sentence(lua, held):
    opened, err = lua.open(VERSION / "router.bin")
    assert err is None
    router = Router.load(VERSION / "router.bin")
    assert router.shape.classes == len(labels())
    for sentence in sentences_of(held):
        expected, found = router.logits(sentence), lua.logits(opened, sentence.encode())
        assert (expected is None) == (found is None)
        if expected is not None:
            np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


def differences(measured: dict[str, Any], carded: dict[str, Any]) -> dict[str, float]:
    return {f"{who} {what}": abs(measured[who][what] - value) for who, values in carded.items() for what, value in values.items()}


@pytest.mark.long
def test_the_student_is_as_good_as_its_card_says(card, side):
    measured = differences(table(side.logits, side), card["validation"]["student_int8"])
    assert max(measured.values()) <= STUDENT_TOLERANCE, measured


def test_eight_bits_cost_little(card):
    full, small = (card["steps"][step]["accuracy"] for step in ("prune", "quantise"))
    assert small >= full - 0.02


def test_the_router_is_as_good_as_its_card_says(card, side):
    measured = differences(table(side.routed, side), card["validation"]["router"])
    assert max(measured.values()) <= ROUTER_TOLERANCE, measured


def test_the_thresholds_are_those_that_follow_from_validation(card, side):
    calibration = json.loads((VERSION / "calibration.json").read_text(encoding="utf-8"))
    assert set(calibration) == {"temperature", "foreign", "twins", "router_thresholds", "recall_threshold"}
    assert calibration["router_thresholds"] == side.calibration["router_thresholds"]
    assert all(threshold >= 0.5 for threshold in calibration["router_thresholds"].values())
    measured = differences(at_threshold(side), card["validation"]["router_at_threshold"])
    assert max(measured.values()) <= ROUTER_TOLERANCE, measured


@pytest.mark.long
def test_recall_is_as_good_as_its_card_says(card):
    student = Encoder.load(VERSION / "student.onnx", VERSION / "tokenizer.json")
    judge = recall.load(VERSION)
    assert judge is not None
    faqs = {tenant.id: [question.wordings for question in tenant.faq] for tenant in shipped()}
    measured = differences(measure_recall(judge, student, faqs), card["recall"]["held"])
    assert judge.threshold == pytest.approx(card["recall"]["threshold"])
    assert max(measured.values()) <= RECALL_TOLERANCE, measured


@pytest.mark.parametrize(
    ("text", "intent"),
    [("俺的快第咋还木有到", "delivery_late"), ("我的订单20231105什么时候到", "logistics_track")],
)
def test_the_shop_understands_a_hurried_customer(corpus, text, intent):
    student = Encoder.load(VERSION / "student.onnx", VERSION / "tokenizer.json")
    logits, _ = student.read([text])
    seen = Tenancy.of(corpus).seen(frozenset(next(one.intents for one in shipped() if one.id == "shop")))
    assert labels()[int(np.where(seen, logits[0], -np.inf).argmax())] == intent
