"""Which digits stand together in a folded text, and what do they spell?

A run is pieces of digits with at most three spaces, dashes, points or low lines between them. Chinese digits count where a run
has three of them: 一 is a word as well. Of runs a whole number may be made, with other marks between: 4111/1111/1111/1111.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

MARK = r"[ \-._]"
BETWEEN = MARK + "{0,3}"
ANY = re.compile(f"[0-9A-J]+(?:{MARK}{{1,3}}[0-9A-J]+)*")
PLAIN = re.compile(f"[0-9]+(?:{MARK}{{1,3}}[0-9]+)*")
MARKS = re.compile(r"[ \-._/|\\*+:~=#&,;、]{1,3}")
LONGEST = 24
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


def lines(folded: str, found: Sequence[Run]) -> Iterator[Run]:
    """Runs side by side, with at most three marks between them, as one. A list of more than LONGEST pieces is no number."""
    line: Run = []
    joined = 0
    for run in found:
        if line and MARKS.fullmatch(folded, line[-1].end, run[0].start):
            line.extend(run)
            joined += 1
            continue
        if joined and len(line) <= LONGEST:
            yield line
        line, joined = list(run), 0
    if joined and len(line) <= LONGEST:
        yield line
