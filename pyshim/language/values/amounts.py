"""How much money is meant?

    read(text) -> Reading; value: yuan with two decimals, "1500.00"; shown: "1,500.00 元"

Rules:

* More than 0, at most 99,999,999.99, no finer than a cent. What is more or finer is no value, as is a debt (-500), a range, a
  share, another currency, and about so much (三十来块). 大概500 and 500左右 are 500.
* named: the text says that it is money (元, ¥, 块, 毛). Of bare figures those count that nothing else is counted by (12期, 3天),
  that are no date and no other number's (尾号1234), and, below 100, that are all of the text or stand behind a verb of paying.
"""

import re
from decimal import Decimal

from pyshim.language.values import corrections
from pyshim.language.values.figures import CHINESE, COUNTED, Figure, figures
from pyshim.language.values.found import Found, NoValue, Reading, Reason
from pyshim.language.values.spans import Folded, fold

MOST, CENT = Decimal("99999999.99"), Decimal("0.01")
BARE_DIGITS = 8  # a bare number of more is no amount
NEAR = 12

C = "[0-9" + "".join(CHINESE) + "]"
YUAN = re.compile(r"\s?(?:(?:元|块|圆)(?!儿|区)\s?(?:钱|人民币|整|正)*|人民币|RMB|CNY|大洋)", re.IGNORECASE)
SIGN = re.compile(r"(?:¥|RMB|CNY|人民币)\s?[:：]?\s?$", re.IGNORECASE)
FOREIGN_BEFORE = re.compile(r"(?:\$|€|£|USD|HKD|EUR|JPY|US\$|美元|美金|欧元|港币)\s?$", re.IGNORECASE)
FOREIGN = re.compile(
    r"\s?(?:美元|美金|美刀|刀(?!片)|港币|港元|港纸|欧元|欧(?!洲)|日元|韩元|泰铢|英镑|镑|澳元|加元|台币|新币|加币|外币|卢布|卢比|法郎|比索|比特币|USDT?|HKD|EUR|JPY|GBP"
    r"|dollars?(?![a-z])|bucks(?![a-z])|euros?(?![a-z])|yen(?![a-z])|pounds?(?![a-z])|\$|积分|Q币)",
    re.IGNORECASE,
)
TENTHS = re.compile(rf"\s?({C})\s?(?:毛|角)(?:钱)?(?:\s?({C})\s?(?:分(?![期钟开成])钱?|(?=[\s，。,.!！吧的呢]|$)))?")
CENTS = re.compile(rf"\s?[零〇0]?\s?({C})\s?分(?![期钟开成0-9])钱?")
HALF = re.compile(r"半(?![年个天月小])")
POINT = re.compile(
    rf"([零〇0]{C}|[0-9]{{1,2}}(?![0-9]|[.,][0-9])|[{''.join(CHINESE)}]{{1,2}})(?!\s?(?:[十百千万亿元块圆毛角kKwW]|{COUNTED.pattern}))"
)
ONLY_TENTHS = re.compile(rf"\s?(?:毛|角(?![色落度]))(?:钱)?(?:\s?({C})\s?(?:分(?![期钟开成])钱?|(?=[\s，。,.!！吧的呢]|$)))?")
ONLY_CENTS = re.compile(r"\s?分钱(?![没也都不])")

MINUS = re.compile(r"(?:(?<![-0-9A-Za-z)）])-\s?(?:¥\s?)?|负的?\s?)$")
NUMERAL = "[0-9" + "".join(CHINESE) + "十百千万kKwW]"
RANGE = re.compile(rf"\s?(?:元|块)?\s?(?:[~到至]\s?¥?\s?{NUMERAL}|-{NUMERAL}{{1,9}}\s?[元块])")
RANGE_BEFORE = re.compile(rf"(?:{NUMERAL}[元块]?\s?[~到至]|{NUMERAL}[元块]?-)\s?$")
ALONE = 48  # characters; a longer text is no bare figure
ABOUT = re.compile(r"\s?(?:元|块|圆)?(?:钱)?(?:以上|以下|以内|之内|往上|开外|起(?!来|码)|多块|多元)")
BOUND = re.compile(r"(?:不到|不足|超过|多于|少于|大于|小于|不低于|不高于|快要?|将近|接近|至少|起码|最多|最少|顶多)\s?$")
# Behind these stands another number.
OTHERS = (
    *(
        "尾号",
        "尾数",
        "末四位",
        "后四位",
        "末4位",
        "后4位",
        "卡号",
        "单号",
        "订单",
        "流水号",
        "账号",
        "工号",
        "编号",
        "身份证",
        "身份证号",
    ),
    *(
        "手机号",
        "手机号码",
        "手机",
        "电话",
        "电话号码",
        "号码",
        "密码",
        "验证码",
        "校验码",
        "错误",
        "错误码",
        "代码",
        "热线",
        "拨",
        "拨打",
    ),
    *("第", "百分之", "分之"),
)
NAMING = " 是为:："
TOGETHER_NEVER = "吧呢啊呀的没就零〇半" + "".join(CHINESE)  # behind 一块, where it is money
SIGNS, RANGED, MONEY = "¥bByY币:：$€£dDrRpP元金", "~到至-", "块元圆毛角分"
LATIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
DATED_AFTER = re.compile(r"\s?[/:：]\s?[0-9]|-[0-9]|[A-Za-z_]|\s?[./]\s?[0-9]")
DATED_BEFORE = re.compile(r"[0-9]\s?[-/:：.]\s?$|[A-Za-z_]-?\s?$|[(]$|[栋幢座室楼弄院]$|单元$|[0-9]号$")
PLACES = "-/:：.(_栋幢座室楼弄院元号"
DECIMAL_BEFORE = re.compile(r"(?<![.0-9])\.$")
PAYING = re.compile(
    r"(?:充值|[充冲扣收交缴付转还借存取贷花退刷]|提到|提至|调到|涨到|降到|改成|改为|换成|先|只|就|要|是|为|[总一]?共|金额|额度|本金|余额|欠|够|成)"
    r"(?:大概|大约|差不多|约|了|掉|走|的|我|给|它|他|话费|费|钱|是|进去|过|个|到|满|够|上){0,3}\s?[:：]?\s?$"
)
SPLIT = re.compile(r"分(?:成|期|作|了)?\s?$")
PLANNED = re.compile(r"的?(?:套餐|档|流量(?!费)|话费包|开头|打头|结尾|短信|号段)")
COURTESY = re.compile(
    r"就|是|大概|大约|应该|好像|一共|总共|共|金额|左右|上下|差不多|整|吧|呢|啊|哦|呀|的|了|我|想|要|改|成|嗯|好|行|谢谢?|你|您|请|先|还|分期?|那|可以|麻烦"
    r"|[\s，,。.！!~、：:？?…]"
)


def read(text: str | Folded) -> Reading:
    folded = fold(text)
    said: list[Found] = []
    why: NoValue | None = None
    for figure in figures(folded.text):
        if figure.start < (said[-1].end if said else 0):
            continue  # 5 of 1888块5
        one = _amount(folded.text, figure)
        if isinstance(one, Found):
            said.append(one)
        elif one is not None:
            why = why or NoValue(one)
    if any(one.named for one in said):
        said = [one for one in said if one.named or _corrects(folded.text, one)]
    return corrections.concluded(folded, said, why)


def _corrects(text: str, one: Found) -> bool:
    """不是8000元，是5000: a bare figure beside named ones, where it is set against one of them."""
    return re.search(r"(?:是|改成|改为|换成|对|错了|先[分还]?)\s?[，,]?\s?$", text[max(0, one.start - 4) : one.start]) is not None


def _amount(text: str, figure: Figure) -> Found | Reason | None:  # noqa: PLR0911
    """What one figure is: an amount, none and why, or nothing that concerns us."""
    before, end = text[max(0, figure.start - NEAR) : figure.start], figure.end
    last = before.rstrip()[-1:]  # spares most searches
    if figure.end - figure.start == 1 and text[figure.start] == "一" and text[end : end + 1] not in MONEY:
        return None  # 一下, 一共
    sign = SIGN.search(before) if last in SIGNS else None
    bare_before = before[: sign.start()] if sign else before
    if before.rstrip(NAMING).endswith(OTHERS):
        return None
    if (last in SIGNS and FOREIGN_BEFORE.search(before)) or FOREIGN.match(text, end):
        return Reason.CURRENCY
    value, end, money = _with_its_tail(text, figure)
    named = bool(sign or money)
    if figure.reason is not None:
        return figure.reason if named or not COUNTED.match(text, figure.end) else None
    if RANGE.match(text, end) or (last in RANGED and RANGE_BEFORE.search(before) and (named or "-" not in before[-2:])):
        return Reason.VAGUE
    if not sign and last in PLACES + LATIN and DATED_BEFORE.search(before):
        return None
    if not named and (COUNTED.match(text, end) or DATED_AFTER.match(text, end)):
        return None
    if value is None or PLANNED.match(text, end) or not (named or _may_be_bare(text, figure, value, before)):
        return None
    if MINUS.search(bare_before) or MINUS.search(before):
        return Reason.NEGATIVE
    if DECIMAL_BEFORE.search(before):
        return Reason.UNCLEAR
    if figure.wide and not named and not _alone(text, figure.start, end) and "，" in text[figure.start : figure.end]:
        return Reason.UNCLEAR
    if ABOUT.match(text, figure.end) or ABOUT.match(text, end) or BOUND.search(bare_before):
        return Reason.VAGUE
    start = figure.start - (len(before) - sign.start() if sign else 0)
    return _unfit(value) or Found(f"{value:.2f}", f"{value:,.2f} 元", start, end, named)


def _unfit(value: Decimal) -> Reason | None:
    if value == 0:
        return Reason.ZERO
    if value > MOST:
        return Reason.TOO_LARGE
    return Reason.TOO_FINE if value != value.quantize(CENT) else None


def _with_its_tail(text: str, figure: Figure) -> tuple[Decimal | None, int, bool]:
    """With what follows: 1888 块5, 5 毛, 8 元整. Where it ends then, and whether that says money."""
    value, end = figure.value, figure.end
    if yuan := YUAN.match(text, end):
        if (
            text[figure.start : figure.end] == "一"
            and yuan.group().strip() == "块"
            and not _one_yuan(text, figure.start, yuan.end())
        ):
            return None, end, False
        more, end = _fraction(text, yuan.end(), yuan.group().strip()[-1:] in "整正")
        return (None if value is None else value + more), end, True
    if value is not None and (tenths := ONLY_TENTHS.match(text, end)):
        return value / 10 + Decimal(_digit(tenths[1])) / 100, tenths.end(), True
    if value is not None and (cents := ONLY_CENTS.match(text, end)):
        return value / 100, cents.end(), True
    return value, end, False


def _one_yuan(text: str, start: int, end: int) -> bool:
    """Is 一块 money, and not together (一块去)?"""
    return (
        not text[end : end + 1].isalpha()
        or text[end] in TOGETHER_NEVER
        or PAYING.search(text, max(0, start - NEAR), start) is not None
    )


def _fraction(text: str, at: int, whole: bool) -> tuple[Decimal, int]:
    """What follows 元, in yuan, and where it ends."""
    if whole:
        return Decimal(), at
    if found := TENTHS.match(text, at):
        return Decimal(_digit(found[1])) / 10 + Decimal(_digit(found[2])) / 100, found.end()
    if found := CENTS.match(text, at):
        return Decimal(_digit(found[1])) / 100, found.end()
    if found := HALF.match(text, at):
        return Decimal("0.5"), found.end()
    if found := POINT.match(text, at):
        return Decimal("0." + "".join(_digit(one) for one in found[1])), found.end()
    return Decimal(), at


def _digit(character: str | None) -> str:
    return CHINESE.get(character or "0", character or "0")


def _alone(text: str, start: int, end: int) -> bool:
    """Is it all of the text, but for what is said around an amount?"""
    return len(text) <= ALONE and not COURTESY.sub("", text[:start] + text[end:])


def _may_be_bare(text: str, figure: Figure, value: Decimal, before: str) -> bool:
    """May a figure that does not say so be money?"""
    written = text[figure.start : figure.end]
    chinese = not written[0].isdigit() or not written[0].isascii()
    if not chinese and figure.whole and len(written.partition(".")[0].replace(",", "")) > BARE_DIGITS:
        return False
    if value >= 100 and not (chinese and figure.whole):
        return True
    if SPLIT.search(before) and not _alone(text, figure.start, figure.end):
        return False
    paid = PAYING.search(before) and (figure.end == len(text) or len(written) > 1 or not chinese)
    return bool(paid) or _alone(text, figure.start, figure.end)
