"""Which numbers are secret, or personal, by themselves?

A bank card: a card's prefix and length, and the digit that checks; behind 卡号 either of them. An identity number: 18 characters
with a day of birth and the digit that checks; beside 身份证 any 18, and an old one of 15 by its day. A phone: a mobile number
of the mainland, or a landline. However their digits are divided (by commas behind 卡号 only), and never a part of something
longer: 400-820-8820 123456 is no card, nor is what stands behind 订单.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from pyshim.language.secrets import words
from pyshim.language.secrets.folding import fold
from pyshim.language.secrets.found import Secret
from pyshim.language.secrets.runs import Run
from pyshim.language.values import identities, phones
from pyshim.language.values.runs import card, luhn, mobile

BEFORE, BEHIND = 12, 8  # symbols in which a word says what a number is
FOURS, LAST = 4, 7
LEAST, MOST = 11, 19  # digits
PIECES = 6  # of what is a part of its run
LISTED = re.compile("[,;、]")
PHONE = ([3, 4, 4], [2, 3, 4, 4])


IDENTITY, CARD, NO_CARD, ORDER = (tuple(map(fold, known)) for known in (words.IDENTITY, words.CARD, words.NO_CARD, words.ORDER))


class Place:
    """Pieces first to last of a run."""

    def __init__(self, folded: str, run: Run, first: int, last: int) -> None:
        self.folded, self.run, self.first, self.last = folded, run, first, last
        self.digits = "".join(piece.digits for piece in run[first : last + 1])
        self.start, self.end = run[first].start, run[last].end

    @property
    def whole(self) -> bool:
        """Is there nothing else in its run?"""
        return self.first == 0 and self.last == len(self.run) - 1

    @property
    def groups(self) -> list[int]:
        return [len(piece.digits) for piece in self.run[self.first : self.last + 1]]

    def near(self, known: Sequence[str], behind: int = 0) -> bool:
        before, after = self.folded[max(0, self.start - BEFORE) : self.start], self.folded[self.end : self.end + behind]
        return any(word in before or word in after for word in known)

    def alone(self, end: int) -> bool:
        """Does no letter touch it?"""
        sides = self.folded[max(0, self.start - 1) : self.start] + self.folded[end : end + 1]
        return not any("a" <= one <= "z" for one in sides)


def numbers(folded: str, runs: Iterable[Run], personal: bool) -> Iterator[Secret]:
    readers: list[Callable[[Place], Secret | None]] = [_identity, _card, *([_phone] if personal else [])]
    for run in runs:
        first = 0
        while first < len(run):
            found = None
            for last in _lasts(run, first):
                place = Place(folded, run, first, last)
                found = next((one for reader in readers if (one := reader(place))), None)
                if found is not None:
                    yield found
                    first = last
                    break
            first += 1


def _lasts(run: Run, first: int) -> Iterator[int]:
    """Where what begins here may end, the longest first: with the run, or within a few pieces."""
    if first == 0 and len(run) > PIECES and len(run) <= MOST and LEAST <= sum(len(piece.digits) for piece in run) <= MOST:
        yield len(run) - 1
    counts: list[int] = []
    for piece in run[first : first + PIECES]:
        counts.append((counts[-1] if counts else 0) + len(piece.digits))
    yield from (first + at for at in reversed(range(len(counts))) if LEAST <= counts[at] <= MOST)


def _identity(place: Place) -> Secret | None:
    spelt, end = place.digits, place.end
    if len(spelt) == 17:
        at = end + (place.folded[end : end + 1] in (" ", "-"))
        if place.folded[at : at + 1] != "x":
            return None
        spelt, end = spelt + "X", at + 1
    if len(spelt) not in (15, 18) or not place.alone(end):
        return None
    named = place.near(IDENTITY, BEHIND) and (place.whole or place.first == place.last)
    is_one = (named or identities.valid(spelt)) if len(spelt) == 18 else named and identities.valid(spelt)
    return Secret(place.start, end, "identity") if is_one else None


def _card(place: Place) -> Secret | None:
    spelt = place.digits
    if not 15 <= len(spelt) <= 19 or not place.alone(place.end) or not _grouped(place):
        return None
    named = place.near(CARD) and not place.near(NO_CARD)
    if named:
        is_one = luhn(spelt) or card(spelt, checked=False)
    else:
        is_one = card(spelt) and not place.near(ORDER) and not LISTED.search(place.folded, place.start, place.end)
    return Secret(place.start, place.end, "card") if is_one else None


def _grouped(place: Place) -> bool:
    """Are its digits divided as a card's?"""
    groups = place.groups
    if len(groups) == 1:
        return True
    if all(group == FOURS for group in groups[:-1]) and groups[-1] <= LAST:
        return True
    pieces = place.run[place.first : place.last + 1]
    if not place.whole or any(mobile(piece.digits) or _service(piece.digits) for piece in pieces):
        return False
    return groups[0] >= FOURS or max(groups) <= 2


def _service(digits: str) -> bool:
    return len(digits) == 10 and digits[:3] in ("400", "800")


def _phone(place: Place) -> Secret | None:
    spelt = place.digits
    if not place.alone(place.end):
        return None
    is_mobile = mobile(spelt) is not None and (place.whole or place.first == place.last or place.groups in PHONE)
    is_one = is_mobile or (place.whole and spelt[0] == "0" and phones.LANDLINE.fullmatch(spelt) is not None)
    return Secret(place.start, place.end, "phone") if is_one else None
