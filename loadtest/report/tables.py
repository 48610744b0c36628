"""Which figures stand in tables?"""

from collections.abc import Mapping, Sequence

from loadtest.report import axes, marks, timeline, units
from loadtest.report.axes import Log
from loadtest.report.markup import Html, Node, tag
from loadtest.seen.record import ContextFailure, Event, Gate, Group, Percentiles

SHOWN = 200  # rows; a page that lists a million failures opens nowhere
VERDICTS = {"broke": "✗ broke", "unmeasured": "– not measured", "holds": "✓ holds"}


def table(head: Sequence[str], rows: Sequence[Sequence[Node]], name: str, left: int = 1, more: int = 0) -> Html:
    """left: so many columns are text, from the left; the others are figures. more: rows that are not shown."""
    kinds = ["" if at < left else "figure" for at in range(len(head))]
    top = tag("tr", [tag("th", text, class_=kind or None, scope="col") for text, kind in zip(head, kinds, strict=True)])
    body = [tag("tr", [tag("td", cell, class_=kind or None) for cell, kind in zip(row, kinds, strict=True)]) for row in rows]
    told = tag("p", f"{units.count(more)} more are in record.json.", class_="note") if more else None
    return tag("div", tag("table", tag("thead", top), tag("tbody", body)), told, class_=f"table {name}")


def outcome(gate: Gate) -> str:
    if not gate.holds:
        return "broke"
    return "unmeasured" if gate.measured is None else "holds"


def gates(found: Sequence[Gate]) -> Html | None:
    """What broke comes first."""
    if not found:
        return None
    order = list(VERDICTS)
    rows = [
        [
            tag("span", VERDICTS[outcome(gate)], class_=f"verdict {outcome(gate)}"),
            gate.name,
            _wanted(gate),
            units.figure(gate.measured, gate.unit),
        ]
        for gate in sorted(found, key=lambda gate: order.index(outcome(gate)))
    ]
    return table(["", "gate", "wanted", "measured"], rows, "gates", left=4)


def _wanted(gate: Gate) -> str:
    return gate.wanted if not gate.unit or gate.wanted.endswith(gate.unit) else f"{gate.wanted} {gate.unit}"


def events(found: Sequence[Event], prefix: str = "") -> Html | None:
    """The numbers are those on the plots. prefix: goes before each."""
    if not found:
        return None
    items = [
        tag(
            "li",
            tag("b", f"{prefix}{at}", class_=f"flag {marks.known(event.kind)}"),
            tag("time", units.clock(event.t)),
            f" {event.kind}: {event.text}",
        )
        for at, event in enumerate(marks.ordered(found)[:SHOWN], 1)
    ]
    return tag("ol", items, class_="events")


def layers(found: Mapping[str, Percentiles]) -> Html | None:
    """A bar from p50 to p99 for each, all on one log scale."""
    some = {name: of for name, of in found.items() if of.count}
    if not some:
        return None
    total = sum(of.count for of in some.values())
    axis = axes.log([value for of in some.values() for value in (of.p50, of.p99)])
    rows = [_layer(name, some[name], total, axis) for name in timeline.layer_order(some)]
    scale = [tag("span", text, style=f"left:{100 * at:.2f}%") for at, text in axis.ticks()]
    foot: list[Node] = [None, None, tag("div", scale, class_="ruler", aria_hidden="true"), *[None] * 6]
    head = ["layer", "share", "p50 to p99, ms, log scale", "p50", "p90", "p95", "p99", "max", "within 50 ms"]
    return table(head, [*rows, foot], "layers", left=1)


def _layer(name: str, of: Percentiles, total: int, axis: Log) -> list[Node]:
    left, middle, right = (100 * axis.place(value) for value in (of.p50, of.p95, of.p99))
    bar = tag(
        "div",
        tag("i", class_="span", style=f"left:{left:.2f}%;width:{max(right - left, 0):.2f}%"),
        tag("i", class_="middle", style=f"left:{left:.2f}%"),
        tag("i", class_="tick", style=f"left:{middle:.2f}%"),
        class_=f"range c{timeline.layer_colour(name)}",
        aria_hidden="true",
    )
    figures = [units.number(value) for value in (of.p50, of.p90, of.p95, of.p99, of.max)]
    return [name, units.percent(of.count / total), bar, *figures, units.percent(of.within_50_ms)]


def groups(found: Sequence[Group]) -> Html | None:
    if not found:
        return None
    order = {name: at for at, name in enumerate(timeline.layer_order({one.layer for one in found}))}
    ordered = sorted(found, key=lambda one: (one.tenant, order[one.layer]))
    rows = [_group(one, shown=at == 0 or ordered[at - 1].tenant != one.tenant) for at, one in enumerate(ordered[:SHOWN])]
    head = ["tenant", "layer", "turns", "p50", "p95", "p99", "max", "within 50 ms", "errors"]
    return table(head, rows, "groups", left=2, more=len(ordered) - len(rows))


def _group(one: Group, shown: bool) -> list[Node]:
    of = one.latency
    wrong = ", ".join(f"{code} × {units.count(count)}" for code, count in sorted(one.errors.items()) if count)
    figures = [units.number(value) for value in (of.p50, of.p95, of.p99, of.max)] if of else ["–"] * 4
    return [
        one.tenant if shown else "",
        "no answer" if one.layer == "none" else one.layer,
        units.count(of.count if of else 0),
        *figures,
        units.percent(of.within_50_ms) if of else "–",
        wrong or "0",
    ]


def context_failures(found: Sequence[ContextFailure]) -> Html | None:
    if not found:
        return None
    rows = [[units.clock(one.t), one.tenant, one.conversation, str(one.turn), one.wanted, one.got] for one in found[:SHOWN]]
    head = ["at", "tenant", "conversation", "turn", "wanted", "got"]
    return table(head, rows, "failures", left=len(head), more=len(found) - len(rows))


def of_rows(rows: Sequence[Mapping[str, object]]) -> Html:
    """Rows that name their columns."""
    names = list(dict.fromkeys(name for row in rows for name in row))[:SHOWN]
    cells = [[_fact(row.get(name)) for name in names] for row in rows[:SHOWN]]
    return table([name.replace("_", " ") for name in names], cells, "rows", left=len(names), more=len(rows) - len(cells))


def facts(pairs: Mapping[str, object]) -> Html:
    """Name and value; what is nested is written as key value pairs."""
    items = [node for name, value in pairs.items() for node in (tag("dt", name.replace("_", " ")), tag("dd", _fact(value)))]
    return tag("dl", items, class_="facts")


def _fact(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "–"}[value]
    if isinstance(value, dict):
        return ", ".join(f"{str(key).replace('_', ' ')} {_fact(inner)}" for key, inner in value.items()) or "–"
    if isinstance(value, list):
        apart = "; " if any(isinstance(inner, dict) for inner in value) else ", "
        return apart.join(_fact(inner) for inner in value) or "–"
    return units.number(value) if isinstance(value, float) and abs(value) < 1e12 else str(value)
