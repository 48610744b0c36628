"""Which number of an order, an account or a transfer is meant, by the shape that a tenant declared?

    read(text, shapes, names=("订单", "单号")) -> Reading; value: prefix in upper case, where it
is kept, and digits, "T2026110301"; shown: with its prefix

Rules:

* Digits in either script, divided by spaces, dashes or points; whoever says two numbers that fit by themselves says two.
* What carries other letters (a tracking number), or counts money or anything else, is none. Nor is, unless its shape has no other
  length: a mobile number; and unless named: a date (2023-11-05), an identity card, a bank card.
* A prefix may be left out where the shape lets it.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pyshim.language.values import corrections, identities
from pyshim.language.values.figures import COUNTED
from pyshim.language.values.found import Found, NoValue, Reading, Reason
from pyshim.language.values.runs import Piece, Run, card, mobile, runs
from pyshim.language.values.spans import Folded, fold

PREFIX = re.compile(r"([A-Za-z]{1,8})[ \-:：]{0,2}$")
MONEY = re.compile(r"\s?(?:元|块|圆|RMB|万|千|[./,][0-9])", re.IGNORECASE)
DATE = re.compile(r"(?:19|20)[0-9]{2}[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12][0-9]|3[01])")
WORD, SHORT_WORDS = 4, frozenset(["no", "is", "id", "num", "it", "my"])  # letters of what is a word, where a blank follows
NEAR = 10
LEAST = 4  # digits that seem to be a number at all


class Shape(NamedTuple):
    """least, most: how many digits. prefix: letters before them; bare: may they be left out? kept: are they part of the value?"""

    least: int
    most: int
    prefix: str = ""
    bare: bool = True
    kept: bool = True


def read(text: str | Folded, shapes: Sequence[Shape], names: Sequence[str] = ()) -> Reading:
    folded = fold(text)
    said: list[Found] = []
    why: NoValue | None = None
    for run in runs(folded.text):
        named = any(name in folded.text[max(0, run.start - NEAR) : run.start] for name in names)
        for one in _of_run(folded.text, run, shapes, named):
            if isinstance(one, Found):
                said.append(one)
            else:
                why = why or NoValue(one)
    return corrections.concluded(folded, said, why)


def _of_run(text: str, run: Run, shapes: Sequence[Shape], named: bool) -> Iterator[Found | Reason]:
    before = PREFIX.search(text, max(0, run.start - NEAR), run.start)
    if before and _is_a_word(before):
        before = None
    letters, start = (before[1].upper(), before.start()) if before else ("", run.start)
    pieces = _that_count_nothing(text, run.pieces)
    fitting = [shape for shape in shapes if letters == shape.prefix.upper() or (not letters and shape.bare)]
    after = text[run.end : run.end + 1]
    if not pieces or not fitting or (after.isascii() and after.isalpha()):
        return
    if reason := _other(text, run, fitting, named or bool(letters)):
        yield reason
        return
    wholes = list(_wholes(pieces, fitting))
    for shape, first, last in wholes:
        spelt, prefix = "".join(piece.digits for piece in pieces[first:last]), shape.prefix.upper()
        yield Found(
            prefix * shape.kept + spelt,
            prefix + spelt,
            start if first == 0 else pieces[first].start,
            pieces[last - 1].end,
            named or bool(letters),
        )
    if not wholes and sum(len(piece.digits) for piece in pieces) >= (1 if named or letters else LEAST):
        yield Reason.LENGTH


def _is_a_word(before: re.Match[str]) -> bool:
    """Is it no prefix (SF1234567890), but a word apart (my order 20231105)?"""
    return not before[0][-1].isalpha() and (len(before[1]) >= WORD or before[1].lower() in SHORT_WORDS)


def _that_count_nothing(text: str, pieces: tuple[Piece, ...]) -> list[Piece]:
    """Without the last one where it is money or counts something."""
    last = pieces[-1]
    counts = MONEY.match(text, last.end) or (COUNTED.match(text, last.end) and len(last.digits) < 8)
    return list(pieces[:-1] if counts else pieces)


def _wholes(pieces: list[Piece], shapes: Sequence[Shape]) -> Iterator[tuple[Shape, int, int]]:
    """Which pieces are numbers, alone where any fits alone, else together."""

    def fits(digits: int) -> Shape | None:
        return next((shape for shape in shapes if shape.least <= digits <= shape.most), None)

    alone = [(shape, at, at + 1) for at, piece in enumerate(pieces) if (shape := fits(len(piece.digits))) is not None]
    if alone:
        yield from alone
        return
    if shape := fits(sum(len(piece.digits) for piece in pieces)):
        yield shape, 0, len(pieces)
        return
    first = 0
    while first < len(pieces):
        digits = 0
        for last in range(first, min(first + 8, len(pieces))):
            digits += len(pieces[last].digits)
            if shape := fits(digits):
                yield shape, first, last + 1
                first = last
                break
        first += 1


def _other(text: str, run: Run, shapes: Sequence[Shape], named: bool) -> Reason | None:
    """What it is instead."""
    spelt = run.digits
    if mobile(spelt) and not any(shape.least == shape.most == len(spelt) for shape in shapes):
        return Reason.PHONE
    if named:
        return None
    if DATE.fullmatch(text, run.start, run.end):
        return Reason.DATE
    if len(spelt) == 18 and identities.valid(spelt):
        return Reason.IDENTITY
    return Reason.CARD if card(spelt) and len(spelt) >= 16 else None
