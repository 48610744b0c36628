"""Which order, account or transfer does a customer mean?"""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pyshim.language.values import numbers
from pyshim.language.values.found import Reading
from pyshim.language.values.numbers import Shape
from tests.language import writing
from tests.language.readings import reason, values

ORDER, TRANSFER, ACCOUNT = Shape(8, 20), Shape(10, 10, "T"), Shape(8, 8, "KD", bare=False)
NAMES = ("订单", "单号")


def order(text: str) -> Reading:
    return numbers.read(text, [ORDER], NAMES)


@pytest.mark.parametrize("around", ["{}", "是{}，谢谢", "我的订单{}什么时候到", "单号{}一直没到货", "{}这单"])
@pytest.mark.parametrize(
    "text",
    ["20231105", "2023 1105", "2023-1105", "二零二三一一零五", "２０２３１１０５", "2023–1105", "2023\u00a01105", "20 23 11 05"],
)
def test_an_order_alone_and_in_a_sentence(text: str, around: str) -> None:
    assert values(order(around.format(text))) == ["20231105"]


@pytest.mark.parametrize("text", ["20231104不对，是20231105", "不是20231104是20231105", "20231104，哦不对，是20231105"])
def test_a_corrected_order(text: str) -> None:
    assert values(order(text)) == ["20231105"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("13800002046", "phone"),
        ("订单13800002046", "phone"),
        ("138 0000 2046", "phone"),
        ("8613800002046", "phone"),
        ("2023-11-05", "date"),
        ("11010519491231002X", None),
        ("110105194912310021", None),
        ("4111111111111111", "card"),
        ("订单123", "length"),
        ("123", None),
        ("忘了", "forgotten"),
        ("XD7700123456", None),
        ("20231105元", None),
        ("91330106MA2K", None),
        ("不是20231105", "denied"),
    ],
)
def test_no_order_and_why(text: str, why: str | None) -> None:
    said = order(text)
    if text == "110105194912310021":
        assert values(said) == [text]  # its last digit does not check: it may be an order
    else:
        assert (values(said), reason(said)) == ([], why)


def test_two_orders_are_two() -> None:
    assert values(order("20231105 20231106")) == ["20231105", "20231106"]
    assert values(order("20231105和2023 1106")) == ["20231105", "20231106"]


@pytest.mark.parametrize(
    "text",
    ["T2026110301", "t2026110301", "T 2026110301", "T-2026110301", "2026110301", "T2026 1103 01", "Ｔ２０２６１１０３０１"],
)
def test_a_prefix_may_be_left_out_where_the_shape_lets_it(text: str) -> None:
    assert values(numbers.read(f"流水号是{text}，谢谢", [TRANSFER])) == ["T2026110301"]


@pytest.mark.parametrize("text", ["KD20231105", "kd 20231105", "KD-2023-1105", "ＫＤ２０２３１１０５"])
def test_and_may_not_where_it_does_not(text: str) -> None:
    assert values(numbers.read(text, [ACCOUNT])) == ["KD20231105"]
    assert values(numbers.read("20231105", [ACCOUNT])) == []


def test_shapes_that_overlap_go_by_what_was_asked() -> None:
    assert values(numbers.read("2026110301", [TRANSFER])) == ["T2026110301"]
    assert values(order("2026110301")) == ["2026110301"]
    assert values(numbers.read("20231105", [TRANSFER])) == []
    assert reason(numbers.read("20231105", [TRANSFER])) == "length"


def test_where_it_stood() -> None:
    text = "流水号ｔ ２０２６1103 01，谢谢"
    (found,) = numbers.read(text, [TRANSFER])
    assert text[found.start : found.end] == "ｔ ２０２６1103 01"  # type: ignore[union-attr]


@pytest.mark.long
@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(st.integers(8, 14), st.data())
def test_every_order_is_read_back_however_it_is_written(length: int, data: st.DataObject) -> None:
    number = data.draw(st.text("0123456789", min_size=length, max_size=length))
    assume(not (len(number.removeprefix("86")) == 11 and number.removeprefix("86")[0] == "1"))
    ways = list(writing.orders(number))
    assert len(set(ways)) >= 12
    for way in ways:
        for sentence in writing.ORDER_SENTENCES:
            text = sentence.format(way)
            assert values(order(text)) == [number], text
