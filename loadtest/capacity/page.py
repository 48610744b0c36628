"""How is a plan shown to those who pay? plan.html: the figures, the day of the sale and three policies, in one file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from loadtest.capacity import table
from loadtest.capacity.day import HOUR_S, MIDNIGHT_S
from loadtest.capacity.fluid import MOMENT_S, Day, Moment
from loadtest.capacity.outcome import Figure, Outcome
from loadtest.capacity.search import Found
from loadtest.capacity.season import Played, Season
from loadtest.report import frame, tables, units
from loadtest.report.axes import Time
from loadtest.report.draw import draw_all
from loadtest.report.marks import Mark
from loadtest.report.markup import Html, Node, join, tag
from loadtest.report.plot import Line, Plot, Point
from loadtest.report.section import Section

NAMES = ("cheapest", "only reacting", "always the peak")
COLOURS = (2, 1, 7)
NEAR_S = 1800.0  # before midnight, and twice that after, on the plots of the peak

Take = Callable[[Moment], float]


@dataclass(frozen=True, slots=True)
class OfDay(Time):
    """Seconds from start, whose ticks are hours of the clock."""

    start: float = 0.0

    def ticks(self) -> list[tuple[float, str]]:
        step = 3 * HOUR_S if self.end > 6 * HOUR_S else 600.0
        first = ceil(self.start / step)
        moments = [at * step for at in range(first, int((self.start + self.end) // step) + 1)]
        return [(self.place(t - self.start), clock(t)) for t in moments]


def clock(t: float) -> str:
    """Seconds since noon, as a clock shows them."""
    minutes = int(t // 60 + 12 * 60) % (24 * 60)
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _points(day: Day, take: Take, time: OfDay) -> list[Point]:
    first, last = int(time.start / MOMENT_S), int((time.start + time.end) / MOMENT_S)
    shown = ((MOMENT_S * at - time.start, day.moments.get(at)) for at in range(first, last + 1))
    return [(t, float(take(one))) for t, one in shown if one is not None]


def _lines(days: Sequence[Day], take: Take, time: OfDay) -> list[Line]:
    return [Line(name, _points(day, take, time), colour) for name, day, colour in zip(NAMES, days, COLOURS, strict=True)]


def _plots(days: Sequence[Day], time: OfDay, name: str) -> list[Plot]:
    came = [Line("for Triton", _points(days[0], lambda one: one.arrived / MOMENT_S, time), 0)]
    return [
        Plot(f"{name}-load", "Turns that come for Triton", "turns/s", came),
        Plot(f"{name}-replicas", "Replicas that serve", "", _lines(days, lambda one: one.ready, time), log=True, worst=True),
        Plot(f"{name}-waiting", "Turns waiting", "turns", _lines(days, lambda one: one.waiting, time), worst=True, least=1.0),
        Plot(
            f"{name}-lost",
            "Turns lost to the fallback",
            "turns/s",
            _lines(days, lambda one: one.lost / MOMENT_S, time),
            least=1.0,
        ),
    ]


def _drawn(days: Sequence[Day], time: OfDay, name: str) -> Html:
    flag = Mark(time.place(MIDNIGHT_S - time.start), "shape", "midnight")
    return tag("div", draw_all(_plots(days, time, name), time, [flag]), class_="plots overlaid")


def _policies(found: Season) -> Html:
    rows = [_policy(name, one) for name, one in zip(NAMES, (found.cheapest, found.reactive, found.still), strict=True)]
    head = [
        "policy",
        "",
        "what it does",
        "replica hours",
        "cost of the day",
        "most at once",
        "lost",
        "in time in the worst ten seconds",
    ]
    return tables.table(head, rows, "policies", left=3)


def _policy(name: str, one: Played) -> list[Node]:
    kept = tag("span", "keeps p99" if one.keeps else "breaks p99", class_=f"verdict {'holds' if one.keeps else 'broke'}")
    figures = [units.number(one.replica_hours), units.number(one.cost), units.count(one.most_replicas)]
    return [name, kept, does(one), *figures, many(one.lost), units.percent(one.worst)]


def does(one: Played) -> str:
    """A policy in words."""
    of = one.policy
    said = [f"at least {units.plural(of['base'], 'replica')}"]
    if of["ahead"]:
        ahead = of["ahead"]
        said.append(f"{ahead['replicas']:,} ordered at {clock(ahead['start'])}, kept until {clock(ahead['end'])}")
    trigger = f"{units.number(of['lag_turns'])} turns or {1e3 * of['lag_s']:.0f} ms wait"
    trigger += f", or busy beyond {of['busy']:.0%}" if of["busy"] else ""
    said.append(f"{units.number(of['growth'])} times as many when {trigger}")
    said.append(f"{of['shrink']:.0%} fewer after {of['stable_s'] / 60:.0f} calm minutes")
    return "; ".join(said)


def many(turns: float) -> str:
    """Turns, of which there may be millions."""
    return f"{units.number(turns / 1e6)} million" if turns >= 1e6 else units.count(round(turns))


def headline(found: Outcome) -> str:
    cards = f", {units.plural(found.gpus, 'GPU')}" if found.gpus else ""
    bought = f"{found.cores:,} cores{cards} and {units.number(found.gb)} GB"
    return f"{bought} for {units.number(found.order['turns_per_second'])} turns/s"


def _head(found: Outcome, season: Season | None) -> Node:
    of = found.order
    told = (
        f"p99 is {units.number(found.p99_ms)} ms by the model, {units.number(of['p99_ms'])} ms were allowed, "
        f"with {of['zones_lost']} of {of['zones']} zones lost and {units.percent(of['share'])} of the turns for Triton."
    )
    spread = f"{found.cores_low:,} to {found.cores_high:,} cores: {found.band}" if found.cores_low else found.band
    return [
        tag("p", tag("b", "sluice"), " plan · measured on ", found.service, class_="kicker"),
        tag("h1", headline(found)),
        tag("p", told, class_="lead"),
        tag("p", f"Error: {spread}.", class_="model"),
        _tiles(found, season),
    ]


def _tiles(found: Outcome, season: Season | None) -> Html:
    shown = [(row.name, f"{row.bought:,}", row.unit) for row in found.rows]
    shown += [("a month", units.number(found.month), "at the prices below"), ("bottleneck", found.bottleneck, "")]
    if season:
        shown += [
            ("only reacting", many(season.reactive.lost), "turns lost"),
            ("the day", units.number(season.cheapest.cost), "cheapest policy"),
        ]
    return tag(
        "dl",
        [tag("div", tag("dt", name), tag("dd", value, " ", tag("small", unit))) for name, value, unit in shown],
        class_="tiles",
    )


def _parts(found: Outcome) -> Html:
    rows: list[list[Node]] = [
        [
            row.name,
            f"{row.bought:,} {row.unit}",
            row.source,
            f"{row.needed:,}",
            f"{row.cores:,}",
            str(row.gpus),
            units.number(row.gb),
            units.percent(round(row.busy, 3)),
            units.number(row.us),
        ]
        for row in found.rows
    ]
    return tables.table(["part", "bought", "from", "needed", "cores", "GPUs", "GB", "busy", "us a turn"], rows, "parts", left=3)


def _figures(figures: Sequence[Figure]) -> Html:
    rows: list[list[Node]] = [[one.name, one.source, one.note, units.figure(one.value, one.unit)] for one in figures]
    return tables.table(["figure", "from", "note", "value"], rows, "figures", left=3)


def _sale(season: Season, found: Found) -> list[Section]:
    days = (found.cheapest, found.reactive, found.still)
    whole = OfDay(found.cheapest.load.seconds)
    peak = OfDay(3 * NEAR_S, MIDNIGHT_S - NEAR_S)
    of = season.pod
    told = (
        f"A replica is one Triton instance and {units.plural(of.shims, 'shim')}, {of.cores} cores; it does "
        f"{units.number(of.per_s)} turns/s and serves {units.number(of.start_s)} s after it was ordered. "
        f"Who waits beyond {season.deadline_ms:.0f} ms is lost; p99 leaves {season.in_time_ms:.0f} ms. "
        f"{season.tried} policies were played."
    )
    return [
        Section("policies", "Three policies", join(tag("p", told, class_="lead"), _policies(season))),
        Section("peak", "Midnight", _drawn(days, peak, "peak")),
        Section("day", "The day", _drawn(days, whole, "day")),
    ]


def render(found: Outcome, season: Season | None, days: Found | None) -> str:
    sections = [
        Section(
            "parts",
            "What must be bought",
            join(_parts(found), *(tag("p", said, class_="note") for said in (table.tiers(found), table.whole(found)))),
        )
    ]
    sections += _sale(season, days) if season and days else []
    sections += [
        Section("users", "Connected users", _figures(found.users)),
        Section("made-from", "Made from", _figures(found.figures)),
    ]
    foot = tag(
        "p",
        "Measured: on the machine named above. Model: computed from that. Assumed and asked: typed, or a default. docs/plan.md",
    )
    return frame.page(f"sluice: {headline(found)}", _head(found, season), sections, foot)


def write(path: Path, found: Outcome, season: Season | None, days: Found | None) -> Path:
    """Whole or not at all. Raises OSError."""
    return frame.put(path, render(found, season, days))
