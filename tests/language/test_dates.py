"""Which day and which month does a customer mean?"""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyshim.language.values import dates, months
from tests.language import writing
from tests.language.readings import reason, values

TODAY = date(2026, 11, 20)  # a Friday


@pytest.mark.parametrize("around", ["{}", "我是{}办的", "就{}吧，谢谢"])
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("上周三", "2026-11-11"),
        ("大前天", "2026-11-17"),
        ("国庆那天", "2026-10-01"),
        ("去年国庆", "2025-10-01"),
        ("昨天刷的那笔", "2026-11-19"),
        ("三天前", "2026-11-17"),
        ("两周前", "2026-11-06"),
        ("一个月前", "2026-10-20"),
        ("周三", "2026-11-18"),
        ("上上周一", "2026-11-02"),
        ("上个星期五", "2026-11-13"),
        ("11月5号", "2026-11-05"),
        ("12月5号", "2025-12-05"),
        ("上个月5号", "2026-10-05"),
        ("5号", "2026-11-05"),
        ("25号", "2026-10-25"),
        ("廿三号", "2026-10-23"),
        ("11/5", "2026-11-05"),
        ("20261105", "2026-11-05"),
        ("腊月二十三", "2026-02-10"),
        ("农历八月十五", "2026-09-25"),
        ("中秋节", "2026-09-25"),
        ("春节", "2026-02-17"),
        ("大年初二", "2026-02-18"),
        ("除夕", "2026-02-16"),
        ("双十一", "2026-11-11"),
        ("周三，哦不对，是周二", "2026-11-17"),
    ],
)
def test_a_day_alone_and_in_a_sentence(text: str, value: str, around: str) -> None:
    assert values(dates.read(around.format(text), TODAY)) == [value]


def test_where_a_day_without_a_year_lies() -> None:
    assert values(dates.read("3月1日", TODAY, "past")) == ["2026-03-01"]
    assert values(dates.read("3月1日", TODAY, "future")) == ["2027-03-01"]
    assert values(dates.read("12月1日", TODAY, "near")) == ["2026-12-01"]
    assert values(dates.read("2月29日", TODAY, "past")) == ["2024-02-29"]
    assert values(dates.read("周三", TODAY, "future")) == ["2026-11-25"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2月30日", "no_such_day"),
        ("2026-13-01", "no_such_day"),
        ("周末", "vague"),
        ("月底", "vague"),
        ("前几天", "vague"),
        ("忘了", "forgotten"),
        ("还没想好", "undecided"),
        ("不是5号", "denied"),
        ("13800002046", None),
        ("第5号", None),
        ("11.5元", None),
        ("1,500元", None),
    ],
)
def test_no_day_and_why(text: str, why: str | None) -> None:
    said = dates.read(text, TODAY)
    assert (values(said), reason(said)) == ([], why)


@pytest.mark.parametrize("around", ["{}", "查{}的账单", "就{}吧，谢谢"])
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("上个月", "2026-10"),
        ("10月份", "2026-10"),
        ("十月", "2026-10"),
        ("腊月", "2026-02"),
        ("正月", "2026-03"),
        ("国庆那个月", "2026-10"),
        ("本月", "2026-11"),
        ("上上个月", "2026-09"),
        ("前月", "2026-09"),
        ("两个月前", "2026-09"),
        ("元月", "2026-01"),
        ("12月", "2025-12"),
        ("去年12月", "2025-12"),
        ("26年9月", "2026-09"),
        ("二零二六年九月", "2026-09"),
        ("2026-10", "2026-10"),
        ("202610", "2026-10"),
        ("不是9月是10月", "2026-10"),
        ("9月，哦不对，是8月", "2026-08"),
    ],
)
def test_a_month_alone_and_in_a_sentence(text: str, value: str, around: str) -> None:
    assert values(months.read(around.format(text), TODAY)) == [value]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("13月", "no_such_day"),
        ("最近三个月", "vague"),
        ("忘了", "forgotten"),
        ("3个月", None),
        ("第3月", None),
        ("不要9月的", "denied"),
    ],
)
def test_no_month_and_why(text: str, why: str | None) -> None:
    said = months.read(text, TODAY)
    assert (values(said), reason(said)) == ([], why)


def test_how_they_are_shown_and_where_they_stood() -> None:
    text = "我是２０２６年11月5號办的"
    (day,) = dates.read(text, TODAY)
    assert (day.shown, text[day.start : day.end]) == ("2026 年 11 月 5 日", "２０２６年11月5號")  # type: ignore[union-attr]
    (month,) = months.read("上个月", TODAY)
    assert month.shown == "2026 年 10 月"  # type: ignore[union-attr]


@pytest.mark.long
@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(st.integers(-730, 730))
def test_every_day_within_two_years_is_read_back_however_it_is_written(days: int) -> None:
    day = TODAY + timedelta(days)
    ways = list(writing.dates(day, TODAY))
    assert len(set(ways)) >= 12
    for way in ways:
        for sentence in writing.DATE_SENTENCES:
            text = sentence.format(way)
            assert values(dates.read(text, TODAY)) == [day.isoformat()], text
