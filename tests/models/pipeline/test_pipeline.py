"""From sentences to a placed version: does everything run, and twice the same?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pyshim.understanding.folder import check
from tests.models.pipeline.checkpoints import write_checkpoint
from tests.models.pipeline.conftest import tiny_plans
from triton_models.build import __main__ as build
from triton_models.build import speed, steps

pytestmark = pytest.mark.real  # ten seconds of training: not for `make check`
FIGURES = ("accuracy", "macro_f1", "ece")
MEASURED = ("teacher", "distil", "prune", "quantise", "router")


@pytest.fixture
def train(sentences: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(build, "Plans", tiny_plans)
    monkeypatch.setattr(speed, "SINGLES", 20)
    monkeypatch.setattr(speed, "ROUNDS", 1)
    monkeypatch.setattr(steps, "STUDENT", tmp_path / "no versions")

    def run(work: str, *options: str) -> int:
        where = ["--data", str(sentences), "--out", str(tmp_path / "student"), "--work", str(tmp_path / work)]
        return build.main([*where, "--threads", "1", "--seed", "7", "--quick", *options])

    return run


def card(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "card.json").read_text(encoding="utf-8"))


def test_the_same_seed_gives_the_same_figures_and_the_same_router(train, tmp_path):
    one, two = tmp_path / "student/1", tmp_path / "student/2"
    assert train("first") == train("second") == 0
    for version in (one, two):
        check(version)
    cards = card(one), card(two)
    for step in MEASURED:
        found = [{name: told["steps"][step][name] for name in FIGURES} for told in cards]
        assert found[0] == found[1], step
    assert cards[0]["validation"] == cards[1]["validation"]
    for name in ("router.bin", "tokenizer.json", "labels.txt", "calibration.json", "student.onnx"):
        assert (one / name).read_bytes() == (two / name).read_bytes(), name
    assert (one / "labels.txt").read_text().split() == cards[0]["tenants"]["shop"]


def test_the_router_alone_is_made_anew_by_the_run_that_made_the_version(train, tmp_path, capsys):
    placed = tmp_path / "student/1"
    assert train("first") == 0
    before = {path.name: path.read_bytes() for path in placed.iterdir()}
    (placed / "router.bin").write_bytes(b"another")
    assert train("first", "--route", str(placed)) == 0
    after = {path.name: path.read_bytes() for path in placed.iterdir()}
    assert [name for name in before if before[name] != after[name]] == ["card.json"]
    assert "learned" in card(placed)["steps"]["router"]
    assert train("second", "--route", str(placed)) == 1
    assert "its student was not made in" in capsys.readouterr().err


def test_a_checkpoint_may_be_the_teacher(train, corpus, tmp_path):
    said = [sentence for group in corpus.groups for sentence in group.sentences]
    folder = write_checkpoint(tmp_path / "bert-tiny", said)
    assert train("work", "--teacher", str(folder)) == 0
    placed = tmp_path / "student/1"
    check(placed)
    assert card(placed)["steps"]["pretrain"]["checkpoint"] == "bert-tiny"
    assert "[SEP]" in (placed / "tokenizer.json").read_text(encoding="utf-8")
    before = (placed / "student.onnx").read_bytes()
    assert train("work", "--teacher", str(folder)) == 0
    assert (tmp_path / "student/2/student.onnx").read_bytes() == before


def test_a_folder_that_is_no_checkpoint_is_one_sentence_and_no_traceback(train, tmp_path, capsys):
    assert train("work", "--teacher", str(tmp_path)) == 1
    assert capsys.readouterr().err == f"{tmp_path}/config.json: no such file; a Hugging Face checkpoint folder is wanted\n"


def test_a_step_alone_without_those_before_it_is_one_sentence(train, capsys):
    assert train("work", "--step", "distil") == 1
    assert capsys.readouterr().err.startswith("distil needs pretrain first")
