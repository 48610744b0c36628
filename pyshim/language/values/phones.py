"""Which mobile number is meant?

    read(text) -> Reading; value: its eleven digits; shown: "138 0000 2046"

Of the mainland, with +86, 86 or 0086 or without, in either script, divided in any way. A number with one digit too many or too
few is none, nor is a landline.
"""

import re
from collections.abc import Iterator

from pyshim.language.values import corrections
from pyshim.language.values.found import Found, NoValue, Reading, Reason
from pyshim.language.values.runs import Run, mobile, runs
from pyshim.language.values.spans import Folded, fold

NAMED = re.compile(r"手机|电话|号码|联系|致电|拨打|\btel\b|phone", re.IGNORECASE)
LANDLINE = re.compile(r"0(?:10|2[0-9]|[3-9][0-9]{2})[2-9][0-9]{6,7}|[48]00[0-9]{7}")
LONGEST = 15  # digits, with the country's before them
GROUPS = ([3, 4, 4], [2, 3, 4, 4])


def read(text: str | Folded) -> Reading:
    folded = fold(text)
    said: list[Found] = []
    why: NoValue | None = None
    for run in runs(folded.text):
        found = list(_numbers(folded.text, run))
        said += found
        if not found:
            why = why or _why(folded.text, run)
    return corrections.concluded(folded, said, why)


def shown(number: str) -> str:
    return f"{number[:3]} {number[3:7]} {number[7:]}"


def _numbers(text: str, run: Run) -> Iterator[Found]:
    first = 0
    while first < len(run.pieces):
        spelt, last = "", first
        while last < len(run.pieces) and len(spelt) + len(run.pieces[last].digits) <= LONGEST:
            spelt, last = spelt + run.pieces[last].digits, last + 1
            number = mobile(spelt)
            if number is not None and _stands_alone(text, run, first, last):
                start, end = run.pieces[first].start, run.pieces[last - 1].end
                start -= text[max(0, start - 1) : start] in ("+", "(")
                yield Found(number, shown(number), start, end, NAMED.search(text, max(0, start - 10), start) is not None)
                break
        else:
            last = first + 1
        first = last


def _stands_alone(text: str, run: Run, first: int, last: int) -> bool:
    """Is it no part of something longer: of a tracking number, or of a card's, whose digits are divided by fours?"""
    around = (
        text[run.pieces[first].start - 1 : run.pieces[first].start]
        + text[run.pieces[last - 1].end : run.pieces[last - 1].end + 1]
    )
    if any(one.isascii() and one.isalpha() for one in around):
        return False
    groups = [len(piece.digits) for piece in run.pieces[first:last]]
    return len(run.digits) < 15 or len(groups) == 1 or groups in GROUPS


def _why(text: str, run: Run) -> NoValue | None:
    spelt = run.digits
    if LANDLINE.fullmatch(spelt):
        return NoValue(Reason.LANDLINE)
    if any(one.isascii() and one.isalpha() for one in text[max(0, run.start - 1) : run.start] + text[run.end : run.end + 1]):
        return None
    near = NAMED.search(text, max(0, run.start - 10), run.start) or not text[: run.start].strip(" +(是")
    return NoValue(Reason.LENGTH) if near and 7 <= len(spelt) <= LONGEST else None
