"""Which identity card is meant?

    read(text) -> Reading; value: 18 characters, X in upper case, or the 15 digits of an old one; shown: its first 3 and last 4

The digit that checks and the day of birth must be right. An identity number is personal: whoever keeps a text masks it.
"""

import re
from datetime import date

from pyshim.language.values import corrections
from pyshim.language.values.found import Found, NoValue, Reading, Reason
from pyshim.language.values.runs import runs
from pyshim.language.values.spans import Folded, fold

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"
TAIL = re.compile(r"\s?[-]?\s?[xX×](?![A-Za-z])")
NAMED = re.compile(r"身份证|证件号")


def read(text: str | Folded) -> Reading:
    folded = fold(text)
    said: list[Found] = []
    why: NoValue | None = None
    for run in runs(folded.text):
        spelt, end = run.digits, run.end
        if len(spelt) == 17 and (tail := TAIL.match(folded.text, end)):
            spelt, end = spelt + "X", tail.end()
        if len(spelt) not in (15, 18):
            if NAMED.search(folded.text) and len(spelt) > 11:
                why = why or NoValue(Reason.LENGTH)
        elif valid(spelt):
            named = NAMED.search(folded.text, max(0, run.start - 10), run.start) is not None
            said.append(Found(spelt, f"{spelt[:3]}{'*' * (len(spelt) - 7)}{spelt[-4:]}", run.start, end, named))
        else:
            why = why or NoValue(Reason.CHECKSUM)
    return corrections.concluded(folded, said, why)


def valid(spelt: str) -> bool:
    """Could a person have it?"""
    if len(spelt) == 15:
        return spelt[0] in "123456789" and _born(f"19{spelt[6:12]}")
    if len(spelt) != 18 or not spelt[:17].isdigit() or not _born(spelt[6:14]):
        return False
    return CHECKS[sum(weight * int(digit) for weight, digit in zip(WEIGHTS, spelt, strict=False)) % 11] == spelt[17]


def _born(day: str) -> bool:
    try:
        return date(int(day[:4]), int(day[4:6]), int(day[6:])).year >= 1850
    except ValueError:
        return False
