"""Where does latency leave the ground? Each second of the run as a dot: how many turns were due, how slow they were."""

from collections.abc import Mapping, Sequence

from loadtest.report import axes, tables, timeline, units
from loadtest.report.axes import Linear, Log
from loadtest.report.markup import Html, Node, tag
from loadtest.seen.record import Record, Second

RATES = ("rate", "per_s", "rate_per_s", "turns_per_s", "offered", "offered_per_s")  # names under which a knee may say its rate
BROKEN = "broken_at"
FEWEST = 5  # different rates; fewer say nothing of a knee
DOTS = 1500
COLOURS = (("p50", timeline.LIGHT), ("p99", timeline.DARK))


def body(record: Record) -> Html | None:
    if record.knee is None:
        return None
    words = told(record.knee)
    about = tag("p", words, class_="lead") if words else tables.facts(record.knee)
    seconds = [one for one in record.series if one.answered and one.offered]
    if len({one.offered for one in seconds}) < FEWEST:
        return about
    return tag("div", about, _plot(seconds[:: 1 + len(seconds) // DOTS], at(record.knee)))


def told(knee: Mapping[str, float]) -> str | None:
    """What held and what did not, where the knee names them."""
    rate, broken = at(knee), knee.get(BROKEN)
    if rate is None:
        return None if broken is None else f"Already {units.number(broken)} turns/s broke a gate."
    how = ", ".join(f"{name} {units.figure(knee[name], 'ms')}" for name in ("p50", "p95", "p99") if name in knee)
    held = f"{units.number(rate)} turns/s held every gate{f' ({how})' if how else ''}"
    return f"{held}; {units.number(broken)} turns/s broke one." if broken is not None else f"{held}; nothing higher was tried."


def at(knee: Mapping[str, float]) -> float | None:
    """Turns a second, where the knee names them."""
    return next((knee[name] for name in RATES if name in knee), None)


def _plot(seconds: Sequence[Second], rate: float | None) -> Html:
    across = axes.linear([one.offered for one in seconds], rate or 0)
    up = axes.log([value for one in seconds for value in (one.p50, one.p99)])
    dots = [tag("path", d=_dots(seconds, name, across, up), class_=f"dots c{colour}") for name, colour in COLOURS]
    lines = "".join(f"M0 {1000 * (1 - y):.1f}H1000" for y, _ in up.ticks())
    svg = tag(
        "svg",
        tag("path", d=Html(lines), class_="grid"),
        dots,
        viewBox="0 0 1000 1000",
        preserveAspectRatio="none",
        role="img",
        aria_label="Latency by load",
    )
    flag: Node = None
    if rate is not None:
        flag = tag(
            "i", tag("b", f"knee {units.number(rate)}/s"), class_="mark gate wide", style=f"left:{100 * across.place(rate):.2f}%"
        )
    ys = tag(
        "div", [tag("span", text, style=f"bottom:{100 * y:.2f}%") for y, text in up.ticks()], class_="ys", aria_hidden="true"
    )
    xs = tag(
        "div", [tag("span", text, style=f"left:{100 * x:.2f}%") for x, text in across.ticks()], class_="xs", aria_hidden="true"
    )
    keys = [tag("li", tag("i", class_=f"key dot c{colour}"), tag("span", name)) for name, colour in COLOURS]
    caption = tag(
        "figcaption",
        tag("h3", "Latency by load ", tag("small", "ms, log scale; turns due in a second")),
        tag("ul", keys, class_="legend"),
    )
    return tag(
        "figure",
        caption,
        tag("div", ys, tag("div", svg, flag, class_="plane"), xs, class_="frame"),
        class_="plot",
        id="knee-plot",
    )


def _dots(seconds: Sequence[Second], name: str, across: Linear, up: Log) -> Html:
    placed = [(1000 * across.place(one.offered), 1000 * (1 - up.place(getattr(one, name)))) for one in seconds]
    return Html("".join(f"M{x:.1f} {y:.1f}h.1" for x, y in placed))
