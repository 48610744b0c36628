"""What does this message say about a slot?

A slot is found in any message by the reader of its type (pyshim/language/values/), then by its patterns, in their order, then by
the words of its choices. Of several values that it might be none is taken; of several choices without numbers the one said at
greatest length. When a free slot was just asked for, the whole message is its value, unless it is a courtesy, a question or a
wish, or says why it is none.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from pyshim.language import patterns
from pyshim.language.folding import plain
from pyshim.language.values import (
    addresses,
    amounts,
    card_tails,
    choices,
    counts,
    dates,
    figures,
    identities,
    months,
    numbers,
    phones,
)
from pyshim.language.values import (
    names as people,
)
from pyshim.language.values.found import NoValue, Reading, Reason
from pyshim.language.values.spans import Folded, fold
from pyshim.tenants.schema import Kind, Slot, Tenant

PHONE = re.compile(r"1[3-9]\d{9}")
GAP = "\n"  # where a value was taken: no pattern reads across it

# What people say around a bare value.
NAMES = re.compile(
    r"我的|订单|编号|单号|卡号|末四位|后四位|尾号|手机|电话|号码|账号|宽带|[改换](?:成|为)|[选写填]|[是为号的这个就哦呢吧啊哈嗯好]"
)
COURTESIES = re.compile(
    r"不好意思|抱歉|对不起|谢谢|多谢|感谢|谢了|谢啦|麻烦|辛苦|劳驾|[你您]们?好|哈[喽啰罗]|嗨|在[吗么嘛]|[早晚]安|[早上中下午晚]{1,2}好|再见|拜拜"
    r"|hello|\bhi\b|\bhey\b|thank(?:s| ?you)|\bbye\b|[您你亲请了呀哟嘛的哦噢呢吧啊哈嗯好]",
    re.IGNORECASE,
)
QUESTIONS = re.compile(
    r"[?？]\s*$|[吗么嘛呢]\W*$|多少|多久|怎么[办弄操改退换开交查收算]|怎样|如何|为什么|为啥|凭什么|(.)不\1|有没有|什么时[候间]"
)
WISHES = re.compile(
    r"^先(?![前生后])|^取消|帮我|我要[退换办开查取改]|先不[退换改办要]|(?<!想)(?<!能)不[退换改办](?:了|$)|(?:单号?|号码|地址|电话)[^，,。]{0,2}错"
)
# What answers any question and is the value of none.
NO_VALUE = re.compile(
    r"忘[了记光]|[不没]记得|记不[得清起住]|[不没]知道|不清楚|不晓得|想不起|找不到|没[有带]?$|返回|上一步|后退|跳过|随便|都行|重[来新]|等[等下一]|稍等"
)


class Found(NamedTuple):
    """A value, and the message without it: without all that the pattern matched, or all words of that choice."""

    value: str
    rest: str


def find(slot: Slot, text: str, today: date | None = None) -> Found | None:
    """The slot's value in a message, or None. today: what dates are told from."""
    folded = fold(plain(text))
    for kind in (slot.type, *slot.also):
        found = _typed(slot, kind, folded, today)
        if found is not None:
            return found
    for pattern in slot.patterns:
        match = patterns.search(pattern, folded.source)
        if match:
            value = next((group for group in match.groups() if group), match.group())
            rest = folded.source[: match.start()] + GAP + folded.source[match.end() :]
            return Found(value.strip()[: slot.max_chars], rest)
    return _chosen(slot, folded) if slot.choices and slot.type != "choice" else None


def read(slot: Slot, kind: Kind, text: str | Folded, today: date | None = None) -> Reading:  # noqa: PLR0911
    """What the reader of a type says; nothing for text."""
    match kind:
        case "amount":
            return amounts.read(text)
        case "date":
            return dates.read(text, today or date.today(), slot.toward)
        case "month":
            return months.read(text, today or date.today(), slot.toward)
        case "phone":
            return phones.read(text)
        case "number":
            shapes = [numbers.Shape(*one.lengths, one.prefix, one.bare, one.kept) for one in slot.shapes]
            return numbers.read(text, shapes, slot.names)
        case "identity_card":
            return identities.read(text)
        case "card_tail":
            return card_tails.read(text)
        case "count":
            return counts.read(text, slot.units, slot.least, slot.most)
        case "address":
            return addresses.read(text)
        case "name":
            return people.read(text, slot.names)
        case "choice":
            return choices.read(text, slot.choices, slot.everything)
        case "text":
            return []


def _typed(slot: Slot, kind: Kind, text: Folded, today: date | None) -> Found | None:
    if kind == "choice":
        return _chosen(slot, text)
    said = read(slot, kind, text, today)
    if isinstance(said, NoValue) or len(said) != 1:
        return None
    (one,) = said
    return Found(one.value, text.source[: one.start] + GAP + text.source[one.end :])


def _chosen(slot: Slot, text: Folded) -> Found | None:
    said = choices.read(text, slot.choices, slot.everything)
    named = [] if isinstance(said, NoValue) else [one for one in said if one.named]
    if not named or (len(named) > 1 and any(character.isdigit() for one in named for character in one.value)):
        return None
    value = max(named, key=lambda one: one.end - one.start).value
    rest = text.source
    for start, end in reversed(choices.places(text, slot.choices, value) or [(one.start, one.end) for one in named]):
        rest = rest[:start] + GAP + rest[end:]
    return Found(value, rest)


def numbered(slot: Slot, text: str) -> str | None:
    """The choice that answers without being named, where it was asked for (99, 第二个, 最便宜的), if it is one and not two."""
    said = choices.read(fold(plain(text)), slot.choices, slot.everything) if slot.chooses else []
    return said[0].value if not isinstance(said, NoValue) and len(said) == 1 else None


def part(slot: Slot, text: str, before: str = "") -> str:
    """Of an address, what a text says of it, where that is not all. before: what was said of it earlier."""
    said = addresses.read(plain(text), before) if slot.type == "address" else []
    return said.part if isinstance(said, NoValue) and said.reason is Reason.INCOMPLETE else ""


def whole(slot: Slot, text: str, before: str) -> str | None:
    """The address that a text completes."""
    said = addresses.read(plain(text), before) if slot.type == "address" else []
    return said[0].value if not isinstance(said, NoValue) and len(said) == 1 else None


def lacks(slot: Slot, part: str) -> str:
    """What a part of an address lacks, in words."""
    return addresses.missing(part) if part and slot.type == "address" else ""


def shown(slots: Mapping[str, Slot], values: Mapping[str, str]) -> dict[str, str]:
    """Values as customers are shown them: 1,500.00; 138 0000 2046; 2026 年 11 月 5 日. The others as they are."""
    return {name: _shown(slots[name], value) if name in slots else value for name, value in values.items()}


def _shown(slot: Slot, value: str) -> str:
    kinds = (slot.type, *slot.also)
    try:
        if "amount" in kinds:
            return f"{Decimal(value):,.2f}"
        if "date" in kinds:
            return dates.shown(date.fromisoformat(value))
        if "month" in kinds:
            return months.shown(date.fromisoformat(f"{value}-01"))
    except (InvalidOperation, ValueError):
        return value  # 全部, 本月
    return phones.shown(value) if "phone" in kinds and PHONE.fullmatch(value) else value


def figured(text: str) -> str:
    """With digits for Chinese ones and no spaces or dashes between them."""
    return re.sub(r"(?<=\d)[ -](?=\d)", "", figures.digits(fold(text).text))


def names(slot: Slot, text: str) -> bool:
    """Does the text name what the slot's question asks for (订单号, say)?"""
    said = plain(text)
    return any(said[at : at + 2] in slot.ask for at in range(len(said) - 1))


def no_value(text: str) -> bool:
    """Does it answer any question, and is the value of none (忘了)?"""
    return NO_VALUE.search(plain(text)) is not None


# What an answer is told about its value; who knows none, or denies one, is only asked again.
TOLD = frozenset(Reason) - {Reason.FORGOTTEN, Reason.UNDECIDED, Reason.UNSAID, Reason.DENIED, Reason.INCOMPLETE}
# What is sure in a sentence that asked for nothing yet, too.
SURE = frozenset(
    [Reason.NEGATIVE, Reason.ZERO, Reason.GROUPING, Reason.TOO_LARGE, Reason.TOO_FINE, Reason.CURRENCY, Reason.CHECKSUM]
)


def why_none(slot: Slot, text: str, today: date | None = None, told: frozenset[Reason] = TOLD) -> str:
    """What is wrong with the value that a text seems to say, in words; "" where nothing is to be told."""
    read_as = (read(slot, kind, plain(text), today) for kind in (slot.type, *slot.also) if kind != "text")
    return next((one.reason.said for one in read_as if isinstance(one, NoValue) and one.reason in told), "")


def accept(slot: Slot, text: str, today: date | None = None) -> str | None:
    """The value of a message that answers this slot's question, or None when it cannot be one."""
    found = find(slot, text, today)
    if found is not None:
        return found.value
    if slot.type not in ("text", "choice") and isinstance(read(slot, slot.type, plain(text), today), NoValue):
        return None
    said = plain(text)
    none = len(said) > slot.max_chars or courteous(said) or any(one.search(said) for one in (QUESTIONS, WISHES, NO_VALUE))
    return said if slot.free and not none else None


def asks(text: str) -> bool:
    """Is it a question?"""
    return QUESTIONS.search(plain(text)) is not None


def courteous(text: str) -> bool:
    """Is it politeness and nothing else (好的谢谢), or nothing at all?"""
    return re.sub(r"[\W_]", "", COURTESIES.sub("", plain(text))) == ""


def bare(rest: str) -> bool:
    """Was the message the value itself, and around it nothing more than its name and a courtesy (是20231105, 个人，谢谢)?"""
    return courteous(NAMES.sub("", COURTESIES.sub("", rest)))


def values_in(tenant: Tenant, text: str, names: Iterable[str], first: str = "") -> tuple[dict[str, str], str]:
    """What a text says of these slots, and what else it says. What was taken for one slot fills no other. first: the one that is
    asked for; else a choice is surer than a pattern, which may take any number."""
    values: dict[str, str] = {}
    rest = text
    for name in sorted(names, key=lambda name: (name != first, not tenant.slots[name].chooses)):
        found = find(tenant.slots[name], rest, tenant.today)
        if found is not None:
            values[name], rest = found
    return values, rest
