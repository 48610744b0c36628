"""Which month is meant?

    read(text, today, toward="past") -> Reading; value: "2026-10"; shown: "2026 年 10 月"

本月, 上个月, 上上月, 两个月前, 10月, 十月份, 去年12月, 2026-10, 202610, 元月, 国庆那个月. A month without a year lies toward
past, future or near, this month always among them. 正月, 冬月 and 腊月 are months of the Chinese calendar: the solar month in
which most of it lies. 最近三个月 and 几月 are vague.
"""

import re
from datetime import date
from itertools import islice

from pyshim.language.values import corrections, dates, lunar
from pyshim.language.values.calendar_words import LUNAR_MONTHS, SOLAR, YEARS
from pyshim.language.values.dates import MANY, N, Toward, months_from, number, step, year_of
from pyshim.language.values.found import Found, NoValue, Reading, Reason
from pyshim.language.values.spans import Folded, fold

YEAR = dates.YEAR
FORMS = (
    r"(?<![0-9])(?P<y>20[0-9]{2})(?:\s?[-/.]\s?(?P<m>1[0-2]|0?[1-9])|(?P<m6>0[1-9]|1[0-2]))(?![0-9])",
    rf"(?<!历)(?:{YEAR})?(?:(?P<month>{N}{{1,3}})\s?月(?![饼球光])|(?P<new>元月))",
    rf"(?P<lunar_years>{'|'.join(YEARS)})?(?:农历|阴历)?(?P<lunar>{'|'.join(LUNAR_MONTHS)})",
    r"(?P<ago>上上个?|大上个?|上个?|这个?|本|当前?|前一?个?|下下个?|下个?)月",
    rf"(?P<count>{N}{{1,2}})个月(?P<side>之?前|以前|之?后|以后)",
    r"前(?P<before>[两二三四五六2-6])个月那个",
    rf"(?P<feast>{'|'.join(sorted(SOLAR, key=len, reverse=True))})(?:那|的)?(?:个|当)?月",
    rf"(?P<years_only>{'|'.join(YEARS)})(?P<last>最后|头)(?:一|1)?个月",
)
FORM = re.compile(f"(?=[{dates.FIRST}元前头])(?:" + "|".join(f"(?:{form})" for form in FORMS) + ")")
VAGUE = re.compile(r"[最近前后这过][0-9一两二三四五六七八九十几]{1,2}个?月|几个?月|哪个?月|每个?月|半年|季度|全年|[上下]半年")


def read(text: str | Folded, today: date, toward: Toward = "past") -> Reading:
    folded = fold(text)
    said: list[Found] = []
    why = NoValue(Reason.VAGUE) if VAGUE.search(folded.text) else None
    for found in islice(FORM.finditer(folded.text), MANY):
        if found["month"] and folded.text[max(0, found.start() - 1) : found.start()] in ("第", "每"):
            continue
        first = _first({name: one for name, one in found.groupdict().items() if one}, today, toward)
        if first is None:
            why = why or NoValue(Reason.NO_SUCH_DAY)
        else:
            said.append(Found(f"{first:%Y-%m}", shown(first), found.start(), found.end(), found["m6"] is None))
    return corrections.concluded(folded, said, why)


def shown(first: date) -> str:
    return f"{first.year} 年 {first.month} 月"


def _first(said: dict[str, str], today: date, toward: Toward) -> date | None:  # noqa: PLR0911
    """The month's first day; None: no such month."""
    if "y" in said:
        return date(int(said["y"]), int(said.get("m") or said["m6"]), 1)
    if "month" in said or "new" in said:
        year = year_of(said.get("year"), said.get("years"), today)
        return _solar(year, number(said["month"]) if "month" in said else 1, today, toward)
    if "lunar" in said:
        years = [today.year + YEARS[said["lunar_years"]]] if "lunar_years" in said else range(today.year - 2, today.year + 3)
        firsts = [first for year in years if (first := lunar.month(year, LUNAR_MONTHS[said["lunar"]])) is not None]
        return firsts[0] if "lunar_years" in said else _nearest(firsts, today, toward)
    if "ago" in said:
        return months_from(today, {"前": -2, "前个": -2, "前一": -1, "前一个": -1}.get(said["ago"]) or _step(said["ago"]))
    if "count" in said:
        return months_from(today, number(said["count"]) * (-1 if said["side"].endswith("前") else 1))
    if "before" in said:
        return months_from(today, -number(said["before"]))
    if "feast" in said:
        return _solar(None, SOLAR[said["feast"]][0], today, toward)
    return date(today.year + YEARS[said["years_only"]], 12 if said["last"] == "最后" else 1, 1)


def _step(word: str) -> int:
    return 0 if word == "当前" else step(word)


def _solar(year: int | None, month: int, today: date, toward: Toward) -> date | None:
    if not 1 <= month <= 12:
        return None
    if year is not None:
        return date(year, month, 1) if 1900 <= year <= 2100 else None
    return _nearest([date(one, month, 1) for one in range(today.year - 1, today.year + 2)], today, toward)


def _nearest(firsts: list[date], today: date, toward: Toward) -> date | None:
    now = today.replace(day=1)
    if toward != "near":
        firsts = [first for first in firsts if (first <= now if toward == "past" else first >= now)]
    return min(firsts, key=lambda first: abs(first - now), default=None)
