"""How is a figure written for people?"""

from math import floor, log10

NBSP = "\N{NO-BREAK SPACE}"  # a figure keeps its unit beside it


def number(value: float) -> str:
    """Three digits that count, thousands apart: 0.0123, 4.56, 78.9, 1,234."""
    if value == 0:
        return "0"
    size = abs(value)
    if size < 1e-4 or size >= 1e12:
        return f"{value:.3g}"
    decimals = max(0, 2 - floor(log10(size)))
    text = f"{value:,.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def figure(value: float | None, unit: str = "") -> str:
    """A number with its unit; a dash where there is none."""
    if value is None:
        return "–"
    return f"{number(value)}{NBSP}{unit}" if unit else number(value)


def count(value: int) -> str:
    return f"{value:,}"


def plural(value: int, one: str, many: str = "") -> str:
    """1 turn, 2 turns."""
    return f"{value:,} {one if value == 1 else many or one + 's'}"


def percent(share: float) -> str:
    """A share, 0 to 1. What is not quite all does not read 100 %, and what is not nothing does not read 0 %."""
    text = f"{100 * share:.2f}".rstrip("0").rstrip(".")
    if share < 1 and text == "100":
        return f"over 99.99{NBSP}%"
    if share > 0 and text == "0":
        return f"under 0.01{NBSP}%"
    return f"{text}{NBSP}%"


def clock(seconds: float) -> str:
    """Time since the load began: 1:05, 1:02:05."""
    whole = int(seconds)
    minutes, hours = whole // 60, whole // 3600
    return f"{hours}:{minutes % 60:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def change(ratio: float) -> str:
    """A ratio as what was added or taken: +12 %, −3.4 %, 2.1 times."""
    if ratio >= 2:
        return f"{number(ratio)} times"
    return f"{points(ratio - 1)}{NBSP}%"


def points(share: float) -> str:
    """A difference of shares, 0 to 1, in hundredths, with its sign and two digits that count: +12, −3.4, +0.05."""
    value = 100 * share
    decimals = 0 if abs(value) >= 10 else 1 if abs(value) >= 1 else 2
    return signed(round(value, decimals))


def signed(value: float) -> str:
    """With its sign, a true minus."""
    text = number(abs(value))
    if text == "0":
        return "0"
    return f"+{text}" if value > 0 else f"−{text}"
