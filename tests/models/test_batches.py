"""Are the sentences of each batch as different as they are meant to be, and said to tenants that have their intents?"""

from __future__ import annotations

from pathlib import Path

import pytest

from triton_models.build.corpus import GENERAL, OUT_OF_SCOPE, own
from triton_models.build.report import report
from triton_models.build.shipped import shipped

MODELS = Path(__file__).resolve().parents[2] / "triton_models"
BATCHES = sorted(folder for folder in (MODELS / "batches").iterdir() if folder.is_dir())


def test_a_report_names_what_repeats_and_what_is_nearly_the_same():
    groups = [["我想退货", "我想退款"], ["我想退货了", "我想换货"], ["我想问运费谁出"]]
    found = report(groups)
    assert (found.groups, found.sentences) == (3, 5)
    assert found.repeated == ["我想… 5x"]
    assert found.copies == [("我想退货", "我想退货了")]


@pytest.mark.parametrize("batch", BATCHES, ids=lambda folder: folder.name)
def test_every_sentence_has_an_intent_of_whom_it_is_said_to(batch):
    own = {one.id: set(one.intents) for one in shipped()}
    for path in batch.rglob("*.txt"):
        tenant, intent = path.parent.name, path.stem
        assert intent == OUT_OF_SCOPE or intent in (set.intersection(*own.values()) if tenant == GENERAL else own[tenant]), path


def test_all_of_them_are_read_and_no_sentence_stands_twice():
    assert {group.batch for group in own().groups} == {"", *(folder.name for folder in BATCHES)}  # reading refuses a second one
