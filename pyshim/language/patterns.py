"""Where does a tenant's pattern match, and how long may it look?

One pattern can look at forty letters for hours, and a shim has one thread for all tenants. So a message has so much time for all
patterns together; one that finds nothing within it finds nothing. So that nobody serves a slow one, check() bounds its steps by
what it is made of (pyshim/language/backtracking.py), the same on every machine; and worst() makes the messages on which one is
likely to be slow, for what cannot be seen in it: there the clock decides, by a wide margin.
"""

import importlib
import re
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from functools import lru_cache
from itertools import accumulate, islice, zip_longest
from time import process_time
from typing import Any, NamedTuple

import regex

from pyshim.language import backtracking
from pyshim.telemetry import metrics

MESSAGE_S = 0.1  # processor time for all patterns of a message
SLOW_S = 3.0  # of one pattern and one of its worst messages, from which it is refused; what passes the count takes a tenth of it
SQUARES = 4  # times the square of a message's length: so many steps at most
SHORT = 2000  # characters, below which a message is not worth counting more finely
MESSAGES = 20  # most worst messages that are tried
LONGEST = 200  # characters that one part stands for
SAMPLES = 12  # most texts that one part of a pattern stands for
BREAKS = ("\n", "!", "中")  # what makes a repeated part stop, before what the pattern wants behind it
LIKELY = "1a中 -!\n"  # one of each kind of character

_left: ContextVar[list[float]] = ContextVar("left")  # of the message's time, seconds


class Slow(Exception):
    """A pattern took too long; the text says on what."""


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> Any:
    """As `regex` has it. Raises re.error for what Python does not know, too: there is one syntax to learn."""
    try:
        re.compile(pattern)
        return regex.compile(pattern)
    except (regex.error, OverflowError, RecursionError) as error:
        raise re.error(str(error)) from None


def new_message() -> None:
    """From here on this task looks at another message."""
    _left.set([MESSAGE_S])


def search(pattern: str, text: str) -> re.Match[str] | None:
    """The first match; None, too, where the message's time is over."""
    left = _left.get(None) or [MESSAGE_S]
    if left[0] <= 0:
        return None
    began = process_time()
    try:
        found: re.Match[str] | None = compiled(pattern).search(text, timeout=left[0])
    except TimeoutError:
        metrics.pattern_timeouts.inc()
        left[0] = 0
        return None
    left[0] -= process_time() - began
    return found


@lru_cache(maxsize=4096)
def check(pattern: str, chars: int) -> None:
    """chars: of the longest message. Raises Slow, re.error."""
    compiled(pattern)
    messages = worst(pattern, chars)
    if backtracking.steps(pattern, chars) > SQUARES * max(chars, SHORT) ** 2:
        like = f" like {_shown(messages[0])}" if messages else ""
        raise Slow(f"it may look at {chars} characters{like} without end: two parts of it that repeat read the same text")
    for text in messages:
        try:
            compiled(pattern).search(text, timeout=SLOW_S)
        except TimeoutError:
            raise Slow(f"more than {SLOW_S:.0f} s on {chars} characters like {_shown(text)}") from None


def _shown(text: str) -> str:
    return repr(text if len(text) < 40 else f"{text[:20]}…{text[-20:]}")


# -- the worst messages -------------------------------------------------------------------------------------------------------

_parser: Any = importlib.import_module("re._parser")  # Python's own: what it makes of a pattern is in no public module
Node = tuple[Any, Any]


def worst(pattern: str, chars: int) -> list[str]:
    """Messages of so many characters at most on which it is likely to be slow: each part that may be repeated is, behind what has
    to stand before it; and then the rest does not fit. Those of one part stand between those of the others."""
    parts = sorted(_repeated(list(_parser.parse(pattern)), [""], [""]), key=lambda part: -_most(part.node))
    taken = zip_longest(*(_attacks(part, chars) for part in parts))
    return list(islice(dict.fromkeys(text for each in taken for text in each if text), MESSAGES))


class _Part(NamedTuple):
    """before, behind: what may stand around it."""

    node: Node
    before: list[str]
    behind: list[str]


def _repeated(nodes: list[Node], before: list[str], behind: list[str]) -> Iterator[_Part]:
    """The parts of a pattern that may be repeated."""
    said = [_text(node) for node in nodes]
    heads = list(accumulate(said, _joined, initial=before))
    tails = list(accumulate(reversed(said), lambda tail, text: _joined(text, tail), initial=behind))
    for node, head, tail in zip(nodes, heads, reversed(tails[:-1]), strict=False):
        if _most(node) > 1:
            yield _Part(node, head, tail)
        for inner in _inside(node):
            yield from _repeated(inner, head, tail)


def _attacks(part: _Part, chars: int) -> Iterator[str]:
    pumped = [one for one in _texts(_inside(part.node)[0]) if one]
    for start in part.before[:2]:
        for unit in dict.fromkeys([*pumped, "".join(pumped), *LIKELY]):
            for end in (mark + rest for rest in (part.behind[-1], "") for mark in BREAKS):
                room = max(0, chars - len(start) - len(end))
                yield start + (unit * (room // max(1, len(unit)) + 1))[:room] + end


def _most(node: Node) -> int:
    kind, value = node
    return int(value[1]) if str(kind).endswith("_REPEAT") else 1


def _inside(node: Node) -> list[list[Node]]:  # noqa: PLR0911
    """The parts in a node."""
    kind, value = node
    match str(kind):
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            return [list(value[2])]
        case "SUBPATTERN":
            return [list(value[3])]
        case "BRANCH":
            return [list(one) for one in value[1]]
        case "ATOMIC_GROUP":
            return [list(value)]
        case "ASSERT" | "ASSERT_NOT":
            return [list(value[1])]
        case "GROUPREF_EXISTS":
            return [list(one) for one in value[1:] if one is not None]
    return []


def _texts(nodes: Iterable[Node]) -> list[str]:
    """Some texts that these match, or nearly."""
    found = [""]
    for node in nodes:
        found = _joined(found, _text(node))
    return found


def _joined(first: list[str], second: list[str]) -> list[str]:
    """Every text of the second list is used, the first ones of the first: what is varied is the last."""
    return list(dict.fromkeys(one + other for one in first for other in second))[:SAMPLES]


def _text(node: Node) -> list[str]:  # noqa: PLR0911
    kind, value = node
    match str(kind):
        case "LITERAL":
            return [chr(value)]
        case "NOT_LITERAL":
            return [one for one in LIKELY if one != chr(value)][:3]
        case "ANY":
            return ["1", "a", "中"]
        case "IN":
            return _of_set(value)
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            least, most, body = min(value[0], LONGEST), value[1], value[2]
            return [(one * max(least, min(1, int(most))))[:LONGEST] for one in _texts(body)]
        case "SUBPATTERN" | "BRANCH" | "ATOMIC_GROUP":
            return [one for inner in _inside(node) for one in _texts(inner)][:SAMPLES]
    return [""]


def _of_set(members: list[Node]) -> list[str]:
    """Characters of a set: one of each member; of what is not in it, one of each kind."""
    negated = str(members[0][0]) == "NEGATE"
    known: list[str] = []
    for kind, value in members:
        match str(kind):
            case "LITERAL":
                known.append(chr(value))
            case "RANGE":
                known += [chr(value[0]), chr(value[1])]
            case "CATEGORY":
                known += {"CATEGORY_DIGIT": ["1"], "CATEGORY_SPACE": [" "]}.get(str(value), ["a", "1"])
    return [one for one in LIKELY if one not in known][:SAMPLES] if negated else known[:SAMPLES]
