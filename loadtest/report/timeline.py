"""What became of the turns, over time?"""

from collections import Counter
from collections.abc import Iterable, Sequence

from loadtest.report import units
from loadtest.report.plot import Line, Plot, Point
from loadtest.seen.record import Record, Second

LAYER_COLOURS = {
    "l1_screen": 7,
    "l2_meter": 6,
    "l3_hot": 0,
    "l4_understand": 3,
    "l5_dialogue": 2,
    "l6_recall": 4,
    "l7_fallback": 1,
    "none": 5,
}
ERROR_COLOURS = (5, 1, 3, 6, 4, 2)
OTHER = "other"
LIGHT, MIDDLE, DARK = 8, 9, 10  # one hue for what is ordered: p50, p95, p99


def layer_order(names: Iterable[str]) -> list[str]:
    """As turns fall; names nobody knows come last."""
    known = list(LAYER_COLOURS)
    return sorted(names, key=lambda name: (known.index(name) if name in known else len(known), name))


def layer_colour(name: str) -> int:
    return LAYER_COLOURS.get(name, 7)


def rate(record: Record) -> float:
    """Turns answered a second, over the whole run: the warm-up, too."""
    if record.series:
        return sum(one.answered for one in record.series) / len(record.series)
    return record.total.count / record.seconds


def load(series: Sequence[Second]) -> Plot:
    due = Line("due", _middles(series, [one.offered for one in series]), 7, dashed=True)
    answered = Line("answered well", _middles(series, [one.answered for one in series]), 0)
    return Plot("load", "Load", "turns/s", [due, answered])


def users(series: Sequence[Second]) -> Plot | None:
    counts = [one.users for one in series]
    if not any(counts):
        return None
    return Plot("users", "Users", "users", [Line("users", _middles(series, counts), 2)])


def latency(series: Sequence[Second]) -> Plot | None:
    """Log scale: what is twice as slow is the same step everywhere. A second without an answer has no latency."""
    answered = [one for one in series if one.answered]
    if not answered:
        return None
    lines = [
        Line(name, _middles(series, [getattr(one, name) if one.answered else None for one in series]), colour)
        for name, colour in (("p50", LIGHT), ("p95", MIDDLE), ("p99", DARK))
    ]
    return Plot("latency", "Latency", "ms", lines, log=True, worst=True)


def layers(record: Record) -> Plot | None:
    """Of the answered turns of each second, the share of each layer."""
    totals = Counter[str]()
    for second in record.series:
        totals.update(second.layers)
    if not sum(totals.values()):
        return None
    lines = [
        Line(
            name,
            [(one.t, one.layers.get(name, 0)) for one in record.series],
            layer_colour(name),
            units.percent(totals[name] / sum(totals.values())),
        )
        for name in layer_order(totals)
    ]
    return Plot("layers", "Who answered", "turns/s", lines, kind="share")


def errors(record: Record) -> Plot | None:
    """By code, the most frequent at the bottom; what is beyond the palette is one."""
    totals = Counter[str]()
    for second in record.series:
        totals.update(second.errors)
    codes = [code for code, count in totals.most_common() if count]
    if not codes:
        return None
    named = codes if len(codes) <= len(ERROR_COLOURS) + 1 else codes[: len(ERROR_COLOURS)]
    lines = [
        Line(code, [(one.t, one.errors.get(code, 0)) for one in record.series], colour, units.count(totals[code]))
        for code, colour in zip(named, [*ERROR_COLOURS, 7], strict=False)
    ]
    if rest := codes[len(named) :]:
        points: list[Point] = [(one.t, sum(one.errors.get(code, 0) for code in rest)) for one in record.series]
        lines.append(Line(OTHER, points, 7, units.count(sum(totals[code] for code in rest))))
    return Plot("errors", "Errors", "turns/s", lines, kind="stack")


def _middles(series: Sequence[Second], values: Sequence[float | None]) -> list[Point]:
    """A second's figure stands in its middle."""
    return [(one.t + 0.5, value) for one, value in zip(series, values, strict=True)]
