"""How are two sides shown beside each other?"""

from collections.abc import Callable, Sequence
from math import log
from pathlib import Path

from loadtest.report import frame, marks, run, tables, units
from loadtest.report.axes import Time
from loadtest.report.compare import Comparison, Table, changed
from loadtest.report.draw import draw_all
from loadtest.report.figures import Row
from loadtest.report.markup import Html, Node, join, tag
from loadtest.report.noise import LEVEL
from loadtest.report.plot import Line, Plot, Point
from loadtest.report.section import Section
from loadtest.seen.record import Record, Second

A, B = 0, 1  # their colours
VERDICTS = {
    "worse": "✗ worse",
    "better": "✓ better",
    "different": "≠ different",
    "same": "none seen",
    "unjudged": "not judged",
}
REACH_LEAST = 1.1  # the picture of an interval shows at least this ratio, so that small noise does not look large


def render(found: Comparison) -> str:
    time = run.time_of([*found.a, *found.b])
    return frame.page(f"sluice: {found.headline[1]}", _head(found), [*_tables(found), *_plots(found, time)], _foot(found))


def write(path: Path, found: Comparison) -> Path:
    """Whole or not at all."""
    return frame.put(path, render(found))


def _head(found: Comparison) -> Node:
    kind, headline = found.headline
    return [
        tag("p", tag("b", "sluice"), " two load runs compared · ", found.a[0].scenario, class_="kicker"),
        tag("h1", headline, class_={"worse": "broke", "better": "holds"}.get(kind, kind)),
        tag("p", found.sight, class_="lead") if kind == "same" and found.sight else None,
        tag("p", run.MODELS[found.a[0].model], class_="model"),
        [tag("p", text, class_="caution") for text in found.cautions],
        tag("div", _side("A", found.a, A), _side("B", found.b, B), class_="sides"),
    ]


def _side(name: str, records: Sequence[Record], colour: int) -> Html:
    first = records[0]
    about: dict[str, object] = {
        "began": [one.started.replace("T", " ") for one in records],
        "turns due": [units.count(one.offered) for one in records],
        "seed": sorted({str(one.seed) for one in records}),
        "url": sorted({one.url for one in records}),
        "machine": f"{first.machine.get('cpu', 'unknown')}, {first.machine.get('cores', '?')} cores",
        "command": first.command,
    }
    title = f"{name}: {units.plural(len(records), 'run')}"
    return tag("div", tag("h3", title), tables.facts(about), class_=f"c{colour}")


# ---- figures ----


def _tables(found: Comparison) -> list[Section]:
    return [Section(table.name, table.title, join(_table(table), _grounds(table, found.repeated))) for table in found.tables]


ALONE = "One run a side cannot judge these: repeat both."
GROUNDS = {
    "turns": "Latencies are the mean of the rounds of the steady part, or of the seconds where there are no rounds.",
    "parts": "Processor: mean. Memory: when the run ended.",
}


def _grounds(table: Table, repeated: bool) -> Html:
    judged = sum(row.interval is not None for row in table.rows)
    told = units.plural(judged, "figure is judged", "figures are judged together")
    wrong = f"of 100 comparisons of equal systems, at most {100 - 100 * LEVEL:.0f} would show a difference in this table."
    parts = [
        GROUNDS.get(table.name) if table.name != "turns" or not repeated else None,
        f"{told}: {wrong}" if judged else None,
        ALONE if judged < len(table.rows) and not repeated else None,
    ]
    return tag("p", " ".join(part for part in parts if part), class_="note")


def _table(table: Table) -> Html:
    reach = max([REACH_LEAST, *(_reach(row) for row in table.rows)])
    head = ["figure", "difference", "A", "B", "B against A", "interval", f"÷ {units.number(reach)} to × {units.number(reach)}"]
    rows = [_row(row, reach) for row in table.rows]
    pictured = any(row[-1] is not None for row in rows)
    return (
        tables.table(head, rows, "versus", left=2)
        if pictured
        else tables.table(head[:-1], [row[:-1] for row in rows], "versus", left=2)
    )


def _reach(row: Row) -> float:
    one = row.interval
    return max(one.high, 1 / one.low) if one is not None and one.ratio else 1.0


def _row(row: Row, reach: float) -> list[Node]:
    of = row.figure
    shown = [units.percent(one) if of.share else units.figure(one, of.unit) for one in (of.a, of.b)]
    verdict = tag(
        "span", VERDICTS[row.verdict], class_=f"verdict {row.verdict}", title=of.reason if row.interval is None else None
    )
    return [of.name, verdict, *shown, changed(row), interval(row), _whisker(row, reach)]


def interval(row: Row) -> str:
    """In the words of the column before it."""
    one = row.interval
    if one is None:
        return "–"
    if one.ratio:
        return f"{units.points(one.low - 1)} to {units.points(one.high - 1)}{units.NBSP}%"
    if row.figure.share:
        return f"{units.points(one.low)} to {units.points(one.high)} points"
    return f"{units.signed(one.low)} to {units.signed(one.high)} {row.figure.unit}".rstrip()


def _whisker(row: Row, reach: float) -> Html | None:
    """The interval on a scale of ratios, no change in the middle."""
    one = row.interval
    if one is None or not one.ratio:
        return None
    low, middle, high = (50 + 50 * log(value) / log(reach) for value in (one.low, one.value, one.high))
    return tag(
        "div",
        tag("i", class_="zero", style="left:50%"),
        tag("i", class_="reach", style=f"left:{low:.2f}%;width:{high - low:.2f}%"),
        tag("i", class_="point", style=f"left:{middle:.2f}%"),
        class_=f"whisker {row.verdict}",
        aria_hidden="true",
    )


# ---- plots ----


def _plots(found: Comparison, time: Time) -> list[Section]:
    flags = [*marks.of(found.a[0].events, time, "A"), *marks.of(found.b[0].events, time, "B", " upper")]
    turns = [
        _overlay(found, "load", "Answered well", "turns/s", lambda one: one.answered),
        *(_overlay(found, name, name, "ms", _latency(name), log_=True) for name in ("p50", "p95", "p99")),
        _overlay(found, "errors", "Errors", "turns/s", lambda one: sum(one.errors.values())),
    ]
    names = sorted({one.name for record in [*found.a, *found.b] for one in record.processes})
    processes = [plot for at, name in enumerate(names) for plot in _process(found, at, name)]
    happened = _events(found)
    return [
        Section("events", "What happened", happened, "Events: nothing was killed, no breaker opened, no version changed."),
        Section("over-time", "Over time", tag("div", draw_all(turns, time, flags), class_="plots overlaid"), ""),
        Section(
            "processes",
            "Processes",
            tag("div", draw_all(processes, time, flags), class_="plots overlaid") if processes else None,
            "Processes: none could be watched.",
        ),
    ]


def _events(found: Comparison) -> Html | None:
    sides = [(name, one[0].events) for name, one in (("A", found.a), ("B", found.b))]
    return join([tables.events(events, name) for name, events in sides]) if any(events for _, events in sides) else None


def _latency(name: str) -> Callable[[Second], float | None]:
    return lambda one: float(getattr(one, name)) if one.answered else None


def _overlay(
    found: Comparison, name: str, title: str, unit: str, of: Callable[[Second], float | None], log_: bool = False
) -> Plot:
    def points(record: Record) -> list[Point]:
        return [(one.t + 0.5, of(one)) for one in record.series]

    return Plot(name, title, unit, _lines(found, points), log=log_, worst=log_)


def _process(found: Comparison, at: int, name: str) -> list[Plot]:
    def processor(record: Record) -> list[Point]:
        return [(one.t, one.processor) for one in record.processes if one.name == name]

    def memory(record: Record) -> list[Point]:
        return [(one.t, one.memory) for one in record.processes if one.name == name]

    return [
        Plot(f"processor-{at}", f"{name}: processor", "cores", _lines(found, processor), joined=2.5),
        Plot(f"memory-{at}", f"{name}: memory", "MB", _lines(found, memory), joined=2.5),
    ]


def _lines(found: Comparison, points: Callable[[Record], list[Point]]) -> list[Line]:
    return [
        Line(side if len(records) == 1 else f"{side}{at}", points(record), colour, thin=len(records) > 1)
        for side, records, colour in (("A", found.a, A), ("B", found.b, B))
        for at, record in enumerate(records, 1)
    ]


def _foot(found: Comparison) -> Html:
    drawn = "whole runs" if found.repeated else "rounds of the steady part, and pairs of seconds in blocks,"
    return tag("p", f"Intervals: bootstrap, {drawn} drawn from a fixed seed; {100 * LEVEL:.0f} % for each table as a whole.")
