"""How fast and how large is an exported model?

One thread of onnxruntime, tokens made beforehand: p50_ms and p99_ms of single sentences, and sentences a second in batches of 32
of like length. Medians of several rounds; other work on the machine shows in them.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from triton_models.build.encoder import Encoder

SINGLES, BATCH, ROUNDS = 400, 32, 5


def speed(model: Path, tokenizer: Path, texts: list[str]) -> dict[str, float | int]:
    """texts: what is asked, in this order, from the beginning again when they end."""
    encoder = Encoder.load(model, tokenizer)
    asked = [texts[row % len(texts)] for row in range(SINGLES)]
    for text in asked[:20]:
        encoder.read([text])
    singles = np.array([_seconds(encoder, [text]) for text in asked])
    ordered = sorted(asked, key=len)
    batches = [ordered[start : start + BATCH] for start in range(0, len(ordered), BATCH)]
    rounds = [sum(_seconds(encoder, batch) for batch in batches) for _ in range(ROUNDS)]
    return {
        "p50_ms": round(float(np.percentile(singles, 50)) * 1e3, 3),
        "p99_ms": round(float(np.percentile(singles, 99)) * 1e3, 3),
        "per_second": round(len(ordered) / float(np.median(rounds))),
        "bytes": model.stat().st_size,
    }


def _seconds(encoder: Encoder, texts: list[str]) -> float:
    ids = encoder.ids(texts)
    began = time.perf_counter()
    encoder.run(ids)
    return time.perf_counter() - began
