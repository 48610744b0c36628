"""Which characters are written in several ways, and where did each stand?

A folded text is NFKC, simplified, every dash a -, every space one; what nobody sees (zero-width, variation selectors) is gone.
Kept: Chinese punctuation, since ， divides where , may group; 5² and ½, which are not 52 and 12; circled numbers; line ends.
OpenCC's table of characters says what is simplified; it never changes how many there are.
"""

import unicodedata
from functools import lru_cache

from pyshim.language.scripts import to_simplified

KEPT = frozenset("，：；！？（）…\n")
NOT_THEIR_LETTERS = ("<super>", "<sub>", "<fraction>", "<circle>")
DASHES = frozenset("−ー")  # beside those of category Pd
INVISIBLE = ("Cf", "Cc", "Mn", "Me")


class Folded:
    """A folded text, and the text that it was."""

    __slots__ = ("_at", "source", "text")

    def __init__(self, source: str) -> None:
        pieces = list(map(_folded, source))
        self.source, self.text = source, "".join(pieces)
        self._at: list[int] | None = None  # None: places are the same
        if set(map(len, pieces)) != {1}:
            self._at = [at for at, piece in enumerate(pieces) for _ in piece]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where what stands at text[start:end], which is not empty, began and ended in the source."""
        return (start, end) if self._at is None else (self._at[start], self._at[end - 1] + 1)


def fold(text: str | Folded) -> Folded:
    return text if isinstance(text, Folded) else Folded(text)


@lru_cache(maxsize=16_384)
def _folded(character: str) -> str:
    if character in KEPT or (character.isascii() and character.isprintable()):
        return character
    category = unicodedata.category(character)
    if character == "\t" or category[0] == "Z":
        return " "
    if category == "Pd" or character in DASHES:
        return "-"
    if category in INVISIBLE:
        return ""
    if unicodedata.decomposition(character).startswith(NOT_THEIR_LETTERS):
        return character
    return unicodedata.normalize("NFKC", character).translate(to_simplified())
