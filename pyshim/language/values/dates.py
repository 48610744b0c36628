"""Which day is meant?

    read(text, today, toward="past") -> Reading; value: ISO, "2026-11-05"; shown: "2026 年 11 月 5 日"

toward: where a day without a year or a month lies: past (up to today), future (from today on), or near (whichever is nearer).
今天, 3天前, 上周三, 周三, 去年11月5日, 上个月5号, 5号, 11/5, 20261105, 国庆那天, 腊月二十三, 农历八月十五. A week begins on
Monday. A weekend, the end of a month, 前几天 are vague; a day that no calendar has (2月30日) is none.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import islice
from typing import Literal

from pyshim.language.values import corrections, lunar
from pyshim.language.values.calendar_words import DAYS, LUNAR, LUNAR_MONTHS, SOLAR, WEEKDAYS, YEARS
from pyshim.language.values.figures import exact
from pyshim.language.values.found import Found, NoValue, Reading, Reason
from pyshim.language.values.spans import Folded, fold

Toward = Literal["past", "future", "near"]
OfYear = Callable[[int], date | None]
FEWEST, MOST = date(1900, 1, 31), date(2100, 12, 31)  # what the lunar calendar knows

MANY = 24  # days of a text; nobody says so many

N = "[0-9零〇一二两三四五六七八九十廿卅]"
FEASTS = "|".join(sorted([*SOLAR, *LUNAR], key=len, reverse=True))
OLD = "农历|阴历|旧历"
SPELT = "[零〇一二三四五六七八九]"
YEAR = rf"(?:(?P<year>(?:[0-9]{{4}}|[0-9]{{2}}|{SPELT}{{4}}|{SPELT}{{2}}))\s?年|(?P<years>{'|'.join(YEARS)}))(?:的|\s)?"
MONTH = rf"(?:(?P<month>{N}{{1,3}})\s?(?:月份?|個月)|(?P<ago>上上个?|大上个?|上个?|这个?|本|当|下下个?|下个?)月份?)(?:的|\s)?"
DAY = rf"(?P<day>{N}{{1,3}})\s?[日号]"
FORMS = (
    r"(?<![0-9.])(?P<y>[0-9]{4})(?P<s>[-/.])(?P<m>[0-9]{1,2})(?P=s)(?P<d>[0-9]{1,2})(?![0-9]|[-/.][0-9])",
    r"(?<![0-9.])(?P<y8>20[0-9]{2}|19[0-9]{2})(?P<m8>0[1-9]|1[0-2])(?P<d8>0[1-9]|[12][0-9]|3[01])(?![0-9])",
    rf"(?<!历)(?:{YEAR})?{MONTH}(?P<monthday>{N}{{1,3}})\s?[日号]?(?![0-9]|{N}|[个次元块月])",
    rf"(?<!第)(?<![0-9{N[1:-1]}]){DAY}(?!线|楼|店|院|机|码)",
    r"(?<![0-9./-])(?P<m2>1[0-2]|0?[1-9])(?P<s2>[/.-])(?P<d2>3[01]|[12][0-9]|0?[1-9])(?![0-9]|[./-][0-9]|\s?[元块折万千kKwWGgMm%个])",
    rf"(?P<lunar_years>{'|'.join(YEARS)})?(?:(?:{OLD})?(?P<lunar_name>{'|'.join(LUNAR_MONTHS)})|(?:{OLD})(?P<lunar_month>{N}{{1,2}})月)"
    rf"初?(?P<lunar_day>{N}{{1,3}})[日号]?",
    rf"(?P<feast_years>{'|'.join(YEARS)})?(?P<feast>{FEASTS})(?P<first>[一二三四五六七八九十]{{1,2}})?",
    rf"(?P<relative>{'|'.join(DAYS)})",
    r"(?P<weeks>上上个?|大上个?|上个?|这个?|本|下下个?|下个?)?(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天1-7])(?![0-9年个期])",
    rf"(?P<count>{N}{{1,4}}|半)\s?个?(?P<unit>天|日|周|星期|礼拜|月)(?P<side>之?前|以前|之?后|以后)",
)
FIRST = "".join({word[0] for word in (*YEARS, *DAYS, *SOLAR, *LUNAR, *LUNAR_MONTHS)}) + "上大这本当下周星礼半农阴旧" + N[1:-1]
FORM = re.compile(f"(?=[{FIRST}])(?:" + "|".join(f"(?:{form})" for form in FORMS) + ")")
VAGUE = re.compile(
    r"前几天|这几天|过几天|几天[前后]|周末|月[初中底末]|年[初中底末]|[上中下]旬|前阵子|最近|近期|前段时间|那几天|几号"
)
STEPS = {"上上": -2, "大上": -2, "上": -1, "这": 0, "本": 0, "当": 0, "下": 1, "下下": 2}


def read(text: str | Folded, today: date, toward: Toward = "past") -> Reading:
    folded = fold(text)
    said: list[Found] = []
    why: NoValue | None = None
    for found in islice(FORM.finditer(folded.text), MANY):
        day = _day({name: one for name, one in found.groupdict().items() if one}, today, toward)
        if day is None:
            why = why or NoValue(Reason.NO_SUCH_DAY)
        elif day != NEVER:
            named = found["y8"] is None and found["s2"] is None
            said.append(Found(day.isoformat(), shown(day), found.start(), found.end(), named))
    if why is None and VAGUE.search(folded.text):
        why = NoValue(Reason.VAGUE)
    return corrections.concluded(folded, said, why)


def shown(day: date) -> str:
    return f"{day.year} 年 {day.month} 月 {day.day} 日"


NEVER = date.min  # what matched and is no day: 半天前


def _day(said: dict[str, str], today: date, toward: Toward) -> date | None:  # noqa: PLR0911
    """NEVER: nothing is meant; None: no such day."""
    if "y" in said:
        return _of(int(said["y"]), int(said["m"]), int(said["d"]))
    if "y8" in said:
        return _of(int(said["y8"]), int(said["m8"]), int(said["d8"])) or NEVER
    if "m2" in said:
        return _turn(today, toward, lambda year: _of(year, int(said["m2"]), int(said["d2"])))
    if "monthday" in said:
        return _of_a_month(said, today, toward)
    if "day" in said:
        return _turn_of_month(today, toward, number(said["day"]))
    if "lunar_day" in said:
        month = LUNAR_MONTHS[said["lunar_name"]] if "lunar_name" in said else number(said["lunar_month"])
        return _feast(said.get("lunar_years"), today, toward, lambda year: lunar.day(year, month, number(said["lunar_day"])))
    if "feast" in said:
        return _named_feast(said, today, toward)
    if "relative" in said:
        return today + timedelta(DAYS[said["relative"]])
    if "weekday" in said:
        return _weekday(said, today, toward)
    return _counted(said, today)


def number(word: str) -> int:
    """A small number in either script; 0 where it is none."""
    value = exact(word)
    return int(value) if value is not None else 0


def year_of(said: str | None, words: str | None, today: date) -> int | None:
    """26年, 2026年, 二零二六年, 去年."""
    if words:
        return today.year + YEARS[words]
    if not said:
        return None
    year = number(said) if said[0].isdigit() and said[0].isascii() else number("一" + said) - 10 ** len(said)
    return year + 2000 if year < 100 else year


def months_from(today: date, steps: int) -> date:
    """The first of a month so many months away."""
    months = today.year * 12 + today.month - 1 + steps
    return date(months // 12, months % 12 + 1, 1)


def step(word: str) -> int:
    return STEPS[word.removesuffix("个")]


def _of(year: int, month: int, day: int) -> date | None:
    try:
        made = date(year, month, day)
    except ValueError:
        return None
    return made if FEWEST <= made <= MOST else None


def _of_a_month(said: dict[str, str], today: date, toward: Toward) -> date | None:
    day = number(said["monthday"])
    if "ago" in said:
        first = months_from(today, step(said["ago"]))
        return _of(first.year, first.month, day)
    month, year = number(said["month"]), year_of(said.get("year"), said.get("years"), today)
    if year is not None:
        return _of(year, month, day)
    return _turn(today, toward, lambda year: _of(year, month, day))


def _turn(today: date, toward: Toward, of_year: OfYear) -> date | None:
    """The year in which a day of every year is meant; a leap day may be four years away."""
    days = [day for year in range(today.year - 4, today.year + 5) if (day := of_year(year)) is not None]
    return _nearest(days, today, toward)


def _nearest(days: list[date], today: date, toward: Toward) -> date | None:
    if toward != "near":
        days = [day for day in days if (day <= today if toward == "past" else day >= today)]
    return min(days, key=lambda day: abs(day - today), default=None)


def _turn_of_month(today: date, toward: Toward, day: int) -> date | None:
    firsts: Iterator[date] = (months_from(today, steps) for steps in range(-3, 4))
    return _nearest([one for first in firsts if (one := _of(first.year, first.month, day))], today, toward)


def _feast(years: str | None, today: date, toward: Toward, of_year: OfYear) -> date | None:
    return of_year(today.year + YEARS[years]) if years else _turn(today, toward, of_year)


def _named_feast(said: dict[str, str], today: date, toward: Toward) -> date | None:
    feast, first = said["feast"], said.get("first", "")
    if feast in SOLAR:
        month, day = SOLAR[feast]
        return _feast(said.get("feast_years"), today, toward, lambda year: _of(year, month, day))
    month, day = LUNAR[feast]
    if day == 0 and not first:
        return NEVER
    return _feast(said.get("feast_years"), today, toward, lambda year: lunar.day(year - (day < 0), month, day or number(first)))


def _weekday(said: dict[str, str], today: date, toward: Toward) -> date | None:
    monday = today - timedelta(today.weekday())
    offset = timedelta(WEEKDAYS[said["weekday"]] - 1)
    if "weeks" in said:
        return monday + timedelta(7 * step(said["weeks"])) + offset
    return _nearest([monday + timedelta(7 * weeks) + offset for weeks in (-1, 0, 1)], today, toward)


def _counted(said: dict[str, str], today: date) -> date | None:
    count, sign = number(said["count"]), -1 if said["side"].endswith("前") else 1
    if count == 0 or count > 1000:
        return NEVER
    if said["unit"] == "月":
        first = months_from(today, sign * count)
        last = (months_from(first, 1) - timedelta(1)).day
        return first.replace(day=min(today.day, last))
    return today + timedelta(sign * count * (1 if said["unit"] in "天日" else 7))
