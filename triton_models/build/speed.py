"""How fast and how large are exported models, beside each other?

One thread of onnxruntime, tokens made beforehand. The models take turns, sentence by sentence and round by round, so that other
work on the machine falls on all of them: the ratios mean more than the figures.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from pyshim.understanding.student import Encoder

SINGLES, BATCH, ROUNDS = 400, 32, 7


def speeds(models: dict[str, Path], tokenizer: Path, texts: list[str]) -> dict[str, dict[str, float | int]]:
    """Of each model: p50_ms and p99_ms of single sentences, per_second in batches of 32 of like length (median round), bytes.
    texts: what is asked, in this order, from the beginning again when they end."""
    encoders = {name: Encoder.load(path, tokenizer) for name, path in models.items()}
    asked = [texts[row % len(texts)] for row in range(SINGLES)]
    ordered = sorted(asked, key=len)
    batches = [ordered[start : start + BATCH] for start in range(0, len(ordered), BATCH)]
    for encoder in encoders.values():
        encoder.read(asked[:BATCH])
    singles = {name: np.zeros(len(asked)) for name in encoders}
    for row, text in enumerate(asked):
        for name, encoder in encoders.items():
            singles[name][row] = _seconds(encoder, [text])
    rounds = {name: np.zeros(ROUNDS) for name in encoders}
    for number in range(ROUNDS):
        for name, encoder in encoders.items():
            rounds[name][number] = sum(_seconds(encoder, batch) for batch in batches)
    return {
        name: {
            "p50_ms": round(float(np.percentile(singles[name], 50)) * 1e3, 3),
            "p99_ms": round(float(np.percentile(singles[name], 99)) * 1e3, 3),
            "per_second": round(len(ordered) / float(np.median(rounds[name]))),
            "bytes": path.stat().st_size,
        }
        for name, path in models.items()
    }


def _seconds(encoder: Encoder, texts: list[str]) -> float:
    ids = encoder.ids(texts)
    began = time.perf_counter()
    encoder.run(ids)
    return time.perf_counter() - began
