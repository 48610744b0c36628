"""Does a tenant's pattern take no more of a shim than a message may?"""

import re
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyshim.dialogue import slots
from pyshim.language import attacks, backtracking, patterns
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


SLOW = (
    ENDLESS,
    r"^((?:\d+)+)号$",
    r"^订单(?:\d|\d\d)+号$",
    r"(a|aa)+$",
    r"(?:a*)*b",
    r"(?:[a-m]+|[f-z]+)+!",
    r"(?:(\d+)+号)+",
    r"(?:\d{1,3}){1,50}号",
    r"(?:\d{1,20}){1,5}号",
    r"^[A-Z]{2}-\d{4}-(?:\w+\w+)+$",
    r"\d*\d*\d*\d*x",
    r"\d+\s*\d+元",
    r".*?(\d+)号",
    r"(?=(\d+)+x)1",
    r"(?i)(?:a|A*)+x",
)
ORDINARY = (
    r"^(\d{6})$",
    r"T?\d{10}",
    r"订单号?[:：]?\s*(\d{8,20})",
    r"(?:第)?(\d{1,3})期",
    r"[A-Za-z]{2}\d{4,8}",
    r"\d{1,60000}个",
    r"\d+.*",
    r"(\d+)+",
    r"(?>\d+)+号",
    r"(?:\d++)+号",
    r"(?:\d{1,3},)*\d{1,3}元",
    r"(?:\d{1,3},?){1,5}元",
    r"(?:\d{4}[ -]?){4,5}",
    r"(?:[A-Z]+-)+\d+号",
    r"^.*(\d+)号",
    r"[\u4e00-\u9fa5]{2,20}(?:有限)?公司",
    r"(?<!\d)1[3-9]\d{9}(?!\d)",
    "(" + "|".join(f"水果{number}" for number in range(200)) + ")号",
)


@pytest.mark.parametrize("pattern", SLOW)
def test_a_slow_pattern_is_found_out(pattern: str) -> None:
    with pytest.raises(patterns.Slow, match="two parts of it that repeat read the same text"):
        patterns.check(pattern, 2000)


@pytest.mark.parametrize("pattern", ORDINARY)
def test_an_ordinary_pattern_is_not(pattern: str) -> None:
    patterns.check(pattern, 2000)


def test_a_verdict_does_not_depend_on_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow it is: what passes takes a tenth of what the clock allows."""
    monkeypatch.setattr(patterns, "SLOW_S", 1e9)
    for pattern in SLOW:
        with pytest.raises(patterns.Slow):
            patterns.check.__wrapped__(pattern, 2000)


def test_what_cannot_be_counted_is_left_to_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "SLOW_S", 0.05)
    monkeypatch.setattr(backtracking, "steps", lambda pattern, chars: 0)
    with pytest.raises(patterns.Slow, match="on 2000 characters like"):
        patterns.check.__wrapped__(ENDLESS, 2000)


UNITS = st.sampled_from(["a", "b", "1", r"\d", r"\w", "[a-m]", "[1b]", "(?:ab|a)", "(?:a|bb?)"])
TIMES = st.sampled_from(["", "", "?", "*", "+", "{2}", "{1,3}", "{2,9}"])
ONE = st.tuples(UNITS, TIMES).map("".join)
SOME = st.lists(ONE, min_size=1, max_size=3).map("".join)
GROUP = st.tuples(SOME, TIMES).map(lambda pair: f"(?:{pair[0]}){pair[1]}")


@pytest.mark.long
@settings(max_examples=500, deadline=None)
@given(pattern=st.lists(st.one_of(ONE, GROUP), min_size=1, max_size=3).map("".join).map(lambda text: text + "!"))
def test_what_passes_is_never_slow(pattern: str) -> None:
    """On any machine, a busy one, too. The count sees nearly all that is slow; nested loops with bounds, like
    (?:b{2,9}(?:a|bb?){1,3}){1,3}, are left to the clock."""
    try:
        patterns.check.__wrapped__(pattern, 300)
    except patterns.Slow:
        return
    for text in attacks.worst(pattern, 300):
        patterns.compiled(pattern).search(text, timeout=5.0)


@pytest.mark.parametrize("pattern", ["(", "[", r"\p{Han}", "(?<a>b)", "a**", "(?P<a>a)(?P<a>b)", "(" * 5000])
def test_what_python_does_not_know_is_no_pattern(pattern: str) -> None:
    with pytest.raises(re.error):
        patterns.check(pattern, 2000)


@pytest.mark.parametrize("part", ["9", "9?", "(?:[12]x*)"])
def test_the_worst_messages_of_a_long_pattern_are_found_in_one_walk(monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    joined, calls = attacks._joined, 0

    def counted(first: list[str], second: list[str]) -> list[str]:
        nonlocal calls
        calls += 1
        return joined(first, second)

    monkeypatch.setattr(attacks, "_joined", counted)
    assert attacks.worst(part * 500 + "x*", 100)
    assert calls < 500 * 12
