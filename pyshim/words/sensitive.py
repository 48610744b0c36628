"""Which words of a text ought nobody to read, as large public lists have it?

    Sensitive(lexicon, confirmer).spans(text) -> [(start, end)] of strong words, and of doubtful ones whose surroundings offend

One automaton finds all listed words, however they overlap; the confirmer is asked only where a doubtful one stands.
"""

from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from zlib import crc32

import ahocorasick_rs

from pyshim.language.folding import fold
from pyshim.words import offence
from pyshim.words.lexicon import Lexicon, Usage, read, strong_and_doubtful
from pyshim.words.offence import Confirmer, window


@dataclass
class Sensitive:
    """All tenants share it. digest changes with any word, or with the confirmer."""

    lexicon: Lexicon
    confirmer: Confirmer | None
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        strong, doubtful = strong_and_doubtful(self.lexicon, self.confirmer.usage if self.confirmer else Usage())
        self._words = [*strong, *doubtful]
        self._strong = len(strong)
        self._automaton = ahocorasick_rs.AhoCorasick(self._words) if self._words else None
        judge = f"{self.confirmer.threshold} {crc32(self.confirmer.router.table.tobytes())}" if self.confirmer else "none"
        self.digest = sha256("\n".join([judge, str(self._strong), *self._words]).encode()).hexdigest()

    def _found(self, text: str) -> list[tuple[int, int, int]]:
        """word, start, end; a Latin word inside a longer one is none."""
        if self._automaton is None:
            return []
        folded = fold(text)
        return [hit for hit in self._automaton.find_matches_as_indexes(folded, overlapping=True) if _stands_alone(folded, hit)]

    def listed(self, text: str) -> set[str]:
        return {self._words[word] for word, _, _ in self._found(text)}

    def spans(self, text: str) -> list[tuple[int, int]]:
        found = self._found(text)
        spans = [(start, end) for word, start, end in found if word < self._strong]
        if self.confirmer:
            doubted = {(start, end): window(text, start, end) for word, start, end in found if word >= self._strong}
            offensive = {piece for piece in set(doubted.values()) if self.confirmer.offends(piece) >= self.confirmer.threshold}
            spans += [place for place, piece in doubted.items() if piece in offensive]
        return spans


def load(lists: tuple[Path, ...], model: Path) -> Sensitive:
    """The lists of SLUICE_WORD_LISTS and the confirmer of a model's version folder. Raises BadTenant."""
    return Sensitive(read(lists), offence.load(model) if lists else None)


def _stands_alone(text: str, hit: tuple[int, int, int]) -> bool:
    _, start, end = hit
    before, behind = text[start - 1 : start] if start else "", text[end : end + 1]
    return not ((_latin(before) and _latin(text[start])) or (_latin(behind) and _latin(text[end - 1])))


def _latin(char: str) -> bool:
    return char.isascii() and char.isalnum()
