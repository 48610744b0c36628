"""Which numbers and words does a text itself call a password, a code, a CVV?

密码是1234, 验证码 12 34 56, PIN:一二三四, 123456是我的支付密码, 密码是abc123. What counts something (密码错了1000次), is too
long or too short, or stands behind anything but a few joining words (密码忘了，订单20231105) is none.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from pyshim.language.secrets import words
from pyshim.language.secrets.folding import fold
from pyshim.language.secrets.found import Secret
from pyshim.language.secrets.runs import Run

GAP = 16  # symbols of joining words at most
LENGTHS = {"password": (4, 8), "code": (4, 8), "cvv": (3, 4)}
LONGEST = 20  # of a password that is said to be one
LONG_PIECE = 4  # what goes on behind a value that could be whole is part of it where it is no longer


def _one_of(found: Iterable[str]) -> str:
    """Longest first; Latin words stand alone, and a 2 behind cvv is none of a longer number."""
    sides = {True: (r"(?<![a-z])", r"(?![a-z])"), False: ("", "")}
    patterns = []
    for word in sorted(map(fold, found), key=lambda word: (-len(word), word)):
        before, behind = sides[word[0].isascii() and word[0].islower()]
        patterns.append(before + re.escape(word) + behind + ("(?![0-9])" if word[-1].isdigit() else ""))
    return "|".join(patterns)


NAME = re.compile("|".join(f"(?P<{kind}>{_one_of(found)})" for kind, found in words.NAMES.items()))
JOIN = re.compile(_one_of((*words.SAYS, *words.JOINS)) + "|[0-9A-J]位")  # 6位的123456
CHAIN = re.compile(_one_of(words.CHAINS))
SAYS = frozenset(map(fold, words.SAYS))
COUNTS = re.compile(f" ?(?:{_one_of(words.COUNTS)})")
OF, IS, BEFORE_IS = (sorted(map(fold, found), key=len, reverse=True) for found in (words.OF, words.IS, words.BEFORE_IS))
TOKEN = re.compile(r"[a-z0-9!@#$%^&*_+=~.\-]+")
SHORTEST_TOKEN = 4
REPEATED = re.compile("[0-9A-J]个[0-9A-J](?![0-9A-J])")  # 六个8
CLAUSE_ENDS = re.compile(r"[ ,.。!?~)]|$")
BARE_CODE = 6  # digits of one that stands before its name: 886622 验证码


def named(folded: str, runs: Sequence[Run]) -> Iterator[Secret]:
    begins = {piece.start: (run, number) for run in runs for number, piece in enumerate(run)}
    ends = {run[-1].end: run for run in runs}
    for name in NAME.finditer(folded):
        kind = name.lastgroup or ""
        found = _behind(folded, name.end(), kind, begins) or _before(folded, name, kind, ends)
        while found is not None:
            yield found
            chain = CHAIN.match(folded, found.end)
            found = _value(folded, chain.end(), kind, True, begins) if chain else None


def _behind(folded: str, start: int, kind: str, begins: dict[int, tuple[Run, int]]) -> Secret | None:
    at, says = start, False
    while (join := JOIN.match(folded, at)) and join.end() <= start + GAP:
        says = says or join.group() in SAYS
        at = join.end()
    return _value(folded, at, kind, says, begins)


def _value(folded: str, at: int, kind: str, says: bool, begins: dict[int, tuple[Run, int]]) -> Secret | None:
    """What begins here, if it is one. says: whether the text says so."""
    if repeated := REPEATED.match(folded, at):
        return Secret(at, repeated.end(), kind)
    token = TOKEN.match(folded, at)
    if token and re.search("[a-z]", token.group()):
        word = token.group().rstrip(".-")
        is_one = len(word) >= SHORTEST_TOKEN and kind != "cvv" and (says or re.search("[0-9]", word) is not None)
        return Secret(at, at + len(word), kind) if is_one else None
    if at not in begins:
        return None
    end = _end(folded, *begins[at], kind, says)
    return None if end is None or COUNTS.match(folded, end) else Secret(at, end, kind)


def _end(folded: str, run: Run, first: int, kind: str, says: bool) -> int | None:
    """Where the digits end that are the value, None where they are none."""
    least, most = LENGTHS[kind]
    if says and kind == "password":
        most = LONGEST
    if not says and _is_date(folded, run, first):
        return None
    count, end = 0, None
    for piece in run[first:]:
        if count + len(piece.digits) > most or (count >= least and len(piece.digits) > LONG_PIECE):
            break
        count, end = count + len(piece.digits), piece.end
    return end if count >= least else None


def _is_date(folded: str, run: Run, first: int) -> bool:
    """2023-11-05"""
    year, rest = run[first].digits, run[first + 1 :]
    return (
        len(year) == 4 and year[:2] in ("19", "20") and bool(rest) and len(rest[0].digits) <= 2 and folded[run[first].end] in "-."
    )


def _before(folded: str, name: re.Match[str], kind: str, ends: dict[int, Run]) -> Secret | None:
    at = name.start()
    if folded[at - 1 : at] == "(" and folded[name.end() : name.end() + 1] == ")":
        at -= 1
    else:
        floor = max(0, at - GAP)
        at = _without(OF, folded, at, floor)
        joined = _last(IS, folded, at, floor)
        if not joined:
            return _bare_code(folded, name, kind, ends)
        at -= joined
    run = ends.get(_without(BEFORE_IS, folded, at, max(0, at - GAP)))
    if run is None:
        return None
    least, most = LENGTHS[kind]
    for first in (0, len(run) - 1):
        if least <= sum(len(piece.digits) for piece in run[first:]) <= most:
            return Secret(run[first].start, run[-1].end, kind)
    return None


def _bare_code(folded: str, name: re.Match[str], kind: str, ends: dict[int, Run]) -> Secret | None:
    run = ends.get(name.start() - (folded[name.start() - 1 : name.start()] == " "))
    if kind != "code" or run is None or not CLAUSE_ENDS.match(folded, name.end()):
        return None
    is_one = sum(len(piece.digits) for piece in run) == BARE_CODE
    return Secret(run[0].start, run[-1].end, kind) if is_one else None


def _without(known: Iterable[str], folded: str, end: int, floor: int) -> int:
    """Where the text ends without such words at its end."""
    while length := _last(known, folded, end, floor):
        end -= length
    return end


def _last(known: Iterable[str], folded: str, end: int, floor: int) -> int:
    """How long the word is that ends here, 0 for none; a Latin one stands alone."""
    for word in known:
        if folded.endswith(word, floor, end) and not (
            word[0].isascii() and word[0].islower() and _letters(folded, end - len(word), end)
        ):
            return len(word)
    return 0


def _letters(folded: str, start: int, end: int) -> bool:
    """Does a word go on before or behind these places?"""
    return any(one.isascii() and one.islower() for one in folded[max(0, start - 1) : start] + folded[end : end + 1])
