"""Which words do large lists hold, and how sure are the lists?

A list is a file of rows `word<TAB>category`, or of one word a row; a first row `word<TAB>category` is a header. Words and
texts are compared folded: full-width as half-width, Latin in lower case. A listed word is

    nothing    too short (one character, under three Latin letters, digits only), or ordinary: harmless text uses it often
    strong     two lists agree on it, harmless text does not use it, and it is known to hurt: offensive text uses it, or a list
               files it under a category that is never meant well (NEVER_WELL) and it has three characters, so that it does not
               come about where two harmless words meet: masked wherever it stands
    doubtful   any other: masked where the confirmer says that its sentence offends

What text uses is counted in training (Usage, in sensitive.json). Where nothing was counted the lists alone say what is strong,
and doubtful words stay.

    read(paths) -> Lexicon, or BadTenant with file:line for the first broken row
"""

import re
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from pyshim.errors import BadTenant
from pyshim.language.folding import fold

NEVER_WELL = ("色情", "涉枪涉爆", "暴恐", "网址")
AGREEING = 2
LONGEST_WORD = 200
HEADER = "word\tcategory"
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class Usage(msgspec.Struct):
    """How training text uses listed words, which stand here as their keys, not as words. ordinary: often, and harmlessly; mixed:
    now harmlessly, now not; hurting: to offend."""

    ordinary: frozenset[int] = frozenset()
    mixed: frozenset[int] = frozenset()
    hurting: frozenset[int] = frozenset()


@dataclass
class Entry:
    """One word: how many lists hold it, and under which categories."""

    lists: int = 0
    categories: set[str] = field(default_factory=set)

    @property
    def never_well(self) -> bool:
        return any(name in category for category in self.categories for name in NEVER_WELL)


Lexicon = dict[str, Entry]


def key(word: str) -> int:
    return zlib.crc32(word.encode())


def long_enough(word: str) -> bool:
    if word.isascii():
        return sum(char.isalpha() for char in word) >= 3
    return sum(char.isalpha() for char in word) >= 2


def read(paths: tuple[Path, ...]) -> Lexicon:
    lexicon: Lexicon = {}
    for file in [file for path in paths for file in _files(path)]:
        for word, categories in _read_list(file).items():
            entry = lexicon.setdefault(word, Entry())
            entry.lists += 1
            entry.categories |= categories
    return lexicon


def strong_and_doubtful(lexicon: Lexicon, usage: Usage) -> tuple[list[str], list[str]]:
    strong, doubtful = [], []
    for word, entry in lexicon.items():
        known = key(word)
        hurts = known in usage.hurting or (entry.never_well and len(word) > 2 and known not in usage.mixed)
        if entry.lists >= AGREEING and hurts:
            strong.append(word)
        elif known not in usage.ordinary:
            doubtful.append(word)
    return strong, doubtful


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(file for file in path.iterdir() if file.suffix in (".tsv", ".txt"))
    if not path.is_file():
        raise BadTenant(f"{path}: no such word list; SLUICE_WORD_LISTS wants files or folders")
    return [path]


def _read_list(file: Path) -> dict[str, set[str]]:
    words: dict[str, set[str]] = {}
    for number, raw in enumerate(file.read_bytes().split(b"\n"), 1):
        try:
            row = raw.decode("utf-8-sig" if number == 1 else "utf-8").removesuffix("\r")
        except UnicodeDecodeError:
            raise BadTenant(f"{file}:{number}: not UTF-8") from None
        if not row.strip() or (number == 1 and row == HEADER):
            continue
        word, tab, category = row.partition("\t")
        if complaint := _complaint(word.strip(), category):
            raise BadTenant(f"{file}:{number}: {complaint}")
        if long_enough(folded := fold(word.strip())):
            words.setdefault(folded, set()).update([category.strip()] if tab else [])
    return words


def _complaint(word: str, category: str) -> str | None:
    if not word:
        return "no word before the tab"
    if "\t" in category:
        return "more than two columns; word, tab, category is wanted"
    if len(word) > LONGEST_WORD:
        return f"a word of {len(word)} characters, at most {LONGEST_WORD}"
    if CONTROL.search(word):
        return "a control character"
    return None
