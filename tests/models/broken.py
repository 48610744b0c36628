"""How does a version go wrong?"""

from __future__ import annotations

from pathlib import Path

import numpy as np

BIAS = b"to_logits.bias\x4a"  # the name of the bias that is added last, then the protobuf tag of its numbers


def without_numbers(folder: Path) -> None:
    """The student opens and runs, and its scores are NaN."""
    path = folder / "student.onnx"
    raw = path.read_bytes()
    labels = len((folder / "labels.txt").read_text(encoding="utf-8").split())
    start = raw.index(BIAS) + len(BIAS) + 2  # two bytes of length
    end = start + 4 * labels
    path.write_bytes(raw[:start] + np.full(labels, np.nan, "<f4").tobytes() + raw[end:])
