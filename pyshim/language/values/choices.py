"""Which of a list is meant?

    read(text, {"畅享29": ["29"], "畅享59": ["59"]}, everything="") -> Reading; value and shown: the name

A list is names and aliases; the rest is known here:

* Numerals are one in either script, and spaces are none: 三期, ３期 and 3 期 say the alias 3期. The longest word wins; a word
  with a number at its end is never cut out of a larger one.
* A name's number, or an alias that is one, is meant by 换成29的, 升到29, 29那个, 29元的, 还是59吧, and alone; never where it
  counts (29天).
* 第二个, 最后一个, 倒数第二个: by place. 最便宜的, 最高那档: by number, where every name has one.
* 都要, 全部, 一个不留: everything, the name that stands for all, or each name where there is none.

named: a name, an alias, a number that stands for one, or everything where that has a name. The others are to be heard where the
choice was asked for.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from pyshim.language.values import corrections
from pyshim.language.values.figures import COUNTED, figures
from pyshim.language.values.found import Found, NoValue, Reading, Reason
from pyshim.language.values.spans import Folded, fold

Choices = Mapping[str, Sequence[str | int]]

SHORT = 24  # characters; a longer text is no bare number
SEAM = "\x1f"  # between two figures side by side

NUMBER = re.compile(r"(?<![0-9A-Za-z._/:-])[0-9]{1,6}(?![0-9]|\.[0-9]|[-/:][0-9]|[A-Za-z]|[十百千万亿])")
SWITCH = re.compile(
    r"(?:[换改升降转变调](?:级|档|回)?(?:成|到|为|去|至|做)?|[选办要用开]|就|还是|那个?|这个?|分(?:成|作)?|[成到为是])(?:第|个|那个|畅享)?$"
)
THAT = re.compile(r"(?:元|块钱?)?(?:1个?月)?(?:的|那[个款种档]|这[个款种档]|套餐|档|款)")
PRICED = re.compile(r"元|块")
ALONE = re.compile(r"[我想要就选来那这个款种档的是为分成换改吧呢啊哦嗯好行了谢您你请先\s，,。.！!~：:？?“”]|还是|元|块钱?")
PLACE = re.compile(
    r"(?:倒数第?(?P<back>[0-9]{1,2})|第(?P<place>[0-9]{1,2})|(?P<last>最后(?:1)?)|头(?P<first>1))(?P<unit>[个款种档项样条套])(?!月|小时|星期|人)"
)
LEAST = re.compile(r"最(?:便宜|低|少|小|省钱?|短)(?=的|那|这|档|期|套餐|款|1?个|$|[吧啊呢，,。！!？?])")
MOST = re.compile(r"最(?:贵|高|多|大|长)(?=的|那|这|档|期|套餐|款|1?个|$|[吧啊呢，,。！!？?])")
ASKS = re.compile(r"哪|什么|多少|几|吗")
ALL = re.compile(
    r"(?<!用的)(?<!别的)(?<!他的)(?<!余的)(?:全|都|统统|通通|全都|全部)(?:都|给我|帮我)?(?:退订|退掉|退了|取消了?|关掉|[要选退办开订买换改]了?)(?!不)|1个不[留剩]|全部(?!不)|所有的?|统统|通通|全都(?!不)"
)


class Word(NamedTuple):
    said: str
    name: str


class List(NamedTuple):
    """A tenant's list, ready to be read: words, longest first; numbers: whose each is; bare: names that are numbers."""

    names: tuple[str, ...]
    words: tuple[Word, ...]
    numbers: dict[int, str]
    bare: frozenset[str]


class Plain(NamedTuple):
    """A text as words are compared, and where each character stood in the folded one."""

    text: str
    at: list[int]


def read(text: str | Folded, choices: Choices, everything: str = "") -> Reading:
    folded = fold(text)
    known = _list(tuple((name, tuple(words)) for name, words in choices.items()))
    plain = _plain(folded.text)
    said = sorted(_spans(plain, _said(plain.text, known)), key=lambda one: one.start)
    if said:
        return corrections.concluded(folded, said, None)
    names, why = _pointed_at(plain.text, known, everything)
    return corrections.concluded(folded, list(_spans(plain, names)), why)


@lru_cache(maxsize=1024)
def _list(choices: tuple[tuple[str, tuple[str | int, ...]], ...]) -> List:
    words: list[Word] = []
    numbers: dict[int, str] = {}
    taken: dict[int, list[str]] = {}
    for name, aliases in choices:
        for said in (_plain(fold(word).text).text for word in (name, *map(str, aliases))):
            if said.isdecimal():
                numbers[int(said)] = name
            elif said:
                words.append(Word(said, name))
        own = re.findall("[0-9]+", _plain(fold(name).text).text)
        if len(own) == 1:
            taken.setdefault(int(own[0]), []).append(name)
    numbers = {**{number: names[0] for number, names in taken.items() if len(names) == 1}, **numbers}
    bare = frozenset(name for name, _ in choices if fold(name).text.isdigit())
    return List(tuple(name for name, _ in choices), tuple(sorted(words, key=lambda word: -len(word.said))), numbers, bare)


def _plain(text: str) -> Plain:
    """Lower case, whole numbers in digits, and no spaces but between what would run together."""
    pieces: list[str] = []
    at: list[int] = []
    done = 0
    for figure in figures(text):
        pieces.append(text[done : figure.start])
        at.extend(range(done, figure.start))
        whole = figure.value is not None and figure.value == int(figure.value)
        said = str(int(figure.value)) if whole and figure.value is not None else text[figure.start : figure.end]
        if done == figure.start and pieces[-2:-1]:
            said = SEAM + said
        pieces.append(said)
        at.extend(min(figure.start + number, figure.end - 1) for number in range(len(said)))
        done = figure.end
    pieces.append(text[done:])
    at.extend(range(done, len(text)))
    plain = "".join(pieces)
    plain = plain.lower() if len(plain.lower()) == len(plain) else plain
    if " " not in plain:
        return Plain(plain, at)
    kept = [
        number
        for number, character in enumerate(plain)
        if character != " " or (0 < number < len(plain) - 1 and _runs(plain[number - 1]) and _runs(plain[number + 1]))
    ]
    return Plain("".join(plain[number] for number in kept), [at[number] for number in kept])


def _runs(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _spans(plain: Plain, said: list[tuple[int, int, str, bool]]) -> Iterator[Found]:
    for start, end, name, named in said:
        yield Found(name, name, plain.at[start], plain.at[end - 1] + 1, named)


def _said(text: str, known: List) -> list[tuple[int, int, str, bool]]:
    """Names, aliases and numbers: start, end, name, named."""
    found: list[tuple[int, int, str, bool]] = []

    def free(start: int, end: int) -> bool:
        return all(end <= one[0] or one[1] <= start for one in found)

    for word in known.words:
        if len(found) == 32:
            break
        at = text.find(word.said)
        while at >= 0 and len(found) < 32:
            end = at + len(word.said)
            if _whole(text, at, end) and free(at, end):
                found.append((at, end, word.name, True))
            at = text.find(word.said, end)
    numbers = [one for one in islice(NUMBER.finditer(text), 32) if int(one.group()) in known.numbers]
    alone = len(text) < SHORT and not ALONE.sub(
        "", NUMBER.sub(lambda one: "" if int(one.group()) in known.numbers else "#", text)
    )
    for number in numbers:
        name = known.numbers[int(number.group())]
        if free(number.start(), number.end()) and _means(text, number.start(), number.end(), name in known.bare, alone):
            found.append((number.start(), number.end(), name, True))
    return found


def places(text: str | Folded, choices: Choices, name: str) -> list[tuple[int, int]]:
    """Where the text says this name, in any of its words."""
    folded = fold(text)
    plain = _plain(folded.text)
    said = _said(plain.text, _list(tuple((name, tuple(words)) for name, words in choices.items())))
    return sorted(folded.span(one.start, one.end) for one in _spans(plain, said) if one.value == name)


def _whole(text: str, start: int, end: int) -> bool:
    """Is it no part of a larger number, nor, in Latin letters, of a longer word?"""
    before, after = text[max(0, start - 1) : start], text[end : end + 1]
    if before and before in "没未":
        return False  # 没还清
    if text[start].isdigit() and (before.isdigit() or before == "."):
        return False
    if text[start].isascii() and text[start].isalpha() and before.isascii() and before.isalpha():
        return False
    if text[end - 1].isdigit() and (after.isdigit() or (after == "." and text[end + 1 : end + 2].isdigit())):
        return False
    return not (text[end - 1].isascii() and text[end - 1].isalpha() and after.isascii() and after.isalpha())


def _means(text: str, start: int, end: int, bare: bool, alone: bool) -> bool:
    """Does a number that a choice has mean that choice? bare: its name is a number; alone: the text says nothing else."""
    that = THAT.match(text, end)
    counts = COUNTED.match(text, end) and not (that and not text.startswith("个月", end))
    if counts or (PRICED.match(text, end) and bare):
        return False
    return bool(that or alone or SWITCH.search(text, max(0, start - 8), start))


def _pointed_at(text: str, known: List, everything: str) -> tuple[list[tuple[int, int, str, bool]], NoValue | None]:
    """By place, by size, or all of them."""
    names = [name for name in known.names if name != everything]
    if place := PLACE.search(text):
        at = (
            -1
            if place["last"]
            else 0
            if place["first"]
            else int(place["place"] or 0) - 1
            if place["place"]
            else -int(place["back"])
        )
        if -len(names) <= at < len(names) and not (place["place"] and at < 0):
            return [(place.start(), place.end(), names[at], False)], None
        return [], NoValue(Reason.NO_SUCH_CHOICE)
    for extreme, pick in ((LEAST, min), (MOST, max)):
        if (found := extreme.search(text)) and not ASKS.search(text):
            sizes = {name: number for number, name in known.numbers.items()}
            if any(name not in sizes for name in names):
                return [], NoValue(Reason.NO_SUCH_CHOICE)
            return [(found.start(), found.end(), pick(names, key=lambda name: sizes[name]), False)], None
    if found := ALL.search(text):
        return [(found.start(), found.end(), name, bool(everything)) for name in ([everything] if everything else names)], None
    return [], None
