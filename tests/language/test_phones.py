"""Which mobile number does a customer mean?"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyshim.language.values import phones
from tests.language import writing
from tests.language.readings import reason, values

NUMBER = "13800002046"


@pytest.mark.parametrize("around", ["{}", "是{}，谢谢", "我的手机号是{}麻烦了", "打{}，急"])
@pytest.mark.parametrize(
    "text",
    [
        "138 0000 2046",
        "138–0000–2046",
        "138\u00a00000\u00a02046",
        "+8613800002046",
        "+86 138 0000 2046",
        "8613800002046",
        "86 13800002046",
        "0086-138-0000-2046",
        "幺三八零零零零二零四六",
        "一三八零零零零二零四六",
        "１３８００００２０４６",
        "138—0000—2046",
        "(+86)138 0000 2046",
        "1380 0002 046",
        "138\u200b0000\u200b2046",
        "13800002046，不是13900002046",
        "13900002046不对，是13800002046",
    ],
)
def test_a_number_alone_and_in_a_sentence(text: str, around: str) -> None:
    assert values(phones.read(around.format(text))) == [NUMBER]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1380000204", "length"),
        ("138000020466", "length"),
        ("手机号12345", None),
        ("0571-88886666", "landline"),
        ("400-800-1234", "landline"),
        ("忘了", "forgotten"),
        ("XD13800002046", None),
        ("13800002046AB", None),
        ("6222 0213 1380 0002 046", None),
        ("不是13800002046", "denied"),
    ],
)
def test_no_number_and_why(text: str, why: str | None) -> None:
    said = phones.read(text)
    assert (values(said), reason(said)) == ([], why)


def test_a_corrected_number() -> None:
    assert values(phones.read("不是13900002046是13800002046")) == [NUMBER]


def test_an_order_beside_it_is_no_part_of_it() -> None:
    assert values(phones.read("20231105 13800002046")) == [NUMBER]


def test_shown_by_three_and_fours_and_where_it_stood() -> None:
    text = "请打＋86 138–0000–2046找我"
    (found,) = phones.read(text)
    assert (found.shown, text[found.start : found.end]) == ("138 0000 2046", "＋86 138–0000–2046")  # type: ignore[union-attr]


@pytest.mark.long
@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(st.sampled_from("3456789"), st.integers(0, 999_999_999))
def test_every_number_is_read_back_however_it_is_written(second: str, rest: int) -> None:
    number = f"1{second}{rest:09d}"
    ways = list(writing.phones(number))
    assert len(set(ways)) >= 12
    for way in ways:
        for sentence in writing.PHONE_SENTENCES:
            text = sentence.format(way)
            assert values(phones.read(text)) == [number], text
