"""Does a tenant's pattern take no more of a shim than a message may?"""

import re
from time import process_time

import pytest

from pyshim.dialogue import slots
from pyshim.language import patterns
from pyshim.telemetry import metrics
from pyshim.tenants.schema import Slot

ENDLESS = r"(x+x+)+单"  # hours, at forty letters
MESSAGE = "查一下单" + "x" * 1990 + "!"


def timeouts() -> float:
    return metrics.pattern_timeouts._value.get()


def test_a_pattern_without_end_costs_a_message_its_time_and_no_more() -> None:
    patterns.new_message()
    before, began = timeouts(), process_time()
    assert slots.find(Slot(ask="哪个单", patterns=[ENDLESS, r"(查)"]), MESSAGE) is None
    assert slots.find(Slot(ask="哪个单", patterns=[ENDLESS]), MESSAGE) is None
    assert process_time() - began < 3 * patterns.MESSAGE_S
    assert timeouts() == before + 1


def test_the_next_message_has_its_own_time() -> None:
    patterns.new_message()
    assert patterns.search(ENDLESS, MESSAGE) is None
    assert patterns.search("查", MESSAGE) is None
    patterns.new_message()
    assert patterns.search("查", MESSAGE)


def test_what_hung_a_shim_is_over_in_time() -> None:
    patterns.new_message()
    began = process_time()
    assert patterns.search(r"^((?:\d+)+)号$", "1" * 40 + "!号") is None
    assert process_time() - began < patterns.MESSAGE_S


@pytest.mark.parametrize(
    "pattern",
    [
        ENDLESS,
        r"^订单(?:\d|\d\d)+号$",
        r"(a|aa)+$",
        r"(?:\d{1,3}){1,50}号",
        r"^[A-Z]{2}-\d{4}-(?:\w+\w+)+$",
        r"\d*\d*\d*\d*x",
        r"(?=(\d+)+x)1",
        r"(\d+)\s*(?:元|块).*分(\d+)期",
    ],
)
def test_a_slow_pattern_is_found_out(pattern: str) -> None:
    with pytest.raises(patterns.Slow, match="more than 50 ms on 2000 characters like"):
        patterns.check(pattern, 2000)


@pytest.mark.parametrize(
    "pattern",
    [r"^(\d{6})$", r"T?\d{10}", r"订单号?[:：]?\s*(\d{8,20})", r"(?:第)?(\d{1,3})期", r"[A-Za-z]{2}\d{4,8}", r"\d{1,60000}个"],
)
def test_an_ordinary_pattern_is_not(pattern: str) -> None:
    patterns.check(pattern, 2000)


@pytest.mark.parametrize("pattern", ["(", "[", r"\p{Han}", "(?<a>b)", "a**", "(?P<a>a)(?P<a>b)", "(" * 5000])
def test_what_python_does_not_know_is_no_pattern(pattern: str) -> None:
    with pytest.raises(re.error):
        patterns.check(pattern, 2000)
