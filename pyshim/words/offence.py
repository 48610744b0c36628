"""Does the text around this word offend?

A small hashed character n-gram classifier, in the file format of the edge's router with two classes (harmless, offensive). It
reads a window of at most 64 symbols around the word, never more: what stands far away says little about the word.

    load(folder) -> Confirmer; None where the folder has none; BadTenant where it cannot be used
    confirmer.offends(window(text, start, end)) -> probability that the surroundings of text[start:end] offend
"""

import math
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from pyshim.errors import BadTenant
from pyshim.language.router import MAX_SYMBOLS, Router, RouterFileError, Shape, fold
from pyshim.words.lexicon import Usage

TABLE, SHEET = "sensitive.bin", "sensitive.json"
MULTIPLIER = np.uint32(385973)
STEP = 8  # so that a long text full of doubtful words is judged once for every 8 characters, at most


class Sheet(msgspec.Struct):
    """sensitive.json. threshold: probability from which a doubtful word is masked."""

    threshold: float
    usage: Usage


def window(text: str, start: int, end: int, width: int = MAX_SYMBOLS) -> str:
    """At most width characters with text[start:end] about in their middle. Words near one another share a window."""
    first = (start - (width - (end - start)) // 2) // STEP * STEP
    first = max(0, min(first, len(text) - width))
    return text[first : first + width]


def rows_of(symbols: list[int], shape: Shape) -> NDArray[np.uint32]:
    """pyshim.language.router.buckets_of, all n-grams of a length at once."""
    given = np.array(symbols, np.uint32)
    hashed, rows = np.zeros(len(given), np.uint32), []
    for n in range(1, min(shape.max_n, len(given)) + 1):
        hashed = (hashed[: len(given) - n + 1] ^ given[n - 1 :]) * MULTIPLIER
        if n >= shape.min_n:
            rows.append(hashed[1:-1] if n == 1 else hashed)
    found = np.concatenate(rows) if rows else np.zeros(0, np.uint32)
    return (found ^ (found >> np.uint32(15))) & np.uint32(shape.buckets - 1)


@dataclass(frozen=True, slots=True)
class Confirmer:
    router: Router
    threshold: float
    usage: Usage

    def offends(self, piece: str) -> float:
        symbols = fold(piece)
        rows = rows_of(symbols, self.router.shape) if symbols else None
        if rows is None or not len(rows):
            return 0.0
        hidden = self.router.table[rows].sum(axis=0, dtype=np.int64) / len(rows)
        harmless, offensive = self.router.bias + self.router.weight @ hidden
        return 1 / (1 + math.exp(min(float(harmless - offensive), 700.0)))


def load(folder: Path) -> Confirmer | None:
    if not (folder / TABLE).exists():
        return None
    try:
        router = Router.load(folder / TABLE)
        sheet = msgspec.json.decode((folder / SHEET).read_bytes(), type=Sheet)
    except (RouterFileError, OSError, msgspec.DecodeError) as error:
        raise BadTenant(f"{folder / SHEET}: {error}") from None
    if router.shape.classes != 2:
        raise BadTenant(f"{folder / TABLE}: {router.shape.classes} classes, wanted 2: harmless, offensive")
    return Confirmer(router, sheet.threshold, sheet.usage)
