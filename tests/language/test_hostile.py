"""Does a reader take any text, raise nothing, and stay quick?"""

import time
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyshim.language.values import (
    addresses,
    amounts,
    card_tails,
    choices,
    counts,
    dates,
    identities,
    months,
    names,
    numbers,
    phones,
)
from pyshim.language.values.found import NoValue, Reading
from pyshim.language.values.numbers import Shape

TODAY = date(2026, 11, 20)
PLANS = {"保号8": ["保号套餐"], "畅享29": ["29"], "畅享59": ["59"], "畅享99": ["99"]}
READERS: dict[str, Callable[[str], Reading]] = {
    "addresses": addresses.read,
    "completed": lambda text: addresses.read(text, "杭州市西湖区"),
    "amounts": amounts.read,
    "card_tails": card_tails.read,
    "choices": lambda text: choices.read(text, PLANS),
    "counts": counts.read,
    "dates": lambda text: dates.read(text, TODAY),
    "identities": identities.read,
    "months": lambda text: months.read(text, TODAY),
    "names": lambda text: names.read(text, ("抬头", "公司名称")),
    "numbers": lambda text: numbers.read(text, [Shape(8, 20), Shape(10, 10, "T")], ("订单",)),
    "phones": phones.read,
}
LONG, QUICK_MS, USUAL_US = 2000, 20, 200
PIECES = [
    "1",
    "一",
    "千",
    "1,",
    "1，",
    "1.",
    "1-",
    "1/",
    "1万",
    "一万",
    "几",
    "十",
    "上",
    "是",
    "不是",
    "5块",
    "元",
    "¥",
    "1月",
    "5号",
    "1年1月",
    "农历",
    "上周",
    "二零二六年",
    "20",
    "第",
    "138",
    "幺三八",
    "13800002046",
    "T",
    "订单1，",
    "1a",
    "(",
    "+",
    "29",
    "29的",
    "畅享29",
    "最",
    "全",
    "换成",
    "换成29",
    "都要",
    "路",
    "市",
    "改到",
    "文三路1号，",
    "我",
    "谢谢",
    "地址",
    "王",
    "区，",
    "吧",
    "抬头",
    "公司",
    "抬头是",
    "0",
    "，",
    "。",
    "不要",
    "改成",
    "剩下",
    "还是",
    "对",
    "w",
    "1w",
    "1k5",
    "零",
    "1零",
    "百来",
    "负",
    ".",
    ".5",
    "杭州市",
    "号",
    "x",
]
SENTENCE = "请问一下我上个月5号的账单一共是1万2，能不能先分8000元6期，剩下的我自己还，订单20231105，电话138 0000 2046"


@pytest.mark.long
@pytest.mark.parametrize("name", READERS)
def test_a_reader_takes_any_text_and_what_it_finds_stands_there(name: str) -> None:
    marks = st.sampled_from([*PIECES, " ", "-", "–", "\u200b", "①", "²", "٣", "\n", "\x00", "\ud800", "😊"])

    @settings(max_examples=150, deadline=None, derandomize=True, database=None)
    @given(st.lists(marks | st.text(max_size=3), max_size=14).map("".join))
    def story(text: str) -> None:
        said = READERS[name](text)
        for one in [] if isinstance(said, NoValue) else said:
            assert 0 <= one.start < one.end <= len(text)
            assert one.value
            assert one.shown

    story()


@pytest.mark.long
@pytest.mark.parametrize("name", READERS)
def test_two_thousand_characters_made_to_be_slow_are_read_at_once(name: str) -> None:
    READERS[name](SENTENCE)
    slow = {}
    for piece in [*PIECES, " ", "1 ", "5块 ", "138 ", "改到" + "王" * 700, "1" * 999 + " "]:
        text = (piece * LONG)[:LONG]
        ms = min(_cpu_s(name, text) for _ in range(3)) * 1000
        if ms > QUICK_MS:
            slow[piece[:8]] = round(ms, 1)
    assert not slow


@pytest.mark.parametrize("name", READERS)
def test_a_sentence_costs_little(name: str) -> None:
    assert len(SENTENCE) >= 60
    best = min(_cpu_s(name, SENTENCE, 20) for _ in range(20))
    assert best * 1e6 < 2 * USUAL_US  # a machine that tests is busy


def _cpu_s(name: str, text: str, times: int = 1) -> float:
    start = time.thread_time()
    for _ in range(times):
        READERS[name](text)
    return (time.thread_time() - start) / times
