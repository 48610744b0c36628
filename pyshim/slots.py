"""What does this message say about a slot?

A slot is found in any message by its patterns and choices; when it was just asked for and is free, the whole message is its
value.
"""

import re
from functools import lru_cache

from pyshim.tenant import Slot

# Full-width digits and letters as their plain forms; punctuation stays, patterns know both.
PLAIN = {0xFEE0 + code: code for code in (*range(0x30, 0x3A), *range(0x41, 0x5B), *range(0x61, 0x7B))}

# What people say around a bare value.
NAMES = re.compile(r"我的|订单|编号|单号|卡号|末四位|后四位|尾号|手机|电话|号码|账号|宽带|[是为号的这个就哦呢吧啊哈嗯好]")


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def plain(text: str) -> str:
    """text with full-width digits and letters made plain."""
    return text.translate(PLAIN).strip()


def find(slot: Slot, text: str) -> str | None:
    """The slot's value in a message, or None. Patterns in their order, then the longest word of any choice."""
    text = plain(text)
    for pattern in slot.patterns:
        match = _compiled(pattern).search(text)
        if match:
            value = next((group for group in match.groups() if group), match.group())
            return value.strip()[: slot.max_chars]
    words = [(len(word), value) for value, words in slot.choices.items() for word in [value, *words] if word in text]
    return max(words)[1] if words else None


def accept(slot: Slot, text: str) -> str | None:
    """The value of a message that answers this slot's question, or None when it cannot be one."""
    value = find(slot, text)
    if value is None and slot.free:
        value = plain(text)
        if not value or len(value) > slot.max_chars:
            return None
    return value


def is_bare(value: str, text: str) -> bool:
    """Is the message the value itself and nothing more than its name (是20231105, 单号20231105)?"""
    rest = re.sub(r"\W", "", plain(text)).replace(re.sub(r"\W", "", value), "", 1)
    return NAMES.sub("", rest) == ""
