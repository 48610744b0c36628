"""Is a broken version recognised before anybody serves it, with the file and what was wanted?"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pyshim.settings import ROOT
from pyshim.understanding.folder import IncompleteVersion, check, scores, versions
from tests.models.broken import without_numbers

SHIPPED = ROOT / "triton_models/repository/student/1"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "2"))


def edited(name: str, change: Callable[[str], str]) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        text = (folder / name).read_text(encoding="utf-8")
        (folder / name).write_text(change(text), encoding="utf-8")

    return edit


def calibrated(**values: object) -> Callable[[Path], None]:
    return edited("calibration.json", lambda text: json.dumps(json.loads(text) | values))


def truncated(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:-1000]) and None


def judging(**values: np.ndarray | None) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        with np.load(folder / "recall.npz") as stored:
            kept = {**stored, **values}
        np.savez(folder / "recall.npz", **{name: value for name, value in kept.items() if value is not None})

    return edit


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda folder: (folder / "tokenizer.json").unlink(), "lacks tokenizer.json"),
        (truncated("student.onnx"), "student.onnx: cannot be run"),
        (without_numbers, "student.onnx: LOGITS of an ordinary sentence is not a number"),
        (edited("labels.txt", lambda text: text.replace("greet\n", "", 1)), "router.bin: 85 classes, but labels.txt has 84"),
        (edited("labels.txt", lambda text: text.replace("bye\n", "greet\n", 1)), "greet stands there more than once"),
        (edited("labels.txt", lambda text: text.replace("bye\n", "zzz\n", 1)), "cancel_flow is out of order"),
        (edited("labels.txt", lambda text: text.replace("out_of_scope\n", "out_of_sight\n")), "out_of_scope is missing"),
        (truncated("router.bin"), "router.bin: wrong size"),
        (edited("calibration.json", lambda text: text[:-20]), "calibration.json: not JSON"),
        (calibrated(temperature="warm"), "temperature: 0.05 to 20.0 is wanted, not 'warm'"),
        (calibrated(temperature=float("nan")), "temperature: 0.05 to 20.0 is wanted"),
        (calibrated(router_thresholds={"shop": 7}), "router_thresholds: a number from 0 to 1.01"),
        (edited("card.json", lambda _: "[]"), "card.json: a JSON object is wanted"),
        (truncated("recall.npz"), "recall.npz: cannot be read"),
        (judging(mean=None), "recall.npz: lacks mean"),
        (judging(weights=np.zeros(3, np.float32)), "recall.npz: weights is float32 [3]; float32 [27] is wanted"),
        (judging(threshold=np.float32(7)), "threshold: 0 to 1.01 is wanted, not 7.00"),
        (judging(weights=np.full(27, np.nan, np.float32)), "weights is not a number somewhere"),
    ],
)
def test_a_fault_names_the_file_and_what_was_wanted(folder: Path, spoil: Callable[[Path], None], says: str) -> None:
    spoil(folder)
    with pytest.raises(IncompleteVersion, match=re.escape(says)) as fault:
        check(folder)
    assert str(folder) in str(fault.value)
    assert "\n" not in str(fault.value)


def test_a_python_that_is_not_there_is_a_fault_in_a_sentence(folder: Path) -> None:
    with pytest.raises(IncompleteVersion, match="No such file or directory: '/nowhere/python'; SLUICE_TRITON_ENVIRONMENT"):
        check(folder, Path("/nowhere/python"))


def test_a_copy_of_the_shipped_version_is_whole_and_says_the_same(folder: Path) -> None:
    check(folder)
    assert (scores(folder, ["你好"]) == scores(SHIPPED, ["你好"])).all()


def test_versions_are_numbers_and_nothing_else_is(tmp_path: Path) -> None:
    for name in ("10", "2", ".3.new", "warmup", "04"):
        (tmp_path / name).mkdir()
    (tmp_path / "7").write_text("not a folder")
    assert versions(tmp_path) == [2, 10]
    assert versions(tmp_path / "nowhere") == []
