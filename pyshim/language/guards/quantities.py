"""How much does a question speak of, of what, and from where to where?

三百块, 满300元 and 300以上 speak of money; 半年 is six months, 分3期 three. 六万 is 5万以上 and not 5万以内; 50万以内 and
50万以上 share nothing; 3个月 and 5万元 have nothing to do with each other. A bare number (59套餐) may be of anything.
"""

import re
from typing import NamedTuple

from pyshim.language.values.figures import Figure, exact, figures

MONEY, DAYS, AGE, DATA, SHARE, BARE = "money", "days", "age", "data", "share", ""
INFINITE = float("inf")
UNITS = tuple(
    (re.compile(rf"\s?(?:{words})", re.IGNORECASE), kind, scale)
    for words, kind, scale in (
        ("个?(?:小时|钟头)", DAYS, 1 / 24),
        ("分钟", DAYS, 1 / 1440),
        ("个?工作日|天|日", DAYS, 1.0),
        ("周岁|岁", AGE, 1.0),
        ("周|个?星期|个?礼拜", DAYS, 7.0),
        ("个多?月|期(?!间|限)", DAYS, 30.0),
        ("年", DAYS, 360.0),
        ("多?[块元圆]钱?|rmb|人民币|大洋|现金|现钞", MONEY, 1.0),
        ("毛|角(?!落)", MONEY, 0.1),
        ("gb?(?![a-z])|个g(?![a-z])", DATA, 1.0),
        ("mb?(?![a-z])|兆", DATA, 1 / 1024),
        ("%|％", SHARE, 0.01),
        ("折|成(?![功为长])", SHARE, 0.1),
    )
)
# A single 一, and 两 that counts things, tell nothing apart; 4G and 5G are no amounts of data.
FEW = re.compile(r"\s?(?:元|块钱|毛|角|折|期|年|岁|个月)"), re.compile(r"\s?[元块毛角折期年岁月天周万千百]|个[月星礼]")
IDIOM = re.compile(
    r"十分(?![之钟])|一[下起些样直定般共会旦点]|万一|百分百|七七八八|三番五次|五一|十一(?=假|黄金)|第一时间|参[加与]|统一|大陆"
    r"|清零|零[钱食售头花]|[0-9]+[a-z]{2,}|[a-z]+[0-9]+|(?<![0-9.个])[2-5]g(?![b流])|一块[儿发寄]",
    re.IGNORECASE,
)
HALVES = re.compile(r"半(?=年|个?月|[天日])")
FRACTIONS = (
    (re.compile("四分之三"), 0.75),
    (re.compile("[二两]分之一|一半|半[张边截]|剩半"), 0.5),
    (re.compile("三分之一"), 1 / 3),
)
VAGUE = re.compile("零?[多余来几]")
BELOW = r"不到|不足|不满|不够|没到|没满|没够|未满|未到|未达|低于|少于|小于|不超过|没超过|没过|[没不].{0,2}[到够满]|最多|顶多"
ABOVE = r"超过|高于|大于|多于|[满够超](?!意)|达到|过了|刚过|比|起码|至少|最少"
BEFORE = re.compile(rf"(?:(?P<below>{BELOW})|(?P<above>{ABOVE}))了?(?:[的你我他]|我们|保险的)?$")
BEHIND = re.compile(
    r"[元块钱]?\s?(?:(?P<below>以内|以下|之内|之下|内(?![容地蒙])|[都还]?(?:不到|不足|不满)|未满)"
    r"|(?P<above>以上|及以上|往上|之上|起(?![点来])|出头|多(?!少)|[几余来](?=[万千百块元岁]|$)))"
)


class Quantity(NamedTuple):
    """From low to high, in what it is counted (money: 元, days, age: years, data: GB, share: of one); raw: as it was said."""

    kind: str
    low: float
    high: float
    raw: float

    @property
    def way(self) -> int:
        """-1: up to high; 1: from low on; 0: no bound."""
        return (self.high == INFINITE) - (self.low == -INFINITE)


def quantities(text: str) -> tuple[Quantity, ...]:
    """All of a folded text."""
    text = IDIOM.sub(" ", HALVES.sub("0.5", text.replace("零几", "多")))
    found = [Quantity(SHARE, value, value, value) for pattern, value in FRACTIONS if pattern.search(text)]
    for pattern, _ in FRACTIONS:
        text = pattern.sub(" ", text)
    return (*found, *(one for figure in figures(text) if (one := _read(text, figure)) is not None))


def _read(text: str, figure: Figure) -> Quantity | None:
    word = text[figure.start : figure.end]
    if word in ("一", "两", "俩") and not FEW[word != "一"].match(text, figure.end):
        return None
    vague = figure.value is None
    value = exact(VAGUE.sub("", word)) if vague else figure.value
    if value is None:
        return None
    kind, scale, end = BARE, 1.0, figure.end
    for unit, name, size in UNITS:
        said = unit.match(text, figure.end)
        if said:
            kind, scale, end = name, size, said.end()
            break
    raw = float(value)
    low = high = raw * scale
    before, behind = BEFORE.search(text[max(0, figure.start - 6) : figure.start]), BEHIND.match(text, end)
    below = (behind and behind["below"]) or (before and before["below"])
    above = (behind and behind["above"]) or (before and before["above"])
    if below:
        low = -INFINITE
    elif above:
        high = INFINITE
    elif vague:
        high = low * 1.2
    return Quantity(kind, low, high, raw)
