"""Does a confirmer that is trained now keep shop questions readable, and catch strong words?"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pyshim.language.router import Router
from pyshim.settings import read_settings
from pyshim.tenants.compile import compile_all
from pyshim.words import lexicon, offence, sensitive
from pyshim.words.sensitive import load

DATA = read_settings().datasets
NEEDED = ("sensitive_lexicon", "cold_offensive", "jddc_intent", "massive_zh", "crosswoz")
pytestmark = [
    pytest.mark.real,  # half a minute of training: not for `make check`
    pytest.mark.skipif(not all((DATA / name).is_dir() for name in NEEDED), reason=f"{DATA} is not there: no lists, no text"),
]
SEED = 20231105


@pytest.fixture(scope="module", autouse=True)
def read_once() -> Iterator[None]:
    """Who trains, who measures and who masks read the same lists, a hundred thousand words."""
    pytest.importorskip("torch", reason="torch is not installed: nothing can be trained")
    with pytest.MonkeyPatch.context() as patch:
        read = cache(lexicon.read)
        for reader in (lexicon, sensitive, importlib.import_module("triton_models.build.sensitive")):
            patch.setattr(reader, "read", read)
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch = pytest.importorskip("torch", reason="torch is not installed: nothing can be trained")
    from triton_models.build.sensitive import train_sensitive

    torch.set_num_threads(1)
    made = tmp_path_factory.mktemp("confirmer")
    train_sensitive(DATA, made, SEED)
    return made


@pytest.fixture(scope="module")
def figures(folder: Path) -> dict[str, Any]:
    from triton_models.bench.sensitive import measured

    return measured(DATA, folder)


def test_of_real_shop_questions_at_most_one_in_two_thousand_is_masked(figures):
    assert figures["words"] > 100_000
    assert figures["shop_questions"]["questions"] == 6_250
    assert figures["shop_questions"]["percent"] <= 0.05


def test_four_of_five_offensive_sentences_with_a_listed_strong_word_are_caught(figures):
    assert figures["listed_strong_words"]["offensive"]["sentences"] > 500
    assert figures["listed_strong_words"]["offensive"]["percent"] >= 80


def test_harmless_sentences_with_the_same_words_are_mostly_left_alone(figures):
    assert figures["listed_strong_words"]["harmless"]["percent"] <= 30


def test_the_confirmer_is_right_by_itself_and_small(figures, folder):
    assert figures["confirmer_on_cold_dev"]["accuracy"] >= 0.83
    assert (folder / offence.TABLE).stat().st_size <= 1 << 20


def test_the_edge_can_read_the_same_table(folder, lua):
    opened, _ = lua.open(folder / offence.TABLE)
    for text in ("这些黑鬼真恶心", "我的手机到哪了", "ＦＵＣＫ 123"):
        expected = Router.load(folder / offence.TABLE).logits(text)
        np.testing.assert_allclose(lua.logits(opened, text.encode()), expected, rtol=0, atol=1e-9)


def test_no_answer_or_phrase_of_the_shipped_tenants_is_masked(folder):
    masks = load((DATA / "sensitive_lexicon",), folder)
    for tenant in compile_all(read_settings({})).tenants.values():
        said = [reply.answer for reply in tenant.replies.values()] + [question.answer for question in tenant.faq]
        said += [text for task in tenant.tasks.values() for text in (task.done, task.confirm or "")]
        said += [slot.ask for slot in tenant.slots.values()]
        assert [text for text in said if masks.spans(text)] == []
