"""Which digits stand together in a folded text, and what do they spell?

A run is pieces of digits with at most three spaces, dashes, points or low lines between them. Chinese digits count where a run
has three of them: 一 is a word as well.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

ANY = re.compile(r"[0-9A-J]+(?:[ \-._]{0,3}[0-9A-J]+)*")
PLAIN = re.compile(r"[0-9]+(?:[ \-._]{0,3}[0-9]+)*")
PIECE = re.compile(r"[0-9A-J]+")
CHINESE = re.compile(r"[A-J]")
SPELT = str.maketrans("ABCDEFGHIJ", "0123456789")


class Piece(NamedTuple):
    start: int
    end: int
    digits: str


Run = list[Piece]


def runs(folded: str) -> Iterator[Run]:
    for whole in ANY.finditer(folded):
        if len(CHINESE.findall(whole.group())) >= 3:
            yield _pieces(folded, whole)
        else:
            yield from (_pieces(folded, plain) for plain in PLAIN.finditer(folded, whole.start(), whole.end()))


def _pieces(folded: str, run: re.Match[str]) -> Run:
    found = PIECE.finditer(folded, run.start(), run.end())
    return [Piece(one.start(), one.end(), one.group().translate(SPELT)) for one in found]
