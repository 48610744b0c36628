"""Could these two questions be the same, however near they are in any embedding?

满100减多少 and 满300减多少 are near, and so are 能退吗 and 不能退吗. The same question speaks of amounts that fit (六万 is
5万以上), names no opposite (开通, 取消) and no other class (I类, II类), and denies alike.

    marks(text)         what a text commits itself to
    clash(one, other)   do two marks contradict each other?
    silent(one, other)  of how many amounts speaks one of them alone?
    distance(one, other)    how far apart are their amounts, which fit? 0 where each has its equal
    agree(one, other)   neither, of two texts
"""

from functools import lru_cache
from math import log
from typing import NamedTuple

from pyshim.language.guards.families import sides
from pyshim.language.guards.quantities import BARE, Quantity, quantities
from pyshim.language.guards.stance import Stance, stance
from pyshim.language.values.spans import fold

FAR = 3.0


class Marks(NamedTuple):
    """sides: of each family of words that exclude each other, those that are named."""

    quantities: tuple[Quantity, ...]
    sides: dict[str, frozenset[int]]
    stance: Stance


@lru_cache(maxsize=4096)
def marks(text: str) -> Marks:
    folded = fold(text).text
    return Marks(quantities(folded), sides(folded), stance(folded))


def clash(one: Marks, other: Marks) -> bool:
    if one.stance * other.stance < 0:
        return True
    if any(not named & other.sides[family] for family, named in one.sides.items() if family in other.sides):
        return True
    if not one.quantities or not other.quantities:
        return False
    return not (_covered(one.quantities, other.quantities) or _covered(other.quantities, one.quantities))


def silent(one: Marks, other: Marks) -> int:
    """Quantities that have nothing to be compared with."""
    if not one.quantities or not other.quantities:
        return len(one.quantities) + len(other.quantities)
    return sum(not _comparable(q, other.quantities) for q in one.quantities) + sum(
        not _comparable(q, one.quantities) for q in other.quantities
    )


def distance(one: Marks, other: Marks) -> float:
    """The largest ratio of an amount and what is nearest to it, as a logarithm up to FAR: 320 is nearer to 满300 than 满100."""
    if not one.quantities or not other.quantities:
        return 0.0
    near = [
        min(abs(log((q.raw or 1.0) / (r.raw or 1.0))) for r in alike)
        for q in one.quantities
        if (alike := _comparable(q, other.quantities))
    ]
    return min(FAR, max(near, default=0.0))


def agree(one: str, other: str) -> bool:
    a, b = marks(one), marks(other)
    return not clash(a, b) and not silent(a, b)


def _covered(some: tuple[Quantity, ...], others: tuple[Quantity, ...]) -> bool:
    """Does each fit one of the others, where it can be compared with any?"""
    return all(not alike or any(_fit(one, other) for other in alike) for one in some for alike in [_comparable(one, others)])


def _comparable(one: Quantity, others: tuple[Quantity, ...]) -> list[Quantity]:
    return [other for other in others if one.kind == other.kind or BARE in (one.kind, other.kind)]


def _fit(one: Quantity, other: Quantity) -> bool:
    if one.way and other.way:
        return one.way == other.way and (one.raw == other.raw or (one.low, one.high) == (other.low, other.high))
    if one.kind != other.kind and one.raw == other.raw:
        return True
    return max(one.low, other.low) <= min(one.high, other.high)
