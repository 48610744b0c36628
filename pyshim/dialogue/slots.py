"""What does this message say about a slot?

A slot is found in any message by its patterns, in their order, then by the longest word of any choice. A word that begins or ends
with a number is never cut out of a larger one: there is no 3 in 30000元, no 2期 in 12期, no 三期 in 十三期. When a free slot was
just asked for, the whole message is its value, unless it is a courtesy, a question or a wish.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from pyshim.language.folding import plain
from pyshim.language.numerals import numbers
from pyshim.tenants.schema import Slot

GAP = "\n"  # where a value was taken: no pattern reads across it

# What people say around a bare value.
NAMES = re.compile(
    r"我的|订单|编号|单号|卡号|末四位|后四位|尾号|手机|电话|号码|账号|宽带|[改换](?:成|为)|[选写填]|[是为号的这个就哦呢吧啊哈嗯好]"
)
COURTESIES = re.compile(
    r"谢谢|多谢|感谢|谢了|谢啦|麻烦|辛苦|劳驾|[你您]们?好|哈[喽啰罗]|嗨|在[吗么嘛]|[早晚]安|[早上中下午晚]{1,2}好|再见|拜拜"
    r"|hello|\bhi\b|\bhey\b|thank(?:s| ?you)|\bbye\b|[您你亲请了呀哟嘛的哦噢呢吧啊哈嗯好]",
    re.IGNORECASE,
)
QUESTIONS = re.compile(
    r"[?？]\s*$|[吗么嘛呢]\W*$|多少|多久|怎么[办弄操改退换开交查收算]|怎样|如何|为什么|为啥|凭什么|(.)不\1|有没有|什么时[候间]"
)
WISHES = re.compile(r"^先(?![前生后])|^取消|帮我|我要[退换办开查取改]")
# What answers any question and is the value of none.
NO_VALUE = re.compile(
    r"忘[了记光]|[不没]记得|记不[得清起住]|[不没]知道|不清楚|不晓得|想不起|找不到|没[有带]?$|返回|上一步|后退|跳过|随便|都行|重[来新]|等[等下一]|稍等"
)

WANTED = re.compile(r"我?想?要|来|那[个款种档]?|的")  # what else is said around the number of a choice

NUMERALS = "零〇一二两三四五六七八九十百千万亿"
NUMBER = re.compile(rf"\d+(?:\.\d+)?|[{NUMERALS}]+")
COUNTERS = "元块毛角分折期天日周月年岁号倍成件张单次个点人笔"  # behind a bare number they say that it counts something else


class Found(NamedTuple):
    """A value, and the message without it: without all that the pattern matched, or all words of that choice."""

    value: str
    rest: str


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@lru_cache(maxsize=4096)
def _whole(word: str) -> re.Pattern[str]:
    """The word where it is no part of a larger number."""
    before = after = ""
    if word[0] in NUMERALS:
        before = f"(?<![{NUMERALS}])"
    elif word[0].isdigit():
        before = r"(?<!\d)(?<!\d\.)"
    if word[-1] in NUMERALS:
        after = f"(?![{NUMERALS}])"
    elif word[-1].isdigit():
        after = r"(?!\d|\.\d|[十百千万亿])"
    if NUMBER.fullmatch(word):
        before, after = before + r"(?<![A-Za-z/:：-])", after + rf"(?![/:：-]\d|\s*[A-Za-z{COUNTERS}])"
    return re.compile(before + re.escape(word) + after)


def find(slot: Slot, text: str) -> Found | None:
    """The slot's value in a message, or None."""
    text = plain(text)
    for pattern in slot.patterns:
        match = _compiled(pattern).search(text)
        if match:
            value = next((group for group in match.groups() if group), match.group())
            return Found(value.strip()[: slot.max_chars], text[: match.start()] + GAP + text[match.end() :])
    return _chosen(slot, text)


def _chosen(slot: Slot, text: str) -> Found | None:
    said = [
        (len(word), value)
        for value, words in slot.choices.items()
        for word in (value, *words)
        if word and word in text and _whole(word).search(text)
    ]
    if not said:
        return None
    value = max(said)[1]
    rest = text
    for word in sorted((value, *slot.choices[value]), key=len, reverse=True):
        if word and word in rest:
            rest = _whole(word).sub(GAP, rest)
    return Found(value, rest)


def numbered(slot: Slot, text: str) -> str | None:
    """The choice that a bare number means (99, where 畅享99 may be chosen), if it is one and not two."""
    said = re.sub(r"[\W_]", "", WANTED.sub("", NAMES.sub("", plain(text))))
    if not NUMBER.fullmatch(said):
        return None
    wanted = numbers(said + COUNTERS[0])
    fits = [value for value in slot.choices if numbers(value + COUNTERS[0]) == wanted]
    return fits[0] if len(fits) == 1 else None


def names(slot: Slot, text: str) -> bool:
    """Does the text name what the slot's question asks for (订单号, say)?"""
    said = plain(text)
    return any(said[at : at + 2] in slot.ask for at in range(len(said) - 1))


def no_value(text: str) -> bool:
    """Does it answer any question, and is the value of none (忘了)?"""
    return NO_VALUE.search(plain(text)) is not None


def accept(slot: Slot, text: str) -> str | None:
    """The value of a message that answers this slot's question, or None when it cannot be one."""
    found = find(slot, text)
    if found is not None:
        return found.value
    said = plain(text)
    none = len(said) > slot.max_chars or courteous(said) or any(one.search(said) for one in (QUESTIONS, WISHES, NO_VALUE))
    return said if slot.free and not none else None


def courteous(text: str) -> bool:
    """Is it politeness and nothing else (好的谢谢), or nothing at all?"""
    return re.sub(r"[\W_]", "", COURTESIES.sub("", plain(text))) == ""


def bare(rest: str) -> bool:
    """Was the message the value itself, and around it nothing more than its name and a courtesy (是20231105, 个人，谢谢)?"""
    return courteous(NAMES.sub("", rest))
