"""How often may a pattern look at one message before it gives up?

steps() is a bound by what the pattern is made of, the same on every machine. A pattern becomes an automaton of its characters
(Glushkov's, with how many ways lead from one to the next). A loop costs

* its length, for each place at which it may be left, times that of the next loop that reads the same text: \\d+\\s*\\d+元;
* without end, where one text leads around it in two ways: (\\d+)+号, (a|aa)+$.

What can always succeed is left but once: \\d+.* costs its places alone.
"""

import importlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import reduce
from itertools import product
from math import inf, log2, prod
from typing import Any, NamedTuple

_parser: Any = importlib.import_module("re._parser")  # Python's own: what it makes of a pattern is in no public module
Node = tuple[Any, Any]

KINDS = "1a中 -!\n"  # one of each kind of character
SAMPLES = f"{KINDS}A_"
WRITTEN_OUT = 64  # characters, up to which a counted part is written as often as it is wanted
FEW = 5  # times, up to which any is
TWO_WAYS = 2  # at least so many ways lead around a loop each time, where there is more than one
ONE_WAY = ("ATOMIC_GROUP", "POSSESSIVE_REPEAT")
MANY = 60  # doublings
LARGEST = 60_000  # sets of states that are looked at; what is larger is left to the clock (pyshim/language/patterns.py)


class _Part(NamedTuple):
    """A piece of the automaton. first, last: its characters and in how many ways it begins and ends with them; empty: in how many
    ways it is passed without one; ends: characters behind which nothing is wanted; free: is nothing wanted at all? paths: ways
    through it, of whatever text."""

    first: Counter[int]
    last: Counter[int]
    empty: int
    ends: frozenset[int]
    free: bool
    paths: int = 1


NOTHING = _Part(Counter(), Counter(), 1, frozenset(), True)
CHECKED = _Part(Counter(), Counter(), 1, frozenset(), False)  # $, \b, what is ahead


class _Loop(NamedTuple):
    """characters: of its body, but for what is only looked at ahead; turns: in how many lengths; times: at most; paths: through
    its body; is_one_way: is its body, from where it begins, read in one way only?"""

    characters: frozenset[int]
    turns: float
    times: float
    paths: int
    is_one_way: bool


def steps(pattern: str, chars: int) -> float:
    """On messages of so many characters; inf where more than are worth counting. Raises re.error."""
    nodes = parsed(pattern)
    automaton = _Automaton(list(nodes), bool(nodes.state.flags & re.IGNORECASE), chars)
    return automaton.steps()


def parsed(pattern: str) -> Any:
    """The nodes of a pattern, as Python makes them. Raises re.error."""
    return _parser.parse(pattern)


class _Automaton:
    def __init__(self, nodes: list[Node], is_caseless: bool, chars: int) -> None:
        self._chars, self._caseless = chars, is_caseless
        self._samples = frozenset(SAMPLES) | frozenset(_samples(nodes))
        self._reads: list[frozenset[str]] = []  # of the samples, by character
        self._ahead: list[int] = []  # by character: 0, or the number of what looks ahead and holds it
        self._looks = [0]
        self._ways: Counter[tuple[int, int]] = Counter()
        self._loops: list[_Loop] = []
        anchored = bool(nodes) and str(nodes[0][0]) == "AT" and str(nodes[0][1]).startswith("AT_BEGINNING")
        anywhere = NOTHING if anchored else self._character(self._samples)  # a search begins at each place
        if not anchored:
            self._loop(anywhere, chars, chars, 0, is_one_way=False)
        whole = self._sequence(nodes)
        self._join(anywhere, whole)
        self._ends = whole.ends
        self._next: dict[int, set[int]] = {}
        self._back: dict[int, set[int]] = {}
        for one, other in self._ways:
            self._next.setdefault(one, set()).add(other)
            self._back.setdefault(other, set()).add(one)

    # -- making it ---------------------------------------------------------------------------------------------------------

    def _character(self, reads: frozenset[str]) -> _Part:
        self._reads.append(reads)
        self._ahead.append(self._looks[-1])
        number = len(self._reads) - 1
        return _Part(Counter([number]), Counter([number]), 0, frozenset([number]), False)

    def _join(self, one: _Part, other: _Part) -> None:
        for (last, ways), (first, more) in product(one.last.items(), other.first.items()):
            self._ways[last, first] += ways * more

    def _sequence(self, nodes: Iterable[Node]) -> _Part:
        return reduce(self._behind, map(self._part, nodes), NOTHING)

    def _behind(self, one: _Part, other: _Part) -> _Part:
        self._join(one, other)
        first = Counter({**{at: ways * one.empty for at, ways in other.first.items() if one.empty}})
        last = Counter({at: ways * other.empty for at, ways in one.last.items() if other.empty})
        ends = other.ends | (one.ends if other.free else frozenset())
        return _Part(
            one.first + first,
            other.last + last,
            one.empty * other.empty,
            ends,
            one.free and other.free,
            min(10**9, one.paths * other.paths),
        )

    def _either(self, one: _Part, other: _Part) -> _Part:
        return _Part(
            first=one.first + other.first,
            last=one.last + other.last,
            empty=one.empty + other.empty,
            ends=one.ends | other.ends,
            free=one.free or other.free,
            paths=one.paths + other.paths,
        )

    def _loop(self, body: _Part, turns: float, times: float, began: int, is_one_way: bool) -> None:
        """began: the number of the body's first character."""
        self._join(body, body)
        inside = frozenset(one for one in range(began, len(self._reads)) if self._ahead[one] == self._looks[-1])
        self._loops.append(_Loop(inside, turns, times, body.paths, is_one_way))

    def _part(self, node: Node) -> _Part:  # noqa: PLR0911
        kind, value = node
        match str(kind):
            case "LITERAL" | "NOT_LITERAL" | "ANY" | "IN":
                return self._character(self._readings(node))
            case "MAX_REPEAT" | "MIN_REPEAT":
                return self._repeat(*value)
            case "POSSESSIVE_REPEAT":
                return self._kept(lambda: self._repeat(*value))
            case "ATOMIC_GROUP":
                return self._kept(lambda: self._sequence(value))
            case "SUBPATTERN":
                return self._sequence(value[3])
            case "BRANCH":
                return reduce(self._either, [self._sequence(one) for one in value[1]])
            case "GROUPREF_EXISTS":
                return reduce(self._either, [self._sequence(one or []) for one in value[1:]])
            case "ASSERT" | "ASSERT_NOT":
                self._looks.append(len(self._reads) + 1)
                ahead = self._sequence(value[1])
                self._looks.pop()
                return ahead._replace(last=Counter(), empty=1, ends=frozenset(), free=False)
        return CHECKED

    def _readings(self, node: Node) -> frozenset[str]:
        """Those of the samples that it reads."""
        kind, value = node
        match str(kind):
            case "LITERAL" if not self._caseless:  # nearly all are, and a sample each
                return frozenset([chr(value)])
            case "IN":
                negated = str(value[0][0]) == "NEGATE"
                read = frozenset[str]().union(*map(self._readings, value[negated:]))
                return self._samples - read if negated else read
        return frozenset(one for one in self._samples if _reads(node, one, self._caseless))

    def _kept(self, make: Callable[[], _Part]) -> _Part:
        """What is not given back: none of its loops is left twice."""
        before = len(self._loops)
        made = make()
        del self._loops[before:]
        return made

    def _repeat(self, least: Any, most: Any, body: list[Node]) -> _Part:
        least, most, began = int(least), float(most) if int(most) < self._chars else inf, len(self._reads)
        if most == 0:
            return NOTHING
        once = self._sequence(body)
        size = max(1, len(self._reads) - began)
        if most == inf or (most > FEW and (least < most or most * size > WRITTEN_OUT)):
            is_one_way = len(body) == 1 and str(body[0][0]) in ONE_WAY
            self._loop(once, min(self._chars, most - least + 1), min(self._chars, most), began, is_one_way)
            return once if least else self._either(once, NOTHING)
        copies = [once, *(self._sequence(body) for _ in range(int(most) - 1))]  # in the order of the text
        made = NOTHING
        for number in range(len(copies), 0, -1):  # a(a(a)?)?: a?a?a? would read one a in three ways
            made = self._behind(copies[number - 1], made)
            made = made if number <= least else self._either(made, NOTHING)
        return made

    # -- counting ----------------------------------------------------------------------------------------------------------

    def steps(self) -> float:
        rings = [ring for ring in self._rings() if not ring <= self._ends]
        costs = [self._around(ring) for ring in rings]
        best: list[float] = []
        for number, ring in enumerate(rings):  # in the order of the text
            before = [best[other] for other in range(number) if self._follows(rings[other], ring)]
            best.append(costs[number] * max(before, default=1.0))
        return max(best, default=1.0) if best else float(self._chars)

    def _rings(self) -> list[frozenset[int]]:
        """The outermost loops, in the order of the text."""
        loops = {loop.characters for loop in self._loops if loop.characters}
        rings: list[frozenset[int]] = []
        for one in sorted(loops, key=lambda one: (min(one), -len(one))):
            if not any(one <= ring for ring in rings):
                rings.append(one)
        return rings

    def _reached(self, begin: Iterable[int], steps: dict[int, set[int]]) -> set[int]:
        found: set[int] = set()
        todo = list(begin)
        while todo:
            for other in steps.get(todo.pop(), ()):
                if other not in found:
                    found.add(other)
                    todo.append(other)
        return found

    def _around(self, ring: frozenset[int]) -> float:
        """In how many ways a text is divided among the loops of a ring."""
        loops = [loop for loop in self._loops if loop.characters & ring]
        if all(loop.is_one_way for loop in loops) or not self._has_two_ways(ring):
            return float(min(self._chars, prod(loop.turns for loop in loops)))
        outer = min(loops, key=lambda loop: loop.times)
        ways = max(TWO_WAYS, outer.paths * prod(loop.turns for loop in loops if loop is not outer))
        return inf if outer.times * log2(ways) > MANY else float(ways**outer.times)

    def _has_two_ways(self, ring: frozenset[int]) -> bool:
        """Does one text lead from a character back to it in two ways?"""
        if any(ways > 1 and {*pair} <= ring for pair, ways in self._ways.items()):
            return True
        if len(ring) ** 2 > LARGEST:
            return False
        apart = {pair for one in ring for pair in self._both((one, one), ring) if pair[0] != pair[1]}
        todo, seen = list(apart), set(apart)
        while todo:
            for pair in self._both(todo.pop(), ring):
                if pair[0] == pair[1]:
                    return True
                if pair not in seen:
                    seen.add(pair)
                    todo.append(pair)
        return False

    def _both(self, pair: tuple[int, ...], ring: frozenset[int]) -> Iterator[tuple[int, ...]]:
        for one, other in product(self._next[pair[0]] & ring, self._next[pair[1]] & ring):
            if self._reads[one] & self._reads[other]:
                yield one, other

    def _follows(self, ring: frozenset[int], after: frozenset[int]) -> bool:
        """Is there a text that leads around the first, from it to the other, and around that?"""
        between = self._reached(ring, self._next) & (self._reached(after, self._back) | after)
        if len(ring) * len(between) * len(after) > LARGEST:
            return False
        todo = [(one, one, other) for one in ring for other in after if self._reads[one] & self._reads[other]]
        begun = {(one, other): set[tuple[int, int, int]]() for one, _, other in todo}
        for begin in todo:
            seen = begun[begin[0], begin[2]]
            states = [begin]
            while states:
                one, way, other = states.pop()
                for state in product(self._next[one] & ring, self._next.get(way, set()) & between, self._next[other] & after):
                    if state in seen or not self._reads[state[0]] & self._reads[state[1]] & self._reads[state[2]]:
                        continue
                    if state == (begin[0], begin[2], begin[2]):
                        return True
                    seen.add(state)
                    states.append(state)
        return False


def _samples(nodes: Iterable[Node]) -> Iterator[str]:
    """The characters that a pattern names, ends of ranges among them."""
    for kind, value in nodes:
        match str(kind):
            case "LITERAL" | "NOT_LITERAL":
                yield chr(value)
            case "RANGE":
                yield from map(chr, value)
            case "IN":
                yield from _samples(value)
            case _ if isinstance(value, tuple | list):
                yield from _samples(_nodes(value))


def _nodes(value: Any) -> Iterator[Node]:
    """All nodes that stand somewhere in what a node says."""
    for one in value:
        if isinstance(one, tuple) and len(one) == 2 and str(one[0]).isupper():
            yield one
        elif isinstance(one, tuple | list) or type(one).__name__ == "SubPattern":
            yield from _nodes(one)


CATEGORIES: dict[str, Callable[[str], bool]] = {
    "DIGIT": str.isdecimal,
    "SPACE": str.isspace,
    "WORD": lambda one: one.isalnum() or one == "_",
}


def _reads(node: Node, one: str, is_caseless: bool) -> bool:
    kind, value = node
    match str(kind):
        case "LITERAL":
            return one == chr(value) or (is_caseless and one.lower() == chr(value).lower())
        case "NOT_LITERAL":
            return one != chr(value)
        case "ANY":
            return one != "\n"
        case "RANGE":
            sides = {one, one.lower(), one.upper()} if is_caseless else {one}
            return any(len(side) == 1 and value[0] <= ord(side) <= value[1] for side in sides)
        case "CATEGORY":
            name = str(value).removeprefix("CATEGORY_")
            return CATEGORIES[name.removeprefix("NOT_")](one) != name.startswith("NOT_")
    return False
