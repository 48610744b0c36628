"""Is a word that nobody may say found wherever it stands, and only there?"""

import re
import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


def matcher(lua: Any, words: list[str]) -> Any:
    return lua.eval(b"require 'edge.words'")[b"new"](lua.table_from([word.encode() for word in words]))


def stands_in(found: Any, text: str) -> bool:
    return bool(found[b"stands_in"](found, text.encode()))


@pytest.mark.parametrize("text", ["加微信领红包", "请问可以刷单吗", "VIA CASH-OUT now", "cash-out", "a cash-out!", "刷刷单"])
def test_words_that_are_there(lua: Any, text: str) -> None:
    assert stands_in(matcher(lua, ["刷单", "加微信", "cash-out"]), text)


@pytest.mark.parametrize("text", ["", "刷", "单刷", "加 微信", "cash out", "xcash-out", "cash-outs", "我的订单呢"])
def test_words_that_are_not(lua: Any, text: str) -> None:
    assert not stands_in(matcher(lua, ["刷单", "加微信", "cash-out"]), text)


def test_without_words_there_is_nothing_to_ask(lua: Any) -> None:
    assert matcher(lua, []) is None


letters = st.text(st.sampled_from("ab0好单 -"), min_size=1, max_size=4)


@pytest.mark.long
@settings(max_examples=300, deadline=None)
@given(words=st.lists(letters, min_size=1, max_size=6), text=st.text(st.sampled_from("abAB0好单 -"), max_size=16))
def test_agrees_with_a_search_for_each_word(lua: Any, words: list[str], text: str) -> None:
    latin = f"[{string.ascii_lowercase}0-9]"

    def found(word: str) -> bool:
        before = f"(?<!{latin})" if re.match(latin, word) else ""
        behind = f"(?!{latin})" if re.match(latin, word[-1]) else ""
        return re.search(before + re.escape(word) + behind, text.lower()) is not None

    assert stands_in(matcher(lua, words), text) == any(map(found, words))
