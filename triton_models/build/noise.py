"""How would a hurried customer have typed this sentence?

noisy(text, random) -> text: zero to a few of the slips below, each of which keeps the meaning. The same random
state gives the same text. Only training sentences are passed through; validation is measured as written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from random import Random

from pyshim.language.folding import WIDE
from triton_models.build.homophones import homophones
from triton_models.build.spellings import BEHIND, EMOJI, FRONT, NUMBERED, WORDS
from triton_models.build.synonyms import SETS, WHOLE, alternatives

_SYNONYMS, _WHOLE = alternatives(SETS), alternatives(WHOLE)
_PUNCTUATION = re.compile(r"[，。！？、；：,.!?;:~～…]+")
_TO_FULL = {code: code + WIDE for code in range(0x21, 0x7F)}
_NUMBERED = re.compile("|".join(NUMBERED))


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    """Matches the longest word that begins at a place."""
    return re.compile("|".join(sorted(map(re.escape, words), key=len, reverse=True)))


_WORD, _SYNONYM = _any_of(WORDS), _any_of(_SYNONYMS)


def _respell(text: str, random: Random) -> str:
    def other(match: re.Match[str]) -> str:
        word = match.group()
        return random.choice(WORDS[word]) if random.random() < 0.6 else word

    return _WORD.sub(other, text)


def _rephrase(text: str, random: Random) -> str:
    if text in _WHOLE:
        return random.choice(_WHOLE[text])

    def other(match: re.Match[str]) -> str:
        word = match.group()
        return random.choice(_SYNONYMS[word]) if random.random() < 0.5 else word

    return _SYNONYM.sub(other, text)


def _mishear(text: str, random: Random) -> str:
    rate = random.choice((0.08, 0.15, 0.25))
    blur = random.random() < 0.3

    def heard(char: str) -> str:
        others = homophones(char, blur) if random.random() < rate else ()
        return random.choice(others) if others else char

    return "".join(map(heard, text))


def _drop(text: str, random: Random) -> str:
    at = random.randrange(len(text))
    return text[:at] + text[at + 1 :] if len(text) > 4 else text


def _double(text: str, random: Random) -> str:
    at = random.randrange(len(text))
    return text[:at] + text[at] + text[at:]


def _swap(text: str, random: Random) -> str:
    if len(text) < 5:
        return text
    at = random.randrange(len(text) - 1)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _front(text: str, random: Random) -> str:
    return random.choice(FRONT) + random.choice(("", "", "，", " ", ",")) + text


def _behind(text: str, random: Random) -> str:
    return text + random.choice(BEHIND)


def _unpunctuate(text: str, random: Random) -> str:
    return _PUNCTUATION.sub(random.choice(("", "", " ")), text) or text


def _widen(text: str, random: Random) -> str:
    return text.translate(_TO_FULL)


def _emoji(text: str, random: Random) -> str:
    return text + random.choice(EMOJI) * random.choice((1, 1, 3))


def _number(text: str, random: Random) -> str:
    """Puts an order number, card tail or the like behind the first word that can bear one."""
    digits = "".join(random.choices("0123456789", k=random.choice((4, 8, 8, 11, 12, 16))))
    return _NUMBERED.sub(lambda match: match.group() + random.choice(("", "", "号", " ")) + digits, text, count=1)


SLIPS: tuple[tuple[Callable[[str, Random], str], float], ...] = (
    (_rephrase, 0.60),
    (_respell, 0.45),
    (_number, 0.15),
    (_mishear, 0.30),
    (_drop, 0.20),
    (_double, 0.05),
    (_swap, 0.06),
    (_unpunctuate, 0.35),
    (_front, 0.20),
    (_behind, 0.20),
    (_emoji, 0.05),
    (_widen, 0.03),
)


def slip(text: str, random: Random) -> str:
    """A slip of the fingers at most, whatever the language: for text that the lists above do not fit."""
    return random.choice((_drop, _double, _swap))(text, random) if random.random() < 0.2 else text


def noisy(text: str, random: Random) -> str:
    for slip, chance in SLIPS:
        if random.random() < chance:
            text = slip(text, random)
    return text
