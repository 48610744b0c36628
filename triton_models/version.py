"""Is this folder a whole version?

    check(folder)      raises IncompleteVersion with one sentence: which file, what is wrong, what was wanted
    check_files(folder)    only whether all files are there, and not too large
    python -m triton_models.version FOLDER    the same for a shell: says what is wrong and ends with 1

A whole version has all FILES; labels.txt names each intent once, in order; student.onnx opens, and its LOGITS are as many as the
labels; router.bin has as many classes; calibration.json has all its numbers, each where it can be; and a few sentences get scores
that are numbers. Importing this needs nothing installed; check() needs onnxruntime and tokenizers, never torch.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

FILES = ("model.py", "student.onnx", "tokenizer.json", "labels.txt", "router.bin", "calibration.json", "card.json")
MAX_BYTES = 64 * 1024 * 1024
EMBEDDING = 128
OUT_OF_SCOPE = "out_of_scope"
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


def check(folder: Path) -> None:
    check_files(folder)
    names = _labels(folder / "labels.txt")
    _calibration(folder / "calibration.json")
    _json(folder / "card.json")
    _router(folder / "router.bin", len(names))
    _confirmer(folder)
    _student(folder, len(names))


def scores(folder: Path, texts: Iterable[str]) -> Any:
    """LOGITS float32 [texts, labels] of the student on disk, each text by itself: eight-bit scores depend on their company."""
    import numpy as np  # noqa: PLC0415 - nothing is wanted where nothing is checked

    from triton_models.build.encoder import Encoder  # noqa: PLC0415

    student = Encoder.load(folder / "student.onnx", folder / "tokenizer.json")
    return np.concatenate([student.read([text])[0] for text in texts])


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
    if not isinstance(found.get("twins"), list) or not all(isinstance(one, list) and len(one) == 2 for one in found["twins"]):
        raise IncompleteVersion(f"{path}: twins: a list of pairs of intents is wanted")


def _number(value: object, low: float, high: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


def _router(path: Path, labels: int) -> None:
    from triton_models.router import Router, RouterFileError  # noqa: PLC0415

    try:
        classes = Router.load(path).shape.classes
    except RouterFileError as error:
        raise IncompleteVersion(str(error)) from None
    if classes != labels:
        raise IncompleteVersion(f"{path}: {classes} classes, but labels.txt has {labels}; one for each is wanted")


def _confirmer(folder: Path) -> None:
    """A version may do without one."""
    from pyshim.confirmer import load  # noqa: PLC0415
    from pyshim.errors import BadTenant  # noqa: PLC0415

    try:
        load(folder)
    except BadTenant as error:
        raise IncompleteVersion(str(error)) from None


def _student(folder: Path, labels: int) -> None:
    import numpy as np  # noqa: PLC0415

    from triton_models.build.encoder import Encoder  # noqa: PLC0415

    path = folder / "student.onnx"
    try:
        student = Encoder.load(path, folder / "tokenizer.json")
        logits, embedding = student.read(list(SENTENCES))
    except Exception as error:  # whatever onnxruntime and tokenizers raise: their trees are their own
        raise IncompleteVersion(f"{path}: cannot be run: {str(error).splitlines()[0]}; a whole student is wanted") from None
    wanted = [(len(SENTENCES), labels), (len(SENTENCES), EMBEDDING)]
    for name, found, shape in zip(("LOGITS", "EMBEDDING"), (logits, embedding), wanted, strict=True):
        if found.shape != shape:
            said = "labels.txt has" if name == "LOGITS" else "recall wants"
            raise IncompleteVersion(f"{path}: {name} has {found.shape[-1]} columns, but {said} {shape[1]}")
        if not np.isfinite(found).all():
            raise IncompleteVersion(f"{path}: {name} of an ordinary sentence is not a number; finite scores are wanted")


def main() -> int:
    try:
        check(Path(sys.argv[1]))
    except IncompleteVersion as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
