"""Which character might a pinyin keyboard have given instead?

Characters of one syllable, whatever the tone, drawn from the 3,755 common ones of GB 2312 (its first level): that is
what an input method offers first. Also the finals and initials that southern speakers do not part (in/ing, l/n).
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache

from pypinyin import Style, lazy_pinyin

_BLURRED = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ing", "in"), ("eng", "en"), ("ang", "an"))


@cache
def common_characters() -> tuple[str, ...]:
    """The 3,755 characters of GB 2312, level 1, in their own order (by pinyin)."""
    cells = ((high, low) for high in range(0xB0, 0xD8) for low in range(0xA1, 0xFF))
    chars = (bytes(cell).decode("gb2312", errors="ignore") for cell in cells)
    return tuple(char for char in chars if len(char) == 1)


@cache
def syllable(char: str) -> str:
    """The usual reading without its tone; the character itself where it has none."""
    return str(lazy_pinyin(char, style=Style.NORMAL)[0])


def _blurred(reading: str) -> str:
    for exact, lazy in _BLURRED:
        reading = reading.replace(exact, lazy)
    return "l" + reading[1:] if reading.startswith("n") and len(reading) > 1 else reading


@cache
def _by_sound(blur: bool) -> dict[str, tuple[str, ...]]:
    table: dict[str, list[str]] = defaultdict(list)
    for char in common_characters():
        table[_blurred(syllable(char)) if blur else syllable(char)].append(char)
    return {sound: tuple(chars) for sound, chars in table.items()}


@cache
def homophones(char: str, blur: bool = False) -> tuple[str, ...]:
    """Other common characters that sound like this one; none for anything but an ideograph."""
    if not "\u4e00" <= char <= "\u9fff":
        return ()
    sound = _blurred(syllable(char)) if blur else syllable(char)
    return tuple(other for other in _by_sound(blur).get(sound, ()) if other != char)
