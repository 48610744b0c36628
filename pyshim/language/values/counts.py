"""How many?

    read(text, units="件个双", least=1, most=99) -> Reading; value and shown: a whole number, "3"

A number with one of the units (characters, one each), or all of the text. 第二件 is none, 几件 is vague.
"""

import re

from pyshim.language.values import corrections
from pyshim.language.values.figures import figures
from pyshim.language.values.found import Found, NoValue, Reading, Reason
from pyshim.language.values.spans import Folded, fold

AROUND = re.compile(r"[是要就买退换来的共只总数量有我吧呢啊哦了\s，,。.！!~：:]")
PAIRS = {"俩": "2", "仨": "3"}
ALONE = 48  # characters; a longer text is no bare number
SEVERAL = re.compile(r"几|好多|一些|若干")


def read(text: str | Folded, units: str = "件个双", least: int = 1, most: int = 99) -> Reading:
    folded = fold(text)
    said: list[Found] = []
    why: NoValue | None = None
    unit = re.compile(rf"\s?[{re.escape(units)}]") if units else None
    for figure in figures(folded.text):
        counts = unit is not None and unit.match(folded.text, figure.end)
        if folded.text[max(0, figure.start - 1) : figure.start] in ("第", "-", "."):
            continue
        around = folded.text[: figure.start] + folded.text[figure.end :]
        if not counts and (len(around) > ALONE or AROUND.sub("", around)):
            continue
        if figure.value is None or figure.value != int(figure.value):
            why = why or NoValue(figure.reason or Reason.UNCLEAR)
        elif not least <= figure.value <= most:
            why = why or NoValue(Reason.ZERO if figure.value < least else Reason.TOO_LARGE)
        else:
            value = str(int(figure.value))
            said.append(Found(value, value, figure.start, figure.end, bool(counts)))
    if not said and (pair := next((one for one in PAIRS if one in folded.text), None)):
        at = folded.text.index(pair)
        said.append(Found(PAIRS[pair], PAIRS[pair], at, at + 1, True))
    if not said and why is None and SEVERAL.search(folded.text):
        why = NoValue(Reason.VAGUE)
    return corrections.concluded(folded, said, why)
