"""Which address is meant, and is it whole?

    read(text, before="") -> Reading; value and shown: the address without spaces, and without who lives there (recipients.py)

Whole is what a courier finds: a street or an estate (文三路, 幸福小区, 张村), and a number (20号, 5栋201). What lacks one of them
is NoValue INCOMPLETE, with what was said as `part` and what is wanted as `missing`. before: such a part of an earlier message,
which this one may complete: 杭州市西湖区, then 文三路20号3幢502室; what it says anew (西湖区文三路…) replaces what stood there.
"""

import re
from itertools import islice

from pyshim.language.values import corrections, recipients
from pyshim.language.values.found import Found, NoValue, Reading, Reason
from pyshim.language.values.runs import mobile
from pyshim.language.values.spans import Folded, fold

H = "\u4e00-\u9fa5"
CLAUSE = re.compile(r"[^，,。；;！!？?\n]+")
LEAD = re.compile(
    r"(?:(?:收货|收件|送货|新|安装|家庭|我的|详细)?(?:地址|收货地|收件地)(?:[^，。]{0,4}?(?:改成|改为|改到|换成|换到|写成|应该是|变更为))?"
    rf"|(?:改|换|变|更新|搬|移|迁|挪|转|寄|送|发|装|安装?|住)(?:到|去|至|进|在|往|成|为)了?|[寄送发住搬移](?=[{H}]{{2,4}}[省市])|新家|我家|家里?住?(?=在))[就]?(?:是|在|为|到|：|:|\s)*"
)
BROKEN_OFF = re.compile(
    r"(?:[，,。；;]\s*)?(?:先不|不[改换寄]了|算了|谢谢|麻烦|可以[吗不]|行[吗不]|好[吗不]|[吧吗呢啊哦哈呀了]+$|才对|能(?:不能)?[装办通]|有没有|就(?:行|好|可以)|的(?:宽带|网|快递|包裹|订单)|电话|手机|联系)"
)
FILLER = re.compile(
    r"^(?:\s|嗯+|哦|那个?|就|是|在|我(?:家|们|现在|要|想)?|你好|您好|请|帮我?|把|给我|新的?|到|住|改成|改到|改为|送到|寄到|搬到|不是|要)++"
)

AREA = re.compile(rf"[{H}]{{1,8}}?(?:省|市(?!场|民)|自治区|区(?!别|分)|县|自治州|旗)|北京|上海|天津|重庆|香港|澳门")
STREET = re.compile(
    r"(?<![知味频渠报难人马思线电顺一半网])(?:路(?![由上费线])|大街|(?<![上逛步])街(?!道)|大道|道(?![理歉具])|巷|弄|胡同|村|镇(?!静)|乡|园|苑|庭(?!审)|府(?!上)|"
    r"坊|庄|大?厦|寓|小区(?!别)|花城|新城|广场|大学|学院|中学|小学|医院|里弄|屯|社区|公馆|名都|华庭|家属院|宿舍|中心|城(?![市里区乡])|湾|[一二三四五六七八九十0-9]组)"
)
NUMBER = re.compile(
    r"(?:[0-9]{1,5}|[一二三四五六七八九十百]{1,4})\s?(?:号|栋|幢|座|楼|层|室|单元|户|弄|#)|[0-9]{1,4}(?:-[0-9]{1,5}){1,3}"
    r"|(?<=[栋幢座楼元号路街弄园苑])\s?[A-Za-z]?[0-9]{1,5}(?![0-9年月日天点元块个])|[A-Za-z][0-9]{2,5}(?![0-9])"
)
UNIT = "号楼|号|栋|幢|座|楼|层|室|单元|户|弄"
PIECE = re.compile(rf"([0-9]{{1,5}}|[一二三四五六七八九十百]{{1,4}})\s?({UNIT})")
ANEW = re.compile(
    r"(?:(?:[0-9]{1,5}|[一二三四五六七八九十百]{1,4})\s?(?:号|栋|幢|座|楼|层|室|单元|户|弄)(?:不对|错了|写错了|不是))?"
    r"(?:不对|不是|错了|写错了|说错了|打错了|哦|噢|啊|嗯|那个|[，,。 ])*+(?:门牌号?|房号|房间号|楼号|楼层|单元号?|几号)?"
    r"(?:写错了?|错了|不对|应该|要|得)?[，, ]*(?:是|改成|改为|换成|改到|为)?\s?"
    rf"(?P<pieces>(?:(?:[0-9]{{1,5}}|[一二三四五六七八九十百]{{1,4}})\s?(?:{UNIT})\s?)+)(?:才对|的|吧|哦|啊|了|谢谢|[，,。 ])*"
)
GOES_ON = re.compile(rf"\s*[{H}A-Za-z0-9 -]{{0,16}}?(?:[0-9]\s?(?:号|栋|幢|座|楼|层|室|单元|户)|路|街|村|小区|苑|区)")
TALK = re.compile(r"我|你|您|他|怎么|什么|多少|为什么|为啥|想|哪|能不能|可以|退|查|坏了|丢了|没|信号|这|那")
PLACELESS = re.compile(r"[^省市区县镇乡旗州0-9]{9}")  # so much without a place is talk
LONGEST = 80
STREET_MISSING, NUMBER_MISSING = "路名或小区名", "门牌号"


def read(text: str | Folded, before: str = "") -> Reading:
    folded = fold(text)
    said = _said(folded.text)
    if said is None:
        rest = _bare(folded.text) if before else ""
        if not rest:
            return corrections.concluded(folded, [], None)
        start, end = folded.text.index(rest), folded.text.index(rest) + len(rest)
    else:
        start, end = said
    value = joined(before, recipients.without(folded.text[start:end]))
    if lacks := missing(value):
        return NoValue(Reason.INCOMPLETE, value, lacks)
    return corrections.concluded(folded, [Found(value, value, start, end, True)], None)


def place(text: str) -> tuple[int, int] | None:
    """Where in a text somebody can be found: the address in it, whole or not, that says more than a town."""
    folded = fold(text)
    said = _said(folded.text)
    if said is None or not (STREET.search(folded.text, *said) or NUMBER.search(folded.text, *said)):
        return None
    return folded.span(*said)


def missing(value: str) -> str:
    """What an address lacks, in words; "" where it is whole."""
    wanted = ((STREET_MISSING, STREET.search(value)), (NUMBER_MISSING, NUMBER.search(value)))
    return "和".join(what for what, found in wanted if not found)


def amended(before: str, text: str | Folded) -> str | None:
    """An address of which a text says only its numbers anew (门牌号是2号, 改成3幢501室); None where it says anything else."""
    said = ANEW.fullmatch(fold(text).text)
    if said is None:
        return None
    value = before
    for number, unit in PIECE.findall(said["pieces"]):
        known = [piece for piece in PIECE.finditer(value) if piece[2] == unit]
        if not known:
            return None
        value = f"{value[: known[-1].start()]}{number}{unit}{value[known[-1].end() :]}"
    return value


def joined(before: str, now: str) -> str:
    """An address, and what was said of it later: it goes on where it left off, or says a part of it anew."""
    if not before:
        return now
    first = AREA.match(now)
    if first and first.end() >= 2:
        at = before.find(first.group())
        if at >= 0:
            return before[:at] + now
        if re.match(r"[^区县]{2,8}?[省市]", now):
            return now
    for length in range(min(len(before), len(now)), 1, -1):
        if before.endswith(now[:length]):
            return before + now[length:]
    return before + now


def _said(text: str) -> tuple[int, int] | None:
    """Where the last address stands: it begins behind a word that leads to one, or with its clause."""
    found = None
    clauses = list(islice(CLAUSE.finditer(text), 24))
    number = 0
    while number < len(clauses):
        clause = clauses[number]
        leads = list(islice(LEAD.finditer(text, clause.start(), clause.end()), 6))
        start = leads[-1].end() if leads else clause.start()
        if filler := FILLER.match(text[start : clause.end()]):
            start += filler.end()
        end = _end(text, start, clause.end())
        number += 1
        if not _is_address(text[start:end], bool(leads)):
            continue
        while number < len(clauses) and end == clauses[number - 1].end() and _goes_on(text, clauses[number]):
            end = _end(text, clauses[number].start(), clauses[number].end())
            number += 1
        found = (start, min(end, start + LONGEST))
    return found


def _goes_on(text: str, clause: re.Match[str]) -> bool:
    said = clause.group()
    return len(said) <= 24 and not TALK.search(said) and GOES_ON.match(said) is not None and not LEAD.search(said)


def _end(text: str, start: int, end: int) -> int:
    off = BROKEN_OFF.search(text[start:end])
    return start + (len(text[start : start + off.start()].rstrip()) if off else len(text[start:end].rstrip()))


def _is_address(said: str, led: bool) -> bool:
    """led: behind a word that leads to an address. Else only what can be nothing else counts, whole or broken off."""
    if len(said) < 2 or mobile(said) or TALK.search(said[:8]):
        return False
    area, number = AREA.match(said), NUMBER.search(said)
    street = next((one for one in islice(STREET.finditer(said), 8) if one.start() > 0), None)
    if street and (number or (street.end() == len(said) and street.start() > 1)):
        return True
    if led:
        return area is not None or (street is not None and len(said) <= street.end() + 6)
    return area is not None and (street is not None or not PLACELESS.search(said[area.end() :]))


def _bare(text: str) -> str:
    """What a message says that only completes: 20号3幢, 文三路20号."""
    said = FILLER.sub("", text[: _end(text, 0, len(text))]).strip()
    return (
        said if said and len(said) <= LONGEST and (NUMBER.search(said) or STREET.search(said)) and not TALK.search(said) else ""
    )
