"""How is a plan shown in a terminal? Every figure with where it is from."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from loadtest.capacity.outcome import Figure, Outcome, Row
from loadtest.report import units


def show(out: Console, found: Outcome) -> None:
    out.print(_parts(found))
    for text in _sentences(found):
        out.print(Text(text), soft_wrap=True)
    out.print(_figures("Connected users", found.users))
    out.print(_figures("Made from", found.figures))


def _parts(found: Outcome) -> Table:
    asked = f"{units.number(found.order['turns_per_second'])} turns/s, p99 within {units.number(found.order['p99_ms'])} ms"
    made = Table(title=f"To be bought for {asked}, {units.percent(found.order['share'])} for Triton", title_style="bold")
    made.add_column("part")
    gpus = ("GPUs",) if found.gpus else ()
    for name in ("needed", "bought", "cores", *gpus, "GB", "busy", "us a turn"):
        made.add_column(name, justify="right", overflow="fold")
    made.add_column("from")
    for row in found.rows:
        made.add_row(*_cells(row, found), row.source, style="bold" if row.name == found.bottleneck else None)
    made.add_section()
    total = ["all", "", "", units.count(found.cores), *([str(found.gpus)] if gpus else []), units.number(found.gb)]
    made.add_row(*total, "", units.number(sum(row.us for row in found.rows)), "model")
    return made


def _cells(row: Row, found: Outcome) -> list[str]:
    bought = f"{row.bought:,} {row.unit}" + (f" on {row.nodes:,} nodes" if row.nodes else "")
    gpus = [str(row.gpus or "")] if found.gpus else []
    figures = [units.count(row.cores), *gpus, units.number(row.gb), units.percent(round(row.busy, 3)), units.number(row.us)]
    return [row.name, f"{row.needed:,}", bought, *figures]


def _sentences(found: Outcome) -> list[str]:
    spread = f"{found.cores_low:,} to {found.cores_high:,} cores: " if found.cores_low else ""
    of = found.order
    lost = f"with {of['zones_lost']} of {of['zones']} zones lost, each process is at most {found.level:.0%} busy"
    return [
        f"p50 {found.p50_ms:.3g} ms, p99 {found.p99_ms:.3g} ms (model): {lost}. Mean batch {found.batch:.3g}.",
        f"Error: {spread}{found.band}.",
        f"Bottleneck: {found.bottleneck}, the most of a core for each turn.",
        tiers(found),
        whole(found),
        _doubled(found),
        f"Costs {found.month:,.0f} a month (prices are assumed: see below).",
    ]


def tiers(found: Outcome) -> str:
    """The rows above, as they can be bought."""
    parts = ", ".join(f"{row.bought:,} {row.name} {row.unit}" for row in found.rows)
    return f"As tiers of their own: {parts}. {found.tiers}"


def whole(found: Outcome) -> str:
    one, of = found.whole, found.order
    holds = f"{units.number(one['per_node_per_s'])} turns/s each, bound by {one['part']}"
    cards = " and the cards" if of["gpu"] else ""
    return f"As whole nodes, each a sluice of its own: {one['nodes']:,} of {of['cores_per_node']} cores{cards}, {holds}."


def _doubled(found: Outcome) -> str:
    twice = found.doubled
    if twice.why:
        return f"With {units.percent(twice.share)} for Triton it cannot be had: {twice.why}"
    more = f"{twice.cores:,} cores, {twice.gpus} GPUs, {units.number(twice.gb)} GB, {twice.month:,.0f} a month"
    return f"If Triton gets {units.percent(twice.share)}: {more} ({twice.month / found.month:.2f} times the cost)."


def _figures(title: str, figures: list[Figure]) -> Table:
    made = Table("figure", title=title, title_style="bold")
    made.add_column("value", justify="right")
    made.add_column("from")
    made.add_column("note", style="dim")
    for one in figures:
        made.add_row(one.name, units.figure(one.value, one.unit).replace(units.NBSP, " "), one.source, one.note)
    return made
