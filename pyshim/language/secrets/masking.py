"""How does a text read without what is secret in it?

    find(text) -> what is secret, in its order; with personal=True phones and addresses, too
    masked(text, found) -> the text with •••• for each, ************1234 for a card and 138****2046 for a phone

The edge does the same (lua/edge/secrets.lua and secrets/), but for addresses, which it leaves to a shim.
"""

import re
from collections.abc import Iterable

from pyshim.language.secrets.folding import SYMBOLS, fold
from pyshim.language.secrets.found import Secret
from pyshim.language.secrets.named import NAME, named
from pyshim.language.secrets.numbers import numbers
from pyshim.language.secrets.runs import SPELT, lines, runs
from pyshim.language.values import addresses
from pyshim.language.values.runs import mobile

HIDDEN, CARD, PHONE = "••••", "************", "****"
MASKS = re.compile(rf"{HIDDEN}|\*{{4,}}")
HINT = re.compile("[0-9A-Ja-z]")
LONG = re.compile(r"[0-9A-J](?:[^0-9A-Ja-z]{0,3}[0-9A-J]){10}")
OTHERS = re.compile(r"[^0-9A-J]")
# Without a digit or a letter nothing is secret.
HINTS = re.compile(f"[{''.join(chr(code) for code, symbol in SYMBOLS.items() if HINT.match(chr(symbol)))}]")


def find(text: str, personal: bool = False) -> list[Secret]:
    found = _hidden(fold(text), personal) if HINTS.search(text) else []
    return _apart(found, _address(text)) if personal else found


def _hidden(folded: str, personal: bool) -> list[Secret]:
    calls = NAME.search(folded)
    if not calls and not LONG.search(folded):
        return []
    there = list(runs(folded))
    by_themselves = (*numbers(folded, there, personal), *numbers(folded, lines(folded, there), personal=False))
    return _apart(named(folded, there) if calls else [], by_themselves)


def discreet(text: str) -> str:
    """The text without what is secret in it."""
    return masked(text, find(text))


def _apart(first: Iterable[Secret], then: Iterable[Secret]) -> list[Secret]:
    """Both, in the order of the text; of two that overlap the earlier one."""
    found: list[Secret] = []
    for one in (*first, *then):
        if all(one.end <= other.start or other.end <= one.start for other in found):
            found.append(one)
    return sorted(found)


def _address(text: str) -> list[Secret]:
    """The address, whole or as far as it was said."""
    place = addresses.place(text)
    return [] if place is None else [Secret(*place, "address")]


def masked(text: str, found: Iterable[Secret]) -> str:
    pieces, at = [], 0
    for one in found:
        pieces += [text[at : one.start], _mask(text, one)]
        at = one.end
    return "".join((*pieces, text[at:]))


def numbered(text: str) -> str:
    """A masked text with 0 for each mask: to a model a number is a number, and a mask is nothing it has seen."""
    return MASKS.sub("0", text)


def _mask(text: str, one: Secret) -> str:
    if one.kind not in ("card", "phone"):
        return HIDDEN
    digits = OTHERS.sub("", fold(text[one.start : one.end])).translate(SPELT)
    if one.kind == "card":
        return CARD + digits[-4:]
    return (mobile(digits) or digits)[:3] + PHONE + digits[-4:]
