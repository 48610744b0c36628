"""How much money does a customer mean?"""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyshim.language.values import amounts
from tests.language import writing
from tests.language.readings import reason, values

AMOUNTS = {
    "1,500元": "1500.00",
    "12,800": "12800.00",
    "￥1,888.50": "1888.50",
    "1888块5": "1888.50",
    "RMB 7200": "7200.00",
    "６６６６元": "6666.00",
    "3 000元": "3000.00",
    "一千零五十": "1050.00",
    "一百零五块": "105.00",
    "一千二百五十块": "1250.00",
    "两千三": "2300.00",
    "1万2": "12000.00",
    "3万5": "35000.00",
    "1w5": "15000.00",
    "6k": "6000.00",
    "一万零五百": "10500.00",
    "陆仟元整": "6000.00",
    "1，500元": "1500.00",
    "29块9": "29.90",
    "二十九块九": "29.90",
    "三块五毛": "3.50",
    "5毛": "0.50",
    "两块半": "2.50",
    "2块零5分": "2.05",
    "5个w": "50000.00",
    "1.5w": "15000.00",
    "5千8": "5800.00",
    "三萬五": "35000.00",
    "100 元整": "100.00",
    "一块钱": "1.00",
    "壹仟贰佰叁拾肆元伍角陆分": "1234.56",
    "99,999,999.99": "99999999.99",
    "0.01元": "0.01",
    "大概50左右": "50.00",
    "50": "50.00",
}
AROUND = ("{}", "你好，{}", "{}，谢谢", "嗯{}吧", "我想提前还{}", "那就{}", "……{}")


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize(("text", "value"), AMOUNTS.items())
def test_an_amount_alone_and_in_a_sentence(text: str, value: str, around: str) -> None:
    assert values(amounts.read(around.format(text))) == [value]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("不是8000是5000", "5000.00"),
        ("8000，哦不对，是5000", "5000.00"),
        ("是5000，不是8000", "5000.00"),
        ("不是8000元，是5000", "5000.00"),
        ("8000块，说错了，是6000块", "6000.00"),
        ("8000改成5000", "5000.00"),
        ("8000还是5000吧", "5000.00"),
        ("先分4000，剩下1000我自己还", "4000.00"),
        ("一共5000，先分4000", "4000.00"),
        ("5000里先分4000", "4000.00"),
        ("额度两万不够，帮我往上调到4万", "40000.00"),
        ("一次缴两万五，能不能先提到三万", "30000.00"),
        ("我套餐是59，为什么扣了89", "89.00"),
        ("平常都是六十，这次扣了一百二", "120.00"),
        ("多出来68块，不对吧", "68.00"),
        ("先还十五万本金", "150000.00"),
        ("把额度加到6万 回来就恢复", "60000.00"),
        ("8000分12期", "8000.00"),
        ("8000 12期", "8000.00"),
        ("3万5年还清", "30000.00"),
        ("我想把这个月账单里的1万2分6期", "12000.00"),
        ("2023年11月账单8000分6期", "8000.00"),
        ("尾号1234的卡提额到50000", "50000.00"),
        ("充了两百块还没到", "200.00"),
        ("微信充了一百", "100.00"),
        ("上个月扣了15", "15.00"),
        ("8000，对，8000元", "8000.00"),
    ],
)
def test_which_of_several_figures_is_meant(text: str, value: str) -> None:
    assert values(amounts.read(text)) == [value]


def test_two_amounts_of_one_breath_are_two() -> None:
    assert values(amounts.read("分6000和3000")) == ["6000.00", "3000.00"]
    assert values(amounts.read("8000还是5000")) == ["8000.00", "5000.00"]


@pytest.mark.parametrize("around", ["{}", "你好，{}", "{}，谢谢"])
@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1,0500", "grouping"),
        ("15 00元", "grouping"),
        ("-500", "negative"),
        ("负五百", "negative"),
        ("0元", "zero"),
        ("三十来块", "vague"),
        ("十几块", "vague"),
        ("两三百", "vague"),
        ("付了一千多", "vague"),
        ("100-500元", "vague"),
        ("三百到五百", "vague"),
        ("不到500", "vague"),
        ("忘了", "forgotten"),
        ("昨天刷的那笔", "unsaid"),
        ("用微信充的", "unsaid"),
        ("还没想好", "undecided"),
        ("500美元", "currency"),
        ("$500", "currency"),
        ("一半", "share"),
        ("50%", "share"),
        ("100000000元", "too_large"),
        ("0.001元", "too_fine"),
        ("12.5.1", "unclear"),
        (".5元", "unclear"),
        ("1万25", "unclear"),
        ("不是8000", "denied"),
        ("扣了三次", None),
        ("扣了两个月", None),
        ("8月", None),
        ("13800002046", None),
        ("尾号1234", None),
        ("密码是1234", None),
        ("2023-11-05", None),
        ("T2026110301", None),
        ("我们一块去", None),
        ("3天前的", None),
    ],
)
def test_no_amount_and_why(text: str, why: str | None, around: str) -> None:
    said = amounts.read(around.format(text))
    assert (values(said), reason(said)) == ([], why)


def test_shown_as_money_is_and_where_it_stood() -> None:
    text = "我要还￥１，８８８．５０，谢谢"
    (found,) = [one for one in amounts.read(text) if not isinstance(one, str)]
    assert found.shown == "1,888.50 元"  # type: ignore[union-attr]
    assert text[found.start : found.end] == "￥１，８８８．５０"  # type: ignore[union-attr]


@pytest.mark.long
@settings(max_examples=120, deadline=None, derandomize=True, database=None)
@given(st.integers(1, 9_999_999_999).map(lambda cents: Decimal(cents) / 100))
def test_every_amount_is_read_back_however_it_is_written(amount: Decimal) -> None:
    ways = list(writing.amounts(amount))
    assert len(set(ways)) >= 12
    for way in ways:
        for sentence in writing.AMOUNT_SENTENCES:
            text = sentence.format(way)
            assert values(amounts.read(text)) == [f"{amount:.2f}"], text


@pytest.mark.long
@settings(max_examples=80, deadline=None, derandomize=True, database=None)
@given(st.integers(1, 99_999).map(lambda number: number * 1000) | st.integers(1, 2000))
def test_round_and_small_amounts_too(yuan: int) -> None:
    amount = Decimal(yuan)
    for way in writing.amounts(amount):
        for sentence in writing.AMOUNT_SENTENCES:
            text = sentence.format(way)
            assert values(amounts.read(text)) == [f"{amount:.2f}"], text
