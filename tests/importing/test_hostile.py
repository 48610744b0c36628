"""Whatever the bytes: is it a corpus or a list of faults, and never anything else?"""

from __future__ import annotations

import tempfile
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.importing.conftest import AGENT, zipped
from tests.importing.test_dialogflow import OLD
from tests.importing.test_rasa import JSON, MARKDOWN, NLU
from triton_models.build.corpus import Corpus
from triton_models.importing.faults import BadSet
from triton_models.importing.loading import load

GOOD = {
    ".tsv": "text\tintent\tgroup\n我要退钱\trefund\t1\n怎么申请退款\trefund\t2\n".encode(),
    ".jsonl": '{"text": "我要退钱", "intent": "refund"}\n{"text": "怎么申请退款", "intent": "refund"}\n'.encode(),
    ".yml": NLU.encode(),
    ".md": MARKDOWN.encode(),
    ".json": JSON.encode(),
}


def outcome(raw: bytes, suffix: str) -> Corpus | list[str]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"set{suffix}"
        path.write_bytes(raw)
        try:
            return load(path, "acme")
        except BadSet as refused:
            found = refused
    assert found.count == len(found.faults) > 0
    assert [fault for fault in found.faults if not fault.startswith(str(path)) or "; wanted: " not in fault] == []
    assert [fault for fault in found.faults if not fault.isprintable()] == []
    return found.faults


@pytest.mark.parametrize("suffix", [*GOOD, ".zip"])
@settings(max_examples=60, deadline=None)
@given(raw=st.one_of(st.binary(max_size=200), st.text(max_size=100).map(lambda text: text.encode())))
def test_any_bytes(suffix, raw):
    outcome(raw, suffix)


@pytest.mark.parametrize("suffix", GOOD)
def test_a_good_set_with_a_few_bytes_changed(suffix):
    assert isinstance(outcome(GOOD[suffix], suffix), Corpus)
    for seed in range(150):
        outcome(spoilt(GOOD[suffix], Random(seed)), suffix)


def test_an_archive_with_a_few_bytes_changed(tmp_path):
    raw = zipped(tmp_path / "agent.zip", AGENT).read_bytes()
    assert isinstance(outcome(raw, ".zip"), Corpus)
    for seed in range(400):
        outcome(spoilt(raw, Random(seed)), ".zip")


@pytest.mark.parametrize("agent", [AGENT, OLD], ids=["beside", "inside"])
def test_an_export_whose_json_is_changed(tmp_path, agent):
    for seed in range(150):
        random = Random(seed)
        spoilt_texts = {name: spoilt(text.encode(), random).decode("utf-8", "replace") for name, text in agent.items()}
        path = zipped(tmp_path / "agent.zip", spoilt_texts)
        outcome(path.read_bytes(), ".zip")
        path.unlink()


def spoilt(raw: bytes, random: Random) -> bytes:
    changed = bytearray(raw)
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(changed))
        changed[at : at + random.randint(0, 2)] = random.randbytes(random.randint(0, 2))
    return bytes(changed)
