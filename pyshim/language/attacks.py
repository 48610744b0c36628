"""On which messages is a pattern likely to be slow?

Each part of it that may be repeated is, behind what has to stand before it; and then the rest does not fit. For what cannot be
counted (backtracking.py).
"""

from collections.abc import Iterable, Iterator
from itertools import accumulate, islice, zip_longest
from typing import NamedTuple

from pyshim.language.backtracking import KINDS, Node, parsed

MESSAGES = 20  # most that are tried
LONGEST = 200  # characters that one part stands for
SAMPLES = 12  # most texts that one part of a pattern stands for
BREAKS = ("\n", "!", "中")  # what makes a repeated part stop, before what the pattern wants behind it


def worst(pattern: str, chars: int) -> list[str]:
    """Messages of so many characters at most. Those of one part stand between those of the others."""
    parts = sorted(_repeated(list(parsed(pattern)), [""], [""]), key=lambda part: -_most(part.node))
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
        for unit in dict.fromkeys([*pumped, "".join(pumped), *KINDS]):
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
            return [one for one in KINDS if one != chr(value)][:3]
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
    return [one for one in KINDS if one not in known][:SAMPLES] if negated else known[:SAMPLES]
