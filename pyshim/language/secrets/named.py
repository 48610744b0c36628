"""Which numbers and words does a text itself call a password, a code, a CVV, a passport's number?

密码是1234, 验证码 12 34 56, PIN:一二三四, 123456是我的支付密码, 密码是abc 123!x, 护照E12345678, 验证码发我手机了，是667788. A
name may be divided as its digits may (密 码 1 2 3 4). What counts something (密码错了1000次), is too long or too short, or stands
behind anything but a few joining words (密码忘了，订单20231105) is none.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from pyshim.language import kept
from pyshim.language.secrets import words
from pyshim.language.secrets.folding import fold
from pyshim.language.secrets.found import Secret
from pyshim.language.secrets.runs import BETWEEN, Run

GAP = 16  # symbols of joining words at most
LENGTHS = {"password": (4, 8), "code": (4, 8), "cvv": (3, 4), "document": (6, 10)}  # digits
LONGEST = 20  # of a password that is said to be one
LONG_PIECE = 4  # what goes on behind a value that could be whole is part of it where it is no longer


def _one_of(found: Iterable[str], divided: str = "") -> str:
    """Longest first; Latin words stand alone, and a 2 behind cvv is none of a longer number. divided: what may stand within."""
    sides = {True: (r"(?<![a-z])", r"(?![a-z])"), False: ("", "")}
    patterns = []
    for word in sorted(map(fold, found), key=lambda word: (-len(word), word)):
        before, behind = sides[word[0].isascii() and word[0].islower()]
        within = "".join((divided if at and not one.isdigit() else "") + re.escape(one) for at, one in enumerate(word))
        patterns.append(before + within + behind + ("(?![0-9])" if word[-1].isdigit() else ""))
    return "|".join(patterns)


NAME = kept.pattern(
    "named", _one_of([word for found in words.NAMES.values() for word in found], BETWEEN)
)  # the longest, of whatever kind
DIVIDES = re.compile(r"[ \-._]")
KINDS = {DIVIDES.sub("", fold(word)): kind for kind, found in words.NAMES.items() for word in found}
JOIN = re.compile(_one_of((*words.SAYS, *words.JOINS)) + "|[0-9A-J]位")  # 6位的123456
CHAIN = re.compile(_one_of(words.CHAINS))
SAYS = frozenset(map(fold, words.SAYS))
COUNTS = re.compile(f" ?(?:{_one_of(words.COUNTS)})")
OF, IS, BEFORE_IS = (sorted(map(fold, found), key=len, reverse=True) for found in (words.OF, words.IS, words.BEFORE_IS))
AGAIN = re.compile(f"[ ,;.!。](?:{_one_of(words.AGAIN)})*(?:{_one_of(words.IS)})")
SIGNS = r"a-z0-9!@#$%^&*_+=~.\-"
TOKEN, MORE, LAST_TOKEN = re.compile(f"[{SIGNS}]+"), re.compile(f" ([{SIGNS}]+)"), re.compile(f"[{SIGNS}]+$")
LETTER, DIGIT = re.compile("[a-z]"), re.compile("[0-9]")
SHORTEST_TOKEN, LONGEST_MORE = 4, 8
ENGLISH = re.compile(f"(?:{'|'.join(words.ENGLISH)}|[a-z]+ed|[a-z]+ing)[.!]*")
SERIES = re.compile("[a-z]{1,3}[ -]?")  # of a passport
LAST_SERIES = re.compile("(?<![a-z])[a-z]{1,3}[ -]?$")
REPEATED = re.compile("[0-9A-J]个[0-9A-J](?![0-9A-J])")  # 六个8
CLAUSE_ENDS = re.compile(r"[ ,.。!?~)]|$")
BARE_CODE = 6  # digits of one that stands before its name: 886622 验证码


def named(folded: str, runs: Sequence[Run]) -> Iterator[Secret]:
    begins = {piece.start: (run, number) for run in runs for number, piece in enumerate(run)}
    ends = {run[-1].end: run for run in runs}
    for name in NAME.finditer(folded):
        kind = KINDS[DIVIDES.sub("", name.group())]
        if kind == "none":
            continue
        found = _behind(folded, name.end(), kind, begins) or _before(folded, name, kind, ends)
        found = found or _again(folded, name, kind, begins)
        while found is not None:
            yield found
            chain = CHAIN.match(folded, found.end)
            found = _value(folded, chain.end(), kind, chain.group(), begins) if chain else None


def _behind(folded: str, start: int, kind: str, begins: dict[int, tuple[Run, int]]) -> Secret | None:
    at, says = start, ""
    while (join := JOIN.match(folded, at)) and join.end() <= start + GAP:
        says = says or (join.group() if join.group() in SAYS else "")
        at = join.end()
    return _value(folded, at, kind, says, begins)


def _again(folded: str, name: re.Match[str], kind: str, begins: dict[int, tuple[Run, int]]) -> Secret | None:
    """验证码发我手机了，是667788"""
    digit = DIGIT.search(folded, name.end(), name.end() + GAP)
    for again in AGAIN.finditer(folded, name.end(), digit.start() if digit else name.end() + GAP):
        if found := _behind(folded, again.end(), kind, begins):
            return found
    return None


def _value(folded: str, at: int, kind: str, says: str, begins: dict[int, tuple[Run, int]]) -> Secret | None:
    """What begins here, if it is one. says: the word, if any, by which the text says so."""
    if repeated := REPEATED.match(folded, at):
        return Secret(at, repeated.end(), kind)
    series = SERIES.match(folded, at) if kind == "document" else None
    end = None if series else _word(folded, at, kind, says)
    if end is not None:
        return Secret(at, end, kind) if end > at else None
    first = series.end() if series else at
    if first not in begins:
        return None
    end = _end(folded, *begins[first], kind, bool(says))
    return None if end is None or COUNTS.match(folded, end) else Secret(at, end, kind)


def _word(folded: str, at: int, kind: str, says: str) -> int | None:
    """Where a word of letters, digits and signs ends, divided or not (a b c 1; behind a word that says that it is one, abc 123!x,
    too); at where it is no password, None where it has no letter."""
    token = TOKEN.match(folded, at)
    if token is None:
        return None
    if says in words.STATES and ENGLISH.fullmatch(token.group()):
        return at
    end, spelt = token.end(), token.group()
    while (more := MORE.match(folded, end)) and _goes_on(spelt, more[1], says):
        end, spelt = more.end(), spelt + more[1]
    if not LETTER.search(spelt):
        return None
    end -= len(spelt) - len(spelt := spelt.rstrip(".-"))
    is_one = len(spelt) >= SHORTEST_TOKEN and kind != "cvv" and (says or DIGIT.search(spelt))
    return end if is_one else at


def _goes_on(spelt: str, piece: str, says: str) -> bool:
    """Is this piece, behind a space, of the same word?"""
    if not says or len(piece) == 1:
        return len(piece) == 1
    if len(piece) > LONGEST_MORE or not piece.isalpha():
        return len(piece) <= LONGEST_MORE
    is_prose = says in words.PROSE and (len(spelt) >= SHORTEST_TOKEN or ENGLISH.fullmatch(piece) is not None)
    return LETTER.search(spelt) is not None and not is_prose


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
    at = _without(BEFORE_IS, folded, at, max(0, at - GAP))
    if kind != "document" and (start := _word_before(folded, at)) is not None:
        return Secret(start, at, kind)
    run = ends.get(at)
    if run is None:
        return None
    least, most = LENGTHS[kind]
    for first in (0, len(run) - 1):
        if least <= sum(len(piece.digits) for piece in run[first:]) <= most:
            start = run[first].start
            series = LAST_SERIES.search(folded, max(0, start - 5), start) if kind == "document" else None
            return Secret(series.start() if series else start, run[-1].end, kind)
    return None


def _word_before(folded: str, end: int) -> int | None:
    """Where a word of letters and digits begins that ends here."""
    token = LAST_TOKEN.search(folded, max(0, end - LONGEST), end)
    is_one = token and len(token.group()) >= SHORTEST_TOKEN and LETTER.search(token.group()) and DIGIT.search(token.group())
    return token.start() if token and is_one else None


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
