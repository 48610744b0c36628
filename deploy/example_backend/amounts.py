"""How much money is meant by what a customer wrote?"""

import re
import unicodedata
from decimal import Decimal

FACTORS = {"": 1, "k": 1_000, "千": 1_000, "w": 10_000, "万": 10_000}
DIGITS = {
    "零": 0,
    "〇": 0,
    "一": 1,
    "二": 2,
    "两": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}
UNITS = {"十": 10, "百": 100, "千": 1_000}

ARABIC = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,4})?)([kw千万]?)")
CHINESE = re.compile(r"[零〇一二两三四五六七八九十百千万]{1,12}")
AROUND = re.compile(r"[\s,¥]|(?:元|块钱|块|圆|rmb)$")
CENT = Decimal("0.01")


def yuan(text: str) -> Decimal | None:
    """More than nothing, in cents at most; None where no amount can be read."""
    bare = AROUND.sub("", unicodedata.normalize("NFKC", text).lower().strip())
    if found := ARABIC.fullmatch(bare):
        amount = (Decimal(found[1]) * FACTORS[found[2]]).quantize(CENT)
    elif CHINESE.fullmatch(bare):
        amount = Decimal(_chinese(bare))
    else:
        return None
    return amount if amount > 0 else None


def shortest(amount: Decimal) -> int | float:
    """59.00 is shown as 59, 43.60 as 43.6."""
    return int(amount) if amount == int(amount) else float(amount)


def _chinese(text: str) -> int:
    """一万二 is 12000: a last digit without its unit counts in tenths of the unit before it."""
    total = section = digit = 0
    unit = 1
    for sign in text:
        if sign in DIGITS:
            if digit:
                return 0  # two digits side by side are not a number in words
            digit = DIGITS[sign]
            unit = unit if digit else 1
        elif sign == "万":
            total, section, digit, unit = total + (section + digit) * 10_000, 0, 0, 10_000
        else:
            unit = UNITS[sign]
            section, digit = section + (digit or 1) * unit, 0
    return total + section + digit * max(1, unit // 10)
