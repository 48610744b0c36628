"""How is one run shown?"""

from collections.abc import Sequence

from loadtest.report import marks, parts, scatter, tables, timeline, units
from loadtest.report.axes import Time
from loadtest.report.draw import draw_all
from loadtest.report.frame import page
from loadtest.report.marks import Mark
from loadtest.report.markup import Html, Node, join, tag
from loadtest.report.plot import Plot
from loadtest.report.section import Section
from loadtest.seen.record import Record

MODELS = {
    "open": "Open model: turns come when they are due, whether or not the ones before are answered. "
    "Latency counts from the moment a turn was due, so waiting is not hidden.",
    "closed": "Closed model: a user sends the next turn after the last answer. A slow system gets fewer turns, "
    "and latency counts from the sending: waiting before it is not seen.",
}


def time_of(records: Sequence[Record]) -> Time:
    """An axis that holds all they hold."""
    ends = [one.seconds for one in records] + [second.t + 1 for one in records for second in one.series[-1:]]
    return Time(max([*ends, *(event.t for one in records for event in one.events)]))


def title(record: Record) -> str:
    return f"{record.scenario}, {record.started[:16].replace('T', ' ')}"


def verdict(record: Record) -> tuple[str, str]:
    """Its class, and the headline."""
    name = record.scenario[:1].upper() + record.scenario[1:]
    broke = [gate for gate in record.gates if not gate.holds]
    if record.knee and (held := scatter.at(record.knee)) is not None:
        return "unjudged", f"{name}: {units.number(held)} turns/s hold"
    if not record.gates:
        return "unjudged", f"{name}: measured, no gates were set"
    if broke:
        return "broke", f"{name}: {len(broke)} of {units.plural(len(record.gates), 'gate')} broke"
    unseen = any(gate.measured is None for gate in record.gates)
    return "holds", f"{name}: every gate {'that could be measured ' if unseen else ''}holds"


def told(record: Record) -> str:
    """The run in two sentences."""
    of = record.total
    warm = record.offered < sum(one.offered for one in record.series)
    due = f"{units.plural(record.offered, 'turn was', 'turns were')} due{' after the warm-up' if warm else ''}"
    if not of.count or not record.offered:
        return f"{due}; none was answered well."
    return (
        f"{due}; {units.percent(of.count / record.offered)} were answered well, "
        f"half of them within {units.number(of.p50)} ms, 99 of 100 within {units.number(of.p99)} ms."
    )


def tiles(record: Record) -> Html:
    of, wrong = record.total, sum(record.errors.values())
    busiest = max((one.answered for one in record.series), default=0)
    shown = [
        ("answered", units.number(timeline.rate(record)), "turns/s, mean"),
        ("busiest second", units.count(busiest), "turns"),
        ("p50", units.number(of.p50), "ms"),
        ("p95", units.number(of.p95), "ms"),
        ("p99", units.number(of.p99), "ms"),
        ("within 50 ms", units.percent(of.within_50_ms).removesuffix(f"{units.NBSP}%"), "%"),
        ("errors", units.percent(wrong / record.offered).removesuffix(f"{units.NBSP}%") if record.offered else "–", "%"),
        ("contexts lost", units.count(len(record.context_failures)), "turns"),
    ]
    return tag(
        "dl",
        [tag("div", tag("dt", name), tag("dd", value, " ", tag("small", unit))) for name, value, unit in shown],
        class_="tiles",
    )


def head(record: Record) -> Node:
    kind, headline = verdict(record)
    when = tag("time", record.started.replace("T", " "))
    return [
        tag(
            "p",
            tag("b", "sluice"),
            " load run · ",
            when,
            f" · {units.clock(record.seconds)} long · ",
            record.url,
            class_="kicker",
        ),
        tag("h1", headline, class_=kind),
        tag("p", told(record), class_="lead"),
        tag("p", MODELS[record.model], class_="model"),
        tiles(record),
    ]


def _plots(name: str, heading: str, plots: Sequence[Plot | None], time: Time, flags: Sequence[Mark], absent: str) -> Section:
    some = [plot for plot in plots if plot is not None]
    body = tag("div", draw_all(some, time, flags), class_="plots") if some else None
    return Section(name, heading, body, absent)


def sections(record: Record) -> list[Section]:
    time = time_of([record])
    flags = marks.of(record.events, time)
    series = record.series
    plots = [timeline.load(series), timeline.latency(series), timeline.layers(record), timeline.errors(record)] if series else []
    if not record.errors and series:
        plots = plots[:3]
    return [
        Section("gates", "Gates", tables.gates(record.gates), "Gates: none were set for this run."),
        Section("knee", "The knee", scatter.body(record), "The knee: this scenario does not look for one."),
        Section(
            "events",
            "What happened",
            tables.events(record.events),
            "Events: nothing was killed, no breaker opened, no version changed.",
        ),
        _plots("over-time", "Over time", plots, time, flags, "Plots over time: no second was recorded."),
        Section("errors-absent", "", None, "" if record.errors else "Errors by code: there was no error."),
        Section("by-layer", "Latency by layer", tables.layers(record.layers), "Latency by layer: no layer answered."),
        Section("by-tenant", "By tenant and layer", tables.groups(record.groups), "By tenant and layer: not recorded."),
        Section("contexts", "Contexts that were lost", tables.context_failures(record.context_failures), _no_failures(record)),
        _plots("users-section", "Users", [timeline.users(series)], time, flags, "Users: their number was not recorded."),
        _plots("processes", "Processes", parts.processes(record), time, flags, "Processes: none could be watched."),
        _plots("triton-section", "Triton", parts.triton(record.triton), time, flags, "Triton: its metrics could not be read."),
        _plots("redis-section", "Redis", parts.redis(record.redis), time, flags, "Redis: its figures could not be read."),
        Section("counted", "Also counted", tables.facts(record.figures) if record.figures else None),
        Section("how", "How it was run", how(record)),
        *(Section("missing", "", None, f"{text[:1].upper()}{text[1:].rstrip('.')}.") for text in record.missing),
    ]


def _no_failures(record: Record) -> str:
    return "Contexts that were lost: none. Every answer that was checked fitted what was said before."


def how(record: Record) -> Html:
    shapes = {name: value for name, value in record.plan.items() if _is_table(value)}
    run = {
        "scenario": record.scenario,
        "model": record.model,
        **{name: value for name, value in record.plan.items() if name not in shapes},
        "tenants": record.tenants,
        "seed": str(record.seed),
        "seconds": record.seconds,
        "began": record.started,
    }
    return join(
        tag("pre", tag("code", record.command)),
        tag(
            "div",
            tag("div", tag("h3", "Run"), tables.facts(run)),
            tag("div", tag("h3", "Machine"), tables.facts(record.machine)),
            class_="pair",
        ),
        [join(tag("h3", name.replace("_", " "), class_="plan"), tables.of_rows(rows)) for name, rows in shapes.items()],
    )


def _is_table(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def render(record: Record) -> str:
    foot = tag(
        "p", "Made from record.json, which holds every figure. Unless the url says otherwise, load and system shared the machine."
    )
    return page(f"sluice: {title(record)}", head(record), sections(record), foot)
