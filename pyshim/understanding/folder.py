"""Is this folder a whole version?

    check(folder)      raises IncompleteVersion with one sentence: which file, what is wrong, what was wanted
    check_files(folder)    only whether all files are there, and not too large
    python -m pyshim.understanding.folder FOLDER    the same for a shell: says what is wrong and ends with 1

A whole version has all FILES; labels.txt names each intent once, in order; student.onnx opens, and its LOGITS are as many as the
labels; router.bin has as many classes; calibration.json has all its numbers, each where it can be; recall.npz, where there is
one, has the shapes of pyshim/understanding/recall.py; and a few sentences get scores that are numbers. The student is run by a
Python that has onnxruntime and tokenizers: Triton's, since what serves has neither.
"""

import json
import subprocess
import sys
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pyshim.errors import BadTenant
from pyshim.language.router import Router, RouterFileError
from pyshim.settings import read_settings
from pyshim.understanding import proposer, recall
from pyshim.understanding.intents import OUT_OF_SCOPE
from pyshim.words import offence

FILES = ("model.py", "student.onnx", "tokenizer.json", "labels.txt", "router.bin", "calibration.json", "card.json")
MAX_BYTES = 64 * 1024 * 1024
EMBEDDING = 128
STUDENT = Path(__file__).with_name("student.py")
PATIENCE_S = 120
HERE = Path(sys.executable)
SENTENCES = (
    "你好",
    "我的快递到哪了",
    "申请退款",
    "转人工",
    "这个月话费多少",
    "信用卡丢了怎么办",
    "今天天气怎么样",
    "Wi-Fi 连不上！！" * 8,
)
TEMPERATURES = (0.05, 20.0)
FOREIGN_LEAST = 0.001


class IncompleteVersion(Exception):
    """A version folder cannot be served; the text says which file, what is wrong and what was wanted."""


def versions(student: Path) -> list[int]:
    """Numbers of the version folders of a model, lowest first; nothing is said of what is in them."""
    found = student.iterdir() if student.is_dir() else []
    return sorted(int(one.name) for one in found if one.is_dir() and one.name.isdecimal() and one.name[0] != "0")


def check_files(folder: Path) -> None:
    if not folder.is_dir():
        raise IncompleteVersion(f"{folder}: no such folder")
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise IncompleteVersion(f"{folder}: lacks {', '.join(missing)}")
    total = sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
    if total > MAX_BYTES:
        raise IncompleteVersion(f"{folder}: {total} bytes, at most {MAX_BYTES}")


def check(folder: Path, python: Path = HERE) -> None:
    """python: one that can run the student."""
    check_files(folder)
    names = _labels(folder / "labels.txt")
    _calibration(folder / "calibration.json")
    _json(folder / "card.json")
    _router(folder / "router.bin", len(names))
    _offence(folder)
    _proposer(folder, names)
    _recall(folder)
    _student(folder, len(names), python)


def scores(folder: Path, texts: Iterable[str], python: Path = HERE) -> npt.NDArray[np.float32]:
    """LOGITS float32 [texts, labels] of the student on disk, each text by itself: eight-bit scores depend on their company.
    Raises IncompleteVersion."""
    return _said(folder, [[text] for text in texts], python)["LOGITS"]


def _said(folder: Path, batches: list[list[str]], python: Path) -> dict[str, npt.NDArray[np.float32]]:
    """LOGITS and EMBEDDING of all texts. Raises IncompleteVersion where the student cannot be run."""
    command = [str(python), "-P", str(STUDENT), str(folder)]
    try:
        ran = subprocess.run(command, input=json.dumps(batches).encode(), capture_output=True, timeout=PATIENCE_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:  # no Python there, say
        raise IncompleteVersion(f"{folder / 'student.onnx'}: cannot be run: {error}; SLUICE_TRITON_ENVIRONMENT runs it") from None
    if ran.returncode:
        why = ran.stderr.decode(errors="replace").strip().splitlines()[-1:] or [f"status {ran.returncode}"]
        raise IncompleteVersion(f"{folder / 'student.onnx'}: cannot be run: {why[0]}; a whole student is wanted")
    return {name: np.array(rows, dtype=np.float32) for name, rows in json.loads(ran.stdout).items()}


def _labels(path: Path) -> list[str]:
    names = path.read_text(encoding="utf-8").split()
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise IncompleteVersion(f"{path}: {', '.join(twice)} stands there more than once; each intent once is wanted")
    if names != sorted(names):
        wrong = next(after for before, after in pairwise(names) if after < before)
        raise IncompleteVersion(f"{path}: {wrong} is out of order; sorted names are wanted, as the student was trained with")
    if OUT_OF_SCOPE not in names:
        raise IncompleteVersion(f"{path}: {OUT_OF_SCOPE} is missing")
    return names


def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise IncompleteVersion(f"{path}: not JSON: {error}") from None
    if not isinstance(value, dict):
        raise IncompleteVersion(f"{path}: a JSON object is wanted")
    return value


def _calibration(path: Path) -> None:
    found = _json(path)
    thresholds = found.get("router_thresholds")
    if not isinstance(thresholds, dict) or not all(_number(one, 0, 1.01) for one in thresholds.values()):
        raise IncompleteVersion(f"{path}: router_thresholds: a number from 0 to 1.01 is wanted for each tenant")
    if not _number(found.get("recall_threshold"), -1, 1.01):
        raise IncompleteVersion(f"{path}: recall_threshold: a cosine is wanted, not {found.get('recall_threshold')!r}")
    if not _number(found.get("temperature"), *TEMPERATURES):
        low, high = TEMPERATURES
        raise IncompleteVersion(f"{path}: temperature: {low} to {high} is wanted, not {found.get('temperature')!r}")
    if not _number(found.get("foreign", 1), FOREIGN_LEAST, 1):
        raise IncompleteVersion(f"{path}: foreign: {FOREIGN_LEAST} to 1 is wanted, not {found.get('foreign')!r}")
    if not isinstance(found.get("twins"), list) or not all(isinstance(one, list) and len(one) == 2 for one in found["twins"]):
        raise IncompleteVersion(f"{path}: twins: a list of pairs of intents is wanted")


def _number(value: object, low: float, high: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


def _router(path: Path, labels: int) -> None:
    try:
        classes = Router.load(path).shape.classes
    except RouterFileError as error:
        raise IncompleteVersion(str(error)) from None
    if classes != labels:
        raise IncompleteVersion(f"{path}: {classes} classes, but labels.txt has {labels}; one for each is wanted")


def _offence(folder: Path) -> None:
    """A version may do without one."""
    try:
        offence.load(folder)
    except BadTenant as error:
        raise IncompleteVersion(str(error)) from None


def _proposer(folder: Path, names: list[str]) -> None:
    """A version may do without one."""
    try:
        proposer.load(folder, names)
    except BadTenant as error:
        raise IncompleteVersion(str(error)) from None


def _recall(folder: Path) -> None:
    """A version may do without what judges it."""
    try:
        recall.load(folder)
    except recall.RecallFileError as error:
        raise IncompleteVersion(str(error)) from None


def _student(folder: Path, labels: int, python: Path) -> None:
    path, said = folder / "student.onnx", _said(folder, [list(SENTENCES)], python)
    wanted = {"LOGITS": (len(SENTENCES), labels), "EMBEDDING": (len(SENTENCES), EMBEDDING)}
    for name, shape in wanted.items():
        found = said[name]
        if found.shape != shape:
            has = "labels.txt has" if name == "LOGITS" else "recall wants"
            raise IncompleteVersion(f"{path}: {name} has {found.shape[-1]} columns, but {has} {shape[1]}")
        if not np.isfinite(found).all():
            raise IncompleteVersion(f"{path}: {name} of an ordinary sentence is not a number; finite scores are wanted")


def main() -> int:
    try:
        check(Path(sys.argv[1]), read_settings().triton_python)
    except IncompleteVersion as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
