"""What can be learnt about characters before any label is looked at?

Masked language modelling on the project's own training sentences: of each, 15 % of the characters are hidden; half
of these behind [MASK], half behind a homophone, and the student names the true one. So it learns which characters
keep company, and to hear through a misspelling. Before that, homophones start from partly the same vector.
"""

from __future__ import annotations

from collections import defaultdict
from random import Random

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from triton_models.build.homophones import homophones, syllable
from triton_models.build.network import Student
from triton_models.build.vocabulary import CLS, MASK

HIDDEN_SHARE = 0.15
IGNORED = -100


def sound_alike(student: Student, tokenizer: Tokenizer) -> None:
    """Gives every character, from the start, a part of its vector that all of its syllable share."""
    by_sound: dict[str, list[int]] = defaultdict(list)
    for token, index in tokenizer.get_vocab().items():
        if len(token) == 1 and "\u4e00" <= token <= "\u9fff":
            by_sound[syllable(token)].append(index)
    with torch.no_grad():
        table = student.characters.weight
        for sound in sorted(by_sound):
            rows = sorted(by_sound[sound])
            shared = torch.randn(table.shape[1]) * 0.02
            table[rows] = table[rows] * 0.8 + shared * 0.6


class Hiding:
    """Hides characters of sentences; the same seed hides the same."""

    def __init__(self, sentences: list[str], tokenizer: Tokenizer, seed: int) -> None:
        self._random = Random(seed)
        self._encoded = sorted((tokenizer.encode(sentence).ids for sentence in sentences), key=len)
        self._token_of = {index: token for token, index in tokenizer.get_vocab().items()}
        self._index_of = tokenizer.get_vocab()

    def batch(self, size: int) -> tuple[Tensor, Tensor]:
        """ids int64 [n, tokens] as shown, n <= size; wanted int64 [n, tokens], -100 where nothing is asked."""
        start = self._random.randrange(-size, len(self._encoded))
        chosen = self._encoded[max(0, start) : start + size]  # neighbours in length, so little is padded
        size, longest = len(chosen), len(chosen[-1])
        ids = torch.zeros(size, longest, dtype=torch.long)
        wanted = torch.full((size, longest), IGNORED)
        for row, sentence in enumerate(chosen):
            ids[row, : len(sentence)] = torch.tensor(sentence)
            for at, token in enumerate(sentence):
                if token != self._index_of[CLS] and self._random.random() < HIDDEN_SHARE:
                    ids[row, at], wanted[row, at] = self._cover(token), token
        return ids, wanted

    def _cover(self, token: int) -> int:
        alike = homophones(self._token_of[token]) if self._random.random() < 0.5 else ()
        return self._index_of[self._random.choice(alike)] if alike else self._index_of[MASK]


def loss_of(student: Student, ids: Tensor, wanted: Tensor) -> Tensor:
    """Mean cross-entropy of the hidden characters."""
    asked = wanted != IGNORED
    scores = student.guess_characters(student.encode(ids)[asked])
    return functional.cross_entropy(scores.float(), wanted[asked])
