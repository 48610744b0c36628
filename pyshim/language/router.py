"""Which common question is this, judged by its characters alone?

The numpy reference of lua/edge/router.lua, whose head holds the rules of folding, hashing and the file: both must
give the same logits for any bytes whatever.

    Router.load(path) -> Router, or RouterFileError (one sentence) for a missing, damaged or foreign file
    router.logits(text) -> float64[classes], or None for a text without a guess (see there)
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pyshim.language.folding import WIDE

MAGIC, VERSION = b"SLRT", 1
HEADER = struct.Struct("<4s7I")
MAX_SYMBOLS, MOST_SYMBOLS, MAX_DIMS, MAX_N = 64, 256, 256, 5
OPENING, ZERO, CLOSING = ord("<"), ord("0"), ord(">")
MULTIPLIER, _UINT32 = 385973, 0xFFFFFFFF


class RouterFileError(Exception):
    """This file is not a router that can be used."""


@dataclass(frozen=True)
class Shape:
    """How large a router is: rows of the table, numbers in a row, classes, shortest and longest n-gram, and the most symbols
    of a text that it reads."""

    buckets: int
    dims: int
    classes: int
    min_n: int = 1
    max_n: int = 3
    symbols: int = MAX_SYMBOLS

    @property
    def file_bytes(self) -> int:
        return HEADER.size + self.buckets * self.dims + 4 * self.classes * (self.dims + 1)

    def complaint(self) -> str | None:
        """What makes this shape one that no router can have."""
        power_of_two = self.buckets >= 4 and self.buckets & (self.buckets - 1) == 0
        if not power_of_two or not 1 <= self.dims <= MAX_DIMS or self.classes < 1:
            return f"impossible shape: {self.buckets} buckets, {self.dims} dims, {self.classes} classes"
        if not 1 <= self.min_n <= self.max_n <= MAX_N:
            return f"impossible n-grams: {self.min_n} to {self.max_n}"
        if not 1 <= self.symbols <= MOST_SYMBOLS:
            return f"impossible length: {self.symbols} symbols"
        return None


def _symbol(cp: int) -> int | None:
    """The symbol one code point stands for; None when it is dropped."""
    if 0x4E00 <= cp <= 0x9FFF or 0x3400 <= cp <= 0x4DBF:
        return cp
    if 0xFF01 <= cp <= 0xFF5E:
        cp -= WIDE
    if 65 <= cp <= 90:
        return cp + 32
    if 48 <= cp <= 57:
        return 48
    return cp if 97 <= cp <= 122 else None


def fold(text: str | bytes, most: int = MAX_SYMBOLS) -> list[int] | None:
    """'<', the symbols of the text, '>'; None where nothing is left, only a number, or more symbols than most."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", errors="ignore")
    symbols = [OPENING]
    for char in text:
        symbol = _symbol(ord(char))
        if symbol is not None and not (symbol == 48 and symbols[-1] == 48):
            symbols.append(symbol)
    if not 1 < len(symbols) <= most + 1 or symbols == [OPENING, ZERO]:
        return None
    return [*symbols, CLOSING]


def buckets_of(symbols: list[int], shape: Shape) -> list[int]:
    """The table row of every n-gram of folded symbols, in no special order; '<' and '>' alone have none."""
    rows, last = [], len(symbols) - 1
    for start in range(len(symbols)):
        h = 0
        for at in range(start, min(start + shape.max_n, len(symbols))):
            h = ((h ^ symbols[at]) * MULTIPLIER) & _UINT32
            n = at - start + 1
            if n >= shape.min_n and not (n == 1 and start in (0, last)):
                rows.append((h ^ (h >> 15)) & (shape.buckets - 1))
    return rows


@dataclass(frozen=True)
class Router:
    """table int8 [buckets, dims]; weight float32 [classes, dims]; bias float32 [classes]."""

    shape: Shape
    table: NDArray[np.int8]
    weight: NDArray[np.float32]
    bias: NDArray[np.float32]

    @classmethod
    def load(cls, path: str | Path) -> Router:
        try:
            raw = Path(path).read_bytes()
        except OSError as error:
            raise RouterFileError(f"{path}: cannot open: {error.strerror}") from error
        shape = _read_header(path, raw)
        table = np.frombuffer(raw, np.int8, shape.buckets * shape.dims, HEADER.size)
        rest = np.frombuffer(raw, "<f4", offset=HEADER.size + table.size)
        if not np.isfinite(rest).all():
            raise RouterFileError(f"{path}: holds weights that are not numbers")
        weight, bias = rest[: -shape.classes], rest[-shape.classes :]
        return cls(shape, table.reshape(-1, shape.dims), weight.reshape(-1, shape.dims), bias)

    def logits(self, text: str | bytes) -> NDArray[np.float64] | None:
        symbols = fold(text, self.shape.symbols)
        rows = buckets_of(symbols, self.shape) if symbols else []
        if not rows:
            return None
        hidden = self.table[rows].sum(axis=0, dtype=np.int64) / len(rows)
        scores: NDArray[np.float64] = self.bias.astype(np.float64) + self.weight.astype(np.float64) @ hidden
        return scores


def _read_header(path: str | Path, raw: bytes) -> Shape:
    if len(raw) < HEADER.size:
        raise RouterFileError(f"{path}: not a router file: shorter than its header")
    magic, version, buckets, dims, classes, min_n, max_n, symbols = HEADER.unpack_from(raw)
    if magic != MAGIC:
        raise RouterFileError(f"{path}: not a router file: its first four bytes are not SLRT")
    if version != VERSION:
        raise RouterFileError(f"{path}: version {version} is not known here, wanted {VERSION}")
    shape = Shape(buckets, dims, classes, min_n, max_n, symbols or MAX_SYMBOLS)
    if complaint := shape.complaint():
        raise RouterFileError(f"{path}: {complaint}")
    if len(raw) != shape.file_bytes:
        raise RouterFileError(f"{path}: wrong size: {len(raw)} bytes, wanted {shape.file_bytes}")
    return shape
