"""How does a plot become SVG?

The plane is 1000 by 1000 and is stretched to whatever room there is; strokes keep their width. All text stands around it as
HTML, so it keeps its size, wraps, is found by the browser's search and is read aloud.
"""

from collections.abc import Sequence
from itertools import accumulate
from math import inf

from loadtest.report import axes, markup, units
from loadtest.report.axes import Axis, Time
from loadtest.report.marks import Mark
from loadtest.report.markup import Html, Node, join, tag
from loadtest.report.plot import Line, Plot, Point, spacing, stretches, thinned

PLANE = 1000


def _xy(x: float, y: float) -> str:
    return f"{PLANE * x:.1f} {PLANE * (1 - y):.1f}"


def line_path(line: Line, joined: float, time: Time, axis: Axis) -> str:
    """One that stands alone between two gaps becomes a dot."""
    parts = []
    for stretch in stretches(line.points, joined):
        placed = [_xy(time.place(t), axis.place(value)) for t, value in stretch]
        parts.append("M" + "L".join(placed) + ("h.1" if len(placed) == 1 else ""))
    return "".join(parts)


def stack_paths(plot: Plot, time: Time, axis: Axis) -> list[str]:
    """One area a line, from the lowest; each point lasts as long as the usual step. Gaps stay open."""
    lasts = plot.step or spacing(plot.lines[0].points)
    stretch: list[tuple[float, list[float]]] = []
    paths = [""] * len(plot.lines)
    for t, values in [*_columns(plot), (inf, [])]:
        if stretch and (not sum(values) or t - stretch[-1][0] > plot.joined * lasts):
            paths = [path + more for path, more in zip(paths, _areas(stretch, lasts, time, axis), strict=True)]
            stretch = []
        if total := sum(values):
            stretch.append((t, [0.0, *accumulate(value / (total if plot.kind == "share" else 1.0) for value in values)]))
    return paths


def _areas(stretch: list[tuple[float, list[float]]], lasts: float, time: Time, axis: Axis) -> list[str]:
    """stretch: the start of each step and the edges between its areas."""
    starts = [PLANE * time.place(t) for t, _ in stretch]
    ends = [*starts[1:], PLANE * time.place(stretch[-1][0] + lasts)]
    edges = [[PLANE * (1 - axis.place(value)) for value in row] for _, row in stretch]
    areas = []
    for at in range(len(edges[0]) - 1):
        over = "".join(f"V{row[at + 1]:.1f}H{end:.1f}" for row, end in zip(edges, ends, strict=True))
        back = "".join(f"V{row[at]:.1f}H{start:.1f}" for row, start in reversed(list(zip(edges, starts, strict=True))))
        areas.append(f"M{starts[0]:.1f} {edges[0][at]:.1f}{over}{back}z")
    return areas


def _columns(plot: Plot) -> list[tuple[float, list[float]]]:
    """The values of all lines at each time; the lines of a stack have the same times."""
    times = [t for t, _ in plot.lines[0].points]
    return list(zip(times, ([value or 0.0 for value in at] for at in zip(*map(_values, plot.lines), strict=True)), strict=True))


def _values(line: Line) -> list[float | None]:
    return [value for _, value in line.points]


def _axis(plot: Plot) -> Axis:
    if plot.kind == "share":
        return axes.Linear(1.0, 0.25)
    if plot.kind == "stack":
        return axes.linear([sum(values) for _, values in _columns(plot)], plot.least)
    return axes.log(plot.values()) if plot.log else axes.linear(plot.values(), plot.least)


def _curves(plot: Plot, time: Time, axis: Axis) -> list[Html]:
    if plot.kind != "lines":
        return [
            tag("path", d=Html(path), class_=f"area c{line.colour}")
            for path, line in zip(stack_paths(plot, time, axis), plot.lines, strict=True)
        ]
    return [tag("path", d=Html(line_path(line, plot.joined, time, axis)), class_=_style(line)) for line in plot.lines]


def _style(line: Line) -> str:
    return f"line c{line.colour}{' dashed' if line.dashed else ''}{' thin' if line.thin else ''}"


def _grid(ys: Sequence[tuple[float, str]], xs: Sequence[tuple[float, str]]) -> Html:
    across = "".join(f"M0 {PLANE * (1 - y):.1f}H{PLANE}" for y, _ in ys)
    up = "".join(f"M{PLANE * x:.1f} 0V{PLANE}" for x, _ in xs)
    return tag("path", d=Html(across + up), class_="grid")


def _legend(plot: Plot) -> Html:
    items = []
    for line in plot.lines:
        told = line.told or _highest(line, plot)
        sample = tag("i", class_=f"key c{line.colour}{' dashed' if line.dashed else ''}", aria_hidden="true")
        items.append(tag("li", sample, tag("span", line.name), " ", tag("b", told, data_told=told)))
    return tag("ul", items, class_="legend")


def _highest(line: Line, plot: Plot) -> str:
    values = [value for _, value in line.points if value is not None]
    return f"max {units.figure(max(values), plot.unit)}" if values else "–"


def _ticks(name: str, ticks: Sequence[tuple[float, str]], side: str) -> Html:
    return tag("div", [tag("span", text, style=f"{side}:{100 * at:.3f}%") for at, text in ticks], class_=name, aria_hidden="true")


def _scale(plot: Plot) -> str:
    return "share, %" if plot.kind == "share" else f"{plot.unit}{', log scale' if plot.log else ''}"


def _rounded(point: Point) -> tuple[float, float | None]:
    t, value = point
    return round(t, 2), None if value is None else float(f"{value:.4g}")


def _read_out(plot: Plot, end: float) -> Html:
    """What the cursor says: the times and values of each line. A share is read in per cent of its second. end: of the axis, s."""
    lines = [[_rounded(point) for point in line.points] for line in plot.lines]
    found = {
        "unit": plot.unit,
        "end": end,
        "share": plot.kind == "share",
        "near": max(plot.joined * spacing(line.points) for line in plot.lines),
        "steps": plot.kind != "lines",
        "times": [[t for t, _ in line] for line in lines],
        "values": [[value for _, value in line] for line in lines],
    }
    return markup.data(f"data-{plot.name}", found)


def draw(plot: Plot, time: Time, marks: Sequence[Mark] = (), end: Node = None) -> Html:
    """A figure: title, legend, plane with its marks, data for the cursor. end: goes below it."""
    plot = thinned(plot, time.end)
    axis = _axis(plot)
    ys = [(y, units.number(100 * y)) for y, _ in axis.ticks()] if plot.kind == "share" else axis.ticks()
    xs = time.ticks()
    svg = tag(
        "svg",
        _grid(ys, xs),
        _curves(plot, time, axis),
        viewBox=f"0 0 {PLANE} {PLANE}",
        preserveAspectRatio="none",
        role="img",
        aria_label=f"{plot.title} over time",
    )
    flags = [
        tag("i", tag("b", mark.label), class_=f"mark {mark.kind}{mark.row}", style=f"left:{100 * mark.at:.3f}%") for mark in marks
    ]
    plane = tag("div", svg, flags, tag("i", class_="cursor", hidden=True), class_="plane", tabindex="0", data_plot=plot.name)
    return tag(
        "figure",
        tag("figcaption", tag("h3", plot.title, " ", tag("small", _scale(plot))), _legend(plot)),
        tag("div", _ticks("ys", ys, "bottom"), plane, _ticks("xs", xs, "left"), class_="frame"),
        tag("p", plot.note, class_="note") if plot.note else None,
        end,
        _read_out(plot, time.end),
        class_="plot",
        id=plot.name,
    )


def draw_all(plots: Sequence[Plot], time: Time, marks: Sequence[Mark]) -> Html:
    return join(*(draw(plot, time, marks) for plot in plots))
