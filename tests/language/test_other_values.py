"""Which card, which person, how many, whose name?"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyshim.language.values import card_tails, counts, identities, names
from tests.language import writing
from tests.language.readings import reason, values

LEADS = ("抬头", "公司名称", "公司名", "单位名称", "开给", "开成")


@pytest.mark.parametrize("around", ["{}", "{}，谢谢"])
@pytest.mark.parametrize(
    "text",
    [
        "1234",
        "尾号1234",
        "末四位是1234",
        "尾号是 幺二三四",
        "１２３４",
        "卡号末四位：1234",
        "尾号“1234”",
        "尾号1234不是1235",
        "1235错了，是1234",
    ],
)
def test_a_cards_tail(text: str, around: str) -> None:
    assert values(card_tails.read(around.format(text))) == ["1234"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("密码是1234", "secret"),
        ("验证码 1234", "secret"),
        ("CVV是1234", "secret"),
        ("12345", "length"),
        ("忘了", "forgotten"),
        ("2023年", None),
        ("1234元", None),
        ("10:30", None),
        ("13800002046", None),
    ],
)
def test_no_tail_and_why(text: str, why: str | None) -> None:
    said = card_tails.read(text)
    assert (values(said), reason(said)) == ([], why)


def test_of_a_whole_card_number_the_tail_is_kept_and_a_secret_beside_it_is_none() -> None:
    assert values(card_tails.read("4111 1111 1111 1111")) == ["1111"]
    assert values(card_tails.read("尾号1234的卡2023年办的，密码5678")) == ["1234"]


@pytest.mark.parametrize(
    "text", ["11010519491231002X", "110105 19491231 002x", "110105-19491231-002X", "１１０１０５１９４９１２３１００２Ｘ"]
)
def test_an_identity_card(text: str) -> None:
    (found,) = identities.read(f"身份证号是{text}，谢谢")
    assert found[:2] == ("11010519491231002X", "110***********002X")


def test_one_that_cannot_be() -> None:
    assert reason(identities.read("110105194912310021")) == "checksum"
    assert reason(identities.read("110105194913310021")) == "checksum"
    assert reason(identities.read("身份证1101051949123100")) == "length"


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(st.integers(1, 99))
def test_a_count_however_it_is_written(number: int) -> None:
    words = writing.in_words(number, ten="十")
    for way in (
        f"{number}件",
        f"{number} 件",
        str(number),
        f"{number}个".translate(writing.WIDE),
        words + "件",
        f"就{number}件吧",
        f"共{words}双",
    ):
        assert values(counts.read(way)) == [str(number)], way


@pytest.mark.parametrize(
    ("text", "why"),
    [("几件", "vague"), ("两三件", "vague"), ("0件", "zero"), ("100件", "too_large"), ("第二件", None), ("忘了", "forgotten")],
)
def test_no_count_and_why(text: str, why: str | None) -> None:
    said = counts.read(text)
    assert (values(said), reason(said)) == ([], why)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("抬头是杭州云山科技有限公司", "杭州云山科技有限公司"),
        ("发票抬头：杭州云山科技有限公司，谢谢", "杭州云山科技有限公司"),
        ("开给杭州云山科技有限公司", "杭州云山科技有限公司"),
        ("顺丰速运有限公司", "顺丰速运有限公司"),
        ("抬头不是甲有限公司是乙有限公司", "乙有限公司"),
        ("抬头改成北京大学", "北京大学"),
        ("抬头写甲有限公司，哦不对，是乙有限公司", "乙有限公司"),
        ("你们是什么公司", None),
        ("抬头写错了", None),
        ("帮我找个人", None),
    ],
)
def test_a_name(text: str, name: str | None) -> None:
    assert values(names.read(text, LEADS)) == ([] if name is None else [name])
