"""Which numbers does a question speak of, whatever their script?

满300减多少 and 满三百块减多少 speak of the same number; 一下, 一起 and 十分 speak of none.
"""

import re

from pyshim.language.folding import plain

DIGITS = {
    character: value
    for value, characters in enumerate(["零〇", "一", "二两", "三", "四", "五", "六", "七", "八", "九"])
    for character in characters
}
UNITS = {"十": 10, "百": 100, "千": 1000}
# A single 一 counts things only before one of these; 两 and the others always do.
COUNTED = "元块毛角分折期天日周月年岁号倍成件张单次"
NUMBER = re.compile(r"\d+(?:\.\d+)?|[零〇一二两三四五六七八九][零〇一二两三四五六七八九十百千万]*|十[一二三四五六七八九万]*")
IDIOMS = re.compile(r"十分(?!之)|一[下起些样直定般共会旦点]|万一|百分百|七七八八|三番五次|五一|十一(?=假|黄金)|第一时间")


def value(text: str) -> float:
    """A number in digits or in Chinese numerals (up to 万). 三百五 is read as 305: customers who mean 350 write 350."""
    if text[0].isdigit():
        return float(text)
    if not any(unit in text for unit in "十百千万"):
        return float("".join(str(DIGITS[character]) for character in text))
    total, section, digit = 0, 0, 0
    for character in text:
        if character == "万":
            total, section, digit = (total + section + digit) * 10_000, 0, 0
        elif character in UNITS:
            section, digit = section + (digit or 1) * UNITS[character], 0
        else:
            digit = DIGITS[character]
    return float(total + section + digit)


def numbers(text: str) -> frozenset[float]:
    """All numbers of a question."""
    text = IDIOMS.sub(" ", plain(text))
    found = set()
    for match in NUMBER.finditer(text):
        word, after = match.group(), text[match.end() : match.end() + 1]
        if word != "一" or (after and after in COUNTED):
            found.add(value(word))
    return frozenset(found)
