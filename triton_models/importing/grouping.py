"""Which sentences of an intent say nearly the same?

Groups that somebody made stay. The others' sentences fall into one group when, folded (NFKC, lower case, no punctuation,
numbers as 0), they are equal, or share 60 % of all their character pairs (Jaccard), directly or through others: so near copies
never stand on both sides of the split.

Pairs are found by prefix filtering: two sets that are alike must share one of their few rarest members, so only sentences
that do are compared. Sentences already in one group are not compared again.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict

from triton_models.build.corpus import Group
from triton_models.importing.rows import Row

ALIKE = 0.6
COMPARED = 100  # with the latest so many that share a rare pair: bounds what a hostile set costs
NUMBER = re.compile("0+")


def groups(rows: list[Row]) -> list[Group]:
    """In the order of their first sentences."""
    by_intent: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_intent[row.intent].append(row)
    return [group for rows_of_one in by_intent.values() for group in _of_intent(rows_of_one)]


def folded(text: str) -> str:
    kept = [
        "0" if char.isdigit() else char
        for char in unicodedata.normalize("NFKC", text).lower()
        if unicodedata.category(char)[0] in "LNM"
    ]
    return NUMBER.sub("0", "".join(kept)) or text


def pairs(text: str) -> frozenset[str]:
    return frozenset(text[at : at + 2] for at in range(max(len(text) - 1, 1)))


def _of_intent(rows: list[Row]) -> list[Group]:
    union = Union(len(rows))
    given: dict[str, int] = {}
    equal: dict[str, int] = {}
    texts = [folded(row.text) for row in rows]
    for number, row in enumerate(rows):
        if row.group:
            union.join(given.setdefault(row.group, number), number)
        else:
            union.join(equal.setdefault(texts[number], number), number)
    _join_alike([pairs(text) for text in texts], [bool(row.group) for row in rows], union)
    members: dict[int, list[Row]] = defaultdict(list)
    for number, row in enumerate(rows):
        members[union.root(number)].append(row)
    return [Group(found[0].intent, found[0].tenant, tuple(row.text for row in found)) for found in members.values()]


def _join_alike(sets: list[frozenset[str]], given: list[bool], union: Union) -> None:
    """Sentences of two given groups are never joined, however alike."""
    rarity = Counter(pair for one in sets for pair in one)
    holding: dict[str, list[int]] = defaultdict(list)
    for number in sorted(range(len(sets)), key=lambda at: len(sets[at])):
        mine = sets[number]
        rare = sorted(mine, key=lambda pair: (rarity[pair], pair))[: len(mine) - math.ceil(ALIKE * len(mine)) + 1]
        for other in sorted({other for pair in rare for other in holding[pair][-COMPARED:]}):
            if (given[number] and given[other]) or union.root(number) == union.root(other):
                continue
            shared = len(mine & sets[other])
            if shared >= ALIKE * (len(mine) + len(sets[other]) - shared):
                union.join(other, number)
        for pair in rare:
            holding[pair].append(number)


class Union:
    """Disjoint sets of 0..n-1; the smallest number stands for its set."""

    def __init__(self, count: int) -> None:
        self._above = list(range(count))

    def root(self, number: int) -> int:
        while self._above[number] != number:
            self._above[number] = self._above[self._above[number]]
            number = self._above[number]
        return number

    def join(self, one: int, other: int) -> None:
        low, high = sorted((self.root(one), self.root(other)))
        self._above[high] = low
