"""How much is a figure, in digits, in Chinese numerals, or in both (12,800; 一千零五十; 1万2; 3万5千; 1w5)?

Rules, over a folded text:

* , groups by threes and nothing else; so does one space, and ， where a currency follows or the figure stands alone.
* 一百二 is 120, 1万2 is 12,000: one digit behind a unit counts in tenths of it. 一百零二 is 102. 1万2000 is 12,000, 1万25 is
  unclear.
* A digit behind a unit that counts something of its own is no part of it: 3万5年 is 3万, and 5年.
* 三五百, 十几, 几千, 一千多, 三十来 are vague. 一五零零 is digit for digit.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from pyshim.language.values.found import Reason

CHINESE = {
    character: str(value)
    for value, characters in enumerate(
        ["零〇○", "一壹幺", "二贰两俩", "三叁叄参", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖"]
    )
    for character in characters
}
UNITS = {
    **dict.fromkeys("十拾", 10),
    **dict.fromkeys("百佰", 100),
    **dict.fromkeys("千仟kK", 1000),
    **dict.fromkeys("万wW", 10000),
    "亿": 100_000_000,
}
HIGH = frozenset("万千wWkK")
TENS = {"廿": 2, "卅": 3}
D, U = "".join(CHINESE), "十拾百佰千仟万亿"

# Behind a number they say that it counts something, and what is no money.
COUNTERS = (
    r"(?:年|期|号|个(?![wW万])|天|月|日|点|次|人|笔|张|岁|小时|秒|%|‰|℃|度|公斤|斤|克|米|折|倍|路|楼|栋|幢|室|条|遍|回(?![来去家头复])|件|双|只|套|位|码"
    r"|届|级|层|周|星期|礼拜|季|成|步|股|瓶|盒|本(?![金月人期])|台|部|家|名|口|的卡|分钟|分(?![\d一二三四五六七八九十期成开为\n]|钱)|[GgMmTt](?![A-LN-Za-ln-z]))"
)
COUNTED = re.compile(rf"\s?{COUNTERS}")

MOST = 64  # figures of a text; nobody says so many
START = re.compile(
    rf"[0-9十拾廿卅]|(?!一[下起样些直定般共会旦])[{D}]|[几数](?=[{U}])|(?<=[上近成好])[百千万](?!能|一)|[百千万](?=[来把](?!说))"
)
GROUPED = re.compile(r"[0-9]{1,3}(?:(?P<by>[,， ])[0-9]{3})(?:(?P=by)[0-9]{3})*(?![0-9])(?:\.[0-9]+)?")
PLAIN = re.compile(r"[0-9]+(?:\.[0-9]+)?")
BROKEN = re.compile(r"(?:[,.]|[ ](?=[0-9]))[0-9][0-9,.]*")  # digits that go on where they may not
STRING = re.compile(rf"[{D}]{{2,}}")
VAGUE = re.compile(r"\s?(?:几|[多余](?![扣收退付充转给交缴还])|[来把](?=[块元圆个千万百钱张\s]|$))")


class Figure(NamedTuple):
    """text[start:end]; value None: reason says why. whole: is it written without a unit (8000, 一零五)? wide: was it grouped by
    ，or by a space, which may divide as well?"""

    start: int
    end: int
    value: Decimal | None
    reason: Reason | None = None
    whole: bool = True
    wide: bool = False


def figures(text: str) -> Iterator[Figure]:
    """All figures of a folded text, none within another."""
    at = 0
    for _ in range(MOST):
        found = START.search(text, at)
        if found is None:
            return
        figure = _figure(text, found.start())
        vague = VAGUE.match(text, figure.end)
        if vague and figure.end > figure.start and figure.reason is None:
            end = _past_units(text, vague.end())
            figure = figure._replace(end=end, value=None, reason=Reason.VAGUE)
        yield figure
        at = max(figure.end, found.end())


def exact(word: str) -> Decimal | None:
    """What a folded text that is one figure and nothing else amounts to."""
    first = next(figures(word), None)
    return first.value if first is not None and (first.start, first.end) == (0, len(word)) else None


def digits(text: str) -> str:
    """The same text with Chinese digits as digits, place for place."""
    return text.translate(DIGITS)


DIGITS = str.maketrans(CHINESE)


class _Number(NamedTuple):
    """Digits as they were read: an integer's length and whether it leads with zero decide what it may mean behind a unit."""

    value: Decimal
    end: int
    length: int
    arabic: bool
    wide: bool = False


def _figure(text: str, start: int) -> Figure:  # noqa: PLR0912
    if text[start] in "几数百千万":
        return Figure(start, _past_units(text, start + 1), None, Reason.VAGUE, False)
    total, section, last, zero = Decimal(), Decimal(), 0, False  # last: the unit before, 0 for none
    at, number, wide = start, None, False
    while at < len(text):
        character = text[at]
        if character in UNITS and _is_unit(text, at, number):
            unit = UNITS[character]
            if number is None and (unit > 10 or (last and not zero and last <= 10)) and not (unit >= 10_000 and section):
                break
            if unit < 10_000:
                if 0 < last < 10_000 and unit >= last:
                    return Figure(start, _past_units(text, at), None, Reason.UNCLEAR, False)
                section += (number.value if number else 1) * unit
            else:
                if total and unit >= last >= 10_000:
                    return Figure(start, _past_units(text, at), None, Reason.UNCLEAR, False)
                total, section = (total + section + (number.value if number else 0)) * unit, Decimal()
            at, number, last, zero = at + 1, None, unit, False
        elif character in TENS and number is None and last in (0, 100, 1000, 10_000):
            section, last, at = section + TENS[character] * 10, 10, at + 1
        elif character in " 个" and number is not None and text[at + 1 : at + 2] in HIGH:
            at += 1  # 3 万, 5个w
        elif number is None and last and character in "零〇○" and not zero:
            zero, at = True, at + 1
        elif number is None and (read := _number(text, at)) is not None:
            if isinstance(read, Figure):
                return read._replace(start=start, end=_past_units(text, read.end))
            if last > 10 and not zero and COUNTED.match(text, read.end):
                break
            number, at, wide = read, read.end, wide or read.wide
        else:
            break
    at -= zero and number is None  # 零 that nothing follows
    if number is None:
        return Figure(start, at, total + section, None, False)
    return _ended(Figure(start, at, total + section, None, not last, wide), number, last, zero)


def _ended(figure: Figure, number: _Number, last: int, zero: bool) -> Figure:
    """With a number behind the last unit."""
    assert figure.value is not None
    if not last or zero:
        return figure._replace(value=figure.value + number.value)
    if number.length == 1 and number.value == int(number.value):
        return figure._replace(value=figure.value + number.value * last / 10)
    if number.arabic and 10 ** (number.length) <= last <= 10 ** (number.length + (last == 10_000)):
        return figure._replace(value=figure.value + number.value)
    return figure._replace(value=None, reason=Reason.UNCLEAR)


def _is_unit(text: str, at: int, number: _Number | None) -> bool:
    """k and w only right behind digits, and where no word goes on (6kg)."""
    if not text[at].isascii():
        return True
    after = text[at + 1 : at + 2]
    return number is not None and number.arabic and not (after.isascii() and after.isalpha())


def _number(text: str, at: int) -> _Number | Figure | None:  # noqa: PLR0911
    """Digits that begin here, or a figure that says what is wrong with them."""
    if text[at] in CHINESE:
        string = STRING.match(text, at)
        if string is None:
            return _Number(Decimal(CHINESE[text[at]]), at + 1, 1, False)
        spelt, end = digits(string.group()), string.end()
        if len(spelt) == 2 and "0" not in spelt:
            return Figure(at, end, None, Reason.VAGUE, False)
        if end < len(text) and text[end] in U:
            return Figure(at, end, None, Reason.UNCLEAR, False)
        return _Number(Decimal(spelt), end, len(spelt), True)
    found = GROUPED.match(text, at) or PLAIN.match(text, at)
    if found is None:
        return None
    broken = BROKEN.match(text, found.end())
    if broken and (broken.group()[0] != " " or _breaks(text, found, broken)):
        return Figure(at, broken.end(), None, Reason.GROUPING if broken.group()[0] != "." else Reason.UNCLEAR)
    said = re.sub("[,， ]", "", found.group())
    by = found.groupdict().get("by")
    return _Number(Decimal(said), found.end(), len(said.partition(".")[0]), True, by in ("，", " "))


def _breaks(text: str, found: re.Match[str], broken: re.Match[str]) -> bool:
    """Do digits behind a space belong to those before it (15 00元), and not to another figure (8000 12期, 8000 6)?"""
    return len(found.group()) <= 3 and len(broken.group()) > 2 and not COUNTED.match(text, broken.end())


def _past_units(text: str, at: int) -> int:
    while at < len(text) and text[at] in U:
        at += 1
    return at
