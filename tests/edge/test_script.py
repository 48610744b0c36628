"""Do edge and shim see the same language and script in a text?"""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyshim.language import scripts

TEXTS = {
    "我想查詢帳單": "hant",
    "幾時發貨呀": "hant",
    "我的快递到哪了": "zh",
    "发貨": "zh",
    "你好": "",
    "退": "",
    "20231105": "",
    "OK": "",
    "wifi": "",
    "where is my order 20231105": "en",
    "i can't find it!": "en",
    "I want a refund": "en",
    "a b c": "",
    "my order 在哪": "",
    "Où est-ce": "",
    "": "",
    "䀀䷿㐀": "",  # rare ones, before the block of those in use
    "䷀查詢": "hant",
}
LETTERS = st.sampled_from([*scripts.only_traditional()[:40], *scripts.only_simplified()[:40], *"你好的退䀀䶿㐀, 1?abcé€👍𠮷"])


@pytest.fixture(scope="module")
def edge(lua: Any) -> Any:
    module = lua.eval(b"require 'edge.script'")
    sets = {b"traditional": scripts.only_traditional().encode(), b"simplified": scripts.only_simplified().encode()}
    module[b"begin"](lua.table_from(sets))
    return module


@pytest.mark.parametrize("text", TEXTS)
def test_what_a_text_is_written_in(edge: Any, text: str) -> None:
    assert scripts.of(text) == TEXTS[text]
    assert edge[b"of"](text.encode()).decode() == TEXTS[text]


def test_what_decides_nothing_changes_nothing_but_chinese_is_no_english() -> None:
    assert [scripts.after(before, "20231105") for before in ("en", "hant", "zh", "")] == ["en", "hant", "zh", ""]
    assert [scripts.after(before, "我要退款") for before in ("en", "hant", "zh", "")] == ["zh", "hant", "zh", ""]


@settings(deadline=None)
@given(text=st.text(LETTERS, max_size=40) | st.text(st.characters(codec="utf-8"), max_size=40))
def test_both_say_the_same_of_any_text(edge: Any, text: str) -> None:
    assert edge[b"of"](text.encode()).decode() == scripts.of(text)


def test_words_decide_which_traditional_character_is_meant() -> None:
    said = scripts.traditional("头发 发货 后天 皇后 面条 见面 余额 干杯 树干 只有 一只 里面 复杂 回复")
    assert said == "頭髮 發貨 後天 皇后 麪條 見面 餘額 乾杯 樹幹 只有 一隻 裏面 複雜 回覆"


@pytest.mark.parametrize("text", ["满 100 减 10 元，95500-8。", "", "已經是繁體", "Wi-Fi"])
def test_what_is_not_simplified_stays(text: str) -> None:
    assert scripts.traditional(text).translate({}) == text.replace("满", "滿").replace("减", "減")
