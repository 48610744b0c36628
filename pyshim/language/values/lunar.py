"""On which day is a day of the Chinese calendar? borax knows the calendar, 1900 to 2100."""

from datetime import date, timedelta
from functools import lru_cache

from borax.calendars.lunardate import LunarDate


@lru_cache(maxsize=512)
def day(year: int, month: int, day: int) -> date | None:
    """The solar day; None where there is none (a 30th of a short month). day -1: the month's last."""
    try:
        if day > 0:
            return _solar(LunarDate(year, month, day))
        after = LunarDate(year, month + 1, 1) if month < 12 else LunarDate(year + 1, 1, 1)
        return _solar(after) - timedelta(1)
    except ValueError:
        return None


def _solar(day: LunarDate) -> date:
    found: date = day.to_solar_date()
    return found


def month(year: int, month: int) -> date | None:
    """The first of the solar month in which most of a lunar month lies: of its fifteenth day."""
    middle = day(year, month, 15)
    return None if middle is None else middle.replace(day=1)
