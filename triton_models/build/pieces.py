"""How may a word be cut otherwise than usual, so that its parts are learned, too?

Byte-pair encoding with dropout (Provilkov et al., 2020): each join that could be made next is left out with some chance. The same
Random cuts the same way: the dropout of the `tokenizers` library has a chance of its own, which no seed reaches. Only for
training, and only for tokenizers that join (BPE).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from tokenizers import Tokenizer, models

from triton_models.build.vocabulary import CLS, INSIDE, MAX_TOKENS, UNKNOWN


@dataclass(frozen=True)
class Cut:
    """Named as in tokenizers' own Encoding."""

    ids: list[int]


class Pieces:
    def __init__(self, tokenizer: Tokenizer, share: float = 0.07) -> None:
        model = json.loads(tokenizer.to_str())["model"]
        self._tokenizer, self._share = tokenizer, share
        self._index: dict[str, int] = model["vocab"]
        self._rank = {(one, other): rank for rank, (one, other) in enumerate(model["merges"])}

    @staticmethod
    def can_cut(tokenizer: Tokenizer) -> bool:
        return isinstance(tokenizer.model, models.BPE)

    def by(self, random: Random) -> Chance:
        return Chance(self, random)

    def ids(self, text: str, random: Random) -> list[int]:
        normal = self._tokenizer.normalizer.normalize_str(text)
        words = [word for word, _ in self._tokenizer.pre_tokenizer.pre_tokenize_str(normal)]
        unknown = self._index[UNKNOWN]
        found = [self._index.get(piece, unknown) for word in words for piece in self._cut(word, random)]
        return [self._index[CLS], *found][:MAX_TOKENS]

    def _cut(self, word: str, random: Random) -> list[str]:
        pieces = [word[0], *(INSIDE + letter for letter in word[1:])]
        while len(pieces) > 1:
            joins = sorted((self._rank[pair], at) for at, pair in enumerate(pairwise(pieces)) if pair in self._rank)
            at = next((at for _, at in joins if random.random() >= self._share), None)
            if at is None:
                break
            pieces[at : at + 2] = [pieces[at] + pieces[at + 1].removeprefix(INSIDE)]
        return pieces


@dataclass(frozen=True)
class Chance:
    """Pieces as one Random has it: encode_batch is what batches.slices asks of a tokenizer."""

    pieces: Pieces
    random: Random

    def encode_batch(self, texts: list[str]) -> list[Cut]:
        rows = [self.pieces.ids(text, self.random) for text in texts]
        longest = max(map(len, rows))
        return [Cut(row + [0] * (longest - len(row))) for row in rows]
