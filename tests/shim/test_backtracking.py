"""Does no pattern of our own look at a customer's message without end?"""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import pyshim
from pyshim.dialogue import consent, consent_spelling, consent_words, erasure
from pyshim.language import backtracking, patterns
from pyshim.language.values import addresses

ROOMS = ("dialogue", "language", "turns", "words")
CHARS = 2000  # of the longest message
LARGE = 800  # characters of a pattern that takes seconds to be counted
# What is read by patterns that see no more of a message.
SHORT = {
    "dialogue.consent": consent_spelling.LONGEST,
    "dialogue.consent_unordered": consent_spelling.LONGEST,
    "dialogue.erasure": erasure.LONGEST,
    "language.values.addresses.GOES_ON": 24,
}
# Too large to be counted whole: their parts are, none of them is repeated more than a few times, and BESIDE is read in one way.
WHOLE = {consent.SENTENCE, consent.PLAINLY}
PARTS = {
    "SENTENCE": [*consent.AGREEING, consent_words.ALONE, consent_words.OPENING, consent_words.WHY, consent_words.HURRY],
    "PLAINLY": [consent.BEFORE, consent.BETWEEN, consent.AFTER, consent_words.AGREED, consent_words.AS_SHOWN],
}


def modules() -> Iterator[tuple[str, ModuleType]]:
    for found in pkgutil.walk_packages(pyshim.__path__, "pyshim."):
        name = found.name.removeprefix("pyshim.")
        if name.partition(".")[0] in ROOMS:
            yield name, importlib.import_module(found.name)


def compiled_in(value: Any, name: str) -> Iterator[tuple[str, re.Pattern[str]]]:
    if isinstance(value, re.Pattern):
        if isinstance(value.pattern, str) and value not in WHOLE:
            yield name, value
    elif isinstance(value, dict):
        yield from compiled_in([*value, *value.values()], name)
    elif isinstance(value, tuple | list | set | frozenset):
        for one in value:
            yield from compiled_in(one, name)


def written_in(module: ModuleType) -> Iterator[str]:
    """The patterns that stand where they are used: re.search(r"…", text)."""
    for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text())):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name("re"), attr=used), args=[ast.Constant(str(pattern)), *_]):
                if used != "escape":
                    yield pattern


def ours() -> dict[tuple[str, int], str]:
    """Pattern and longest text -> where it is."""
    found: dict[tuple[str, int], str] = {}
    for name, module in modules():
        here = [one for key, value in vars(module).items() for one in compiled_in(value, f"{name}.{key}")]
        here += [(name, re.compile(pattern)) for pattern in written_in(module)]
        for where, pattern in here:
            chars = SHORT.get(where, SHORT.get(name, CHARS))
            flags = "(?i)" if pattern.flags & re.IGNORECASE else ""
            found.setdefault((flags + pattern.pattern, chars), where)
    for whole, parts in PARTS.items():
        for number, part in enumerate(parts):
            found.setdefault((part, consent_spelling.LONGEST), f"dialogue.consent.{whole}.{number}")
    return found


OURS = [
    pytest.param(pattern, chars, id=where, marks=[pytest.mark.long] if len(pattern) > LARGE else [])
    for (pattern, chars), where in ours().items()
]


@pytest.mark.parametrize(("pattern", "chars"), OURS)
def test_it_looks_no_oftener_than_a_tenants_may(pattern: str, chars: int) -> None:
    assert backtracking.steps(pattern, chars) <= patterns.SQUARES * max(chars, patterns.SHORT) ** 2


ACTS = ("退款", "取消订单")
# Each had more readings than anybody could wait for.
ENDLESS = (
    "我的数据" + "全都" * 27,
    "删除" + "所有的" * 5 + "我的" + "所有的" * 13,
    "帮我想" * 19,
    "那就" * 25 + "一二三四五六七八九十",
    "好了" * 25 + "一二三四五六七八九十",
    "我看了没错,了解,是本人,请安排," * 3 + "我看了没错,确",
    "门牌号" + "， " * 998,
)


@pytest.mark.parametrize("text", ENDLESS)
def test_what_had_readings_without_end_is_none(text: str) -> None:
    assert not erasure.asked(text)
    assert not consent.half_named(text, ACTS)
    assert not consent.given(text, "plain", ACTS)
    assert addresses.amended("文三路20号", text) is None


@pytest.mark.parametrize(
    "text",
    [
        "把我的所有的数据都删了",
        "请帮我把我的个人信息全部删除",
        "帮我的数据删了",
        "帮我数据全都清空吧",
        "帮我们的聊天记录删掉",
        "我想把全部的相关的资料都给我删了".replace("把", "把我的"),
        "删除我的所有历史记录",
        "我要求删除我所有的资料",
        "delete my data please",
    ],
)
def test_who_wants_to_be_erased_is_still_heard(text: str) -> None:
    assert erasure.asked(text)


@pytest.mark.parametrize(
    "text", ["取消", "那就取消", "那个，取消", "好吧，取消吧", "取消取消", "取消谢谢", "不想要了取消", "那好吧，取消"]
)
def test_half_of_the_acts_name_is_still_heard(text: str) -> None:
    assert consent.half_named(text, ACTS)
