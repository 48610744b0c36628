"""Is a span of the folded text one of the original?"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyshim.language.values.spans import Folded, fold


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("１２３ＡＢ", "123AB"),
        ("￥１．５", "¥1.5"),
        ("貳萬圓請確認", "贰万圆请确认"),
        ("138\u00a00000\u30002046", "138 0000 2046"),
        ("1–2—3‑4−5－6", "1-2-3-4-5-6"),
        ("1\ufe0f\u20e32\u200b3", "123"),
        ("5² ½ ①", "5² ½ ①"),
        ("好，…：？", "好，…：？"),
        ("㎏", "kg"),
    ],
)
def test_what_is_written_in_several_ways_is_one(source: str, text: str) -> None:
    assert fold(source).text == text


def test_a_span_covers_what_was_typed() -> None:
    folded = fold("重１\u200b２㎏")
    at = folded.text.index("12")
    assert folded.source[slice(*folded.span(at, at + 2))] == "１\u200b２"
    kg = folded.text.index("kg")
    assert folded.source[slice(*folded.span(kg, kg + 2))] == "㎏"


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(st.text(max_size=30))
def test_each_character_comes_from_its_place(source: str) -> None:
    folded = fold(source)
    assert fold(folded) is folded
    for at, character in enumerate(folded.text):
        start, end = folded.span(at, at + 1)
        assert end == start + 1
        assert character in Folded(source[start]).text
