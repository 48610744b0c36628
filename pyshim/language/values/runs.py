"""Which digits stand together, however they are divided (138 0000 2046, 2023-1105, 二零二三一一零五)?

Rules, over a folded text: Chinese digits count where at least three stand side by side, since 一 and 两 are words as well. A run
is pieces with nothing between them but spaces, dashes, points, slashes and brackets.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from pyshim.language.values.figures import D, digits

PIECE = re.compile(rf"[0-9]+|(?:(?!一[直下起共样些定边般会个])[{D}]){{3,}}(?![十百千万亿年月])")
BETWEEN = re.compile(r"[ \-./·()]{0,3}")
ABROAD = re.compile(r"(?:0086|086|86)?(1[3-9][0-9]{9})")
MOST = 64  # pieces of a text


class Piece(NamedTuple):
    start: int
    end: int
    digits: str


class Run(NamedTuple):
    """Pieces side by side, and what they come to."""

    pieces: tuple[Piece, ...]

    @property
    def start(self) -> int:
        return self.pieces[0].start

    @property
    def end(self) -> int:
        return self.pieces[-1].end

    @property
    def digits(self) -> str:
        return "".join(piece.digits for piece in self.pieces)


def runs(text: str) -> Iterator[Run]:
    pieces: list[Piece] = []
    for number, found in enumerate(PIECE.finditer(text)):
        if number == MOST:
            break
        if pieces and not BETWEEN.fullmatch(text, pieces[-1].end, found.start()):
            yield Run(tuple(pieces))
            pieces = []
        pieces.append(Piece(found.start(), found.end(), digits(found.group())))
    if pieces:
        yield Run(tuple(pieces))


def mobile(spelt: str) -> str | None:
    """The eleven digits of a mobile number of the mainland, its country's before it or not."""
    found = ABROAD.fullmatch(spelt)
    return found[1] if found else None


def luhn(spelt: str) -> bool:
    """Does the last digit check the others, as on a bank card?"""
    total = 0
    for number, digit in enumerate(reversed(spelt)):
        value = int(digit) * (1 + number % 2)
        total += value - 9 * (value > 9)
    return total % 10 == 0


# How a bank card begins, and how many digits it has.
CARDS = (
    (("62", "60"), (16, 17, 18, 19)),
    (("4",), (16, 19)),
    (("51", "52", "53", "54", "55", "35", "65"), (16,)),
    (("34", "37"), (15,)),
    (("9558",), (19,)),
)


def card(spelt: str, checked: bool = True) -> bool:
    """Is it the number of a bank card: a card's prefix, its length, and, where that is asked, the digit that checks?"""
    known = any(len(spelt) in lengths and spelt.startswith(prefixes) for prefixes, lengths in CARDS)
    return known and (not checked or luhn(spelt))
