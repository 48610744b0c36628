"""`sluice plan`: what must be bought for so many turns a second?"""

import sys
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.text import Text

from loadtest.capacity import apart, page, season, service, table, tiers
from loadtest.capacity import outcome as outcomes
from loadtest.capacity.errors import CapacityError
from loadtest.capacity.order import Order, assumption
from loadtest.capacity.search import Found
from loadtest.capacity.season import Season
from loadtest.report import units
from pyshim.commands.terminal import fail, out

app = typer.Typer(add_completion=False)


@app.command()
def plan(
    turns_per_second: Annotated[float, typer.Option(help="at the peak")],
    p99_ms: Annotated[float, typer.Option(help="99 of 100 turns are answered within")],
    mix: Annotated[float | None, typer.Option(help="share of turns for Triton, 0 to 1; default 0.08")] = None,
    users: Annotated[int | None, typer.Option(help="connected at once; default 1,000,000")] = None,
    history: Annotated[int | None, typer.Option(help="turns of each user in Redis, 1 to 100; default 10")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="each trip of turns waits for a replica: SLUICE_REDIS_WAIT=1")] = False,
    gpu: Annotated[bool, typer.Option("--gpu", help="Triton on GPUs, whose times are assumed: --set gpu_fixed_us=...")] = False,
    cores_per_node: Annotated[int | None, typer.Option(help="default 16")] = None,
    headroom: Annotated[float | None, typer.Option(help="no process is planned to be busier, 0.05 to 0.9; default 0.7")] = None,
    zones: Annotated[int | None, typer.Option(help="default 3")] = None,
    zones_lost: Annotated[int | None, typer.Option(help="of which the others carry the load; default 1")] = None,
    core_hour: Annotated[float | None, typer.Option(help="price of a core for an hour; default 0.04")] = None,
    gpu_hour: Annotated[float | None, typer.Option(help="price of a GPU for an hour; default 2.5")] = None,
    gb_month: Annotated[float | None, typer.Option(help="price of a GB of memory for a month; default 3")] = None,
    also: Annotated[list[str] | None, typer.Option("--set", help="another assumption, name=figure: see docs/plan.md")] = None,
    simulate: Annotated[bool, typer.Option("--simulate", help="play the day of a sale, and search the cheapest policy")] = False,
    start_s: Annotated[float, typer.Option(help="until a replica serves, for --simulate")] = 60.0,
    rise_s: Annotated[float, typer.Option(help="from the evening's rate to the peak, for --simulate")] = 10.0,
    to: Annotated[Path | None, typer.Option("--out", help="plan.html: figures and plots as one page")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="everything as JSON")] = False,
    measured: Annotated[
        Path, typer.Option("--service", help="service times, by `python -m loadtest.capacity measure`")
    ] = service.FILE,
    distance: Annotated[
        Path, typer.Option("--apart", help="what parts cost apart, by `python -m loadtest.capacity apart`")
    ] = apart.FILE,
    cluster: Annotated[Path, typer.Option(help="what a Redis Cluster costs, by `make bench-cluster`")] = tiers.CLUSTER,
    validation: Annotated[Path, typer.Option(help="knees, by `python -m loadtest.capacity validate`")] = outcomes.VALIDATION,
) -> None:
    """What must be bought: edges, shims, Triton, Redis, cores and memory, from service times measured on a machine."""
    said = {
        "share": mix, "users": users, "history": history, "cores_per_node": cores_per_node, "headroom": headroom, "zones": zones,
        "zones_lost": zones_lost, "core_hour": core_hour, "gpu_hour": gpu_hour, "gb_month": gb_month,
    }  # fmt: skip
    try:
        given = {name: value for name, value in said.items() if value is not None} | _also(also or [])
        order = Order(turns_per_second=turns_per_second, p99_ms=p99_ms, gpu=gpu, **given)
        costs, distances = service.read(measured), tiers.read(distance, cluster)
        found = outcomes.outcome(costs, order, outcomes.band(validation), distances, wait)
        played, days = None, None
        if simulate:
            print("playing days of a sale", file=sys.stderr, flush=True)
            tiered = tiers.sized(costs, order, distances, wait)
            played, days = season.season(tiered.service, order, tiered.sized, start_s, rise_s)
        _answer(found, played, days, to, as_json)
    except CapacityError as error:
        raise fail(str(error)) from None
    except OSError as error:
        raise fail(f"{error.filename or to}: {error.strerror}") from None


def _also(said: list[str]) -> dict[str, Any]:
    """name=figure of an Order. Raises BadOrder."""
    found: dict[str, Any] = {}
    for one in said:
        name, _, value = one.partition("=")
        found[name.strip()] = assumption(name.strip(), value)
    return found


def _answer(found: outcomes.Outcome, played: Season | None, days: Found | None, to: Path | None, as_json: bool) -> None:
    """Raises OSError."""
    if as_json:
        print(msgspec.json.format(msgspec.json.encode({"plan": found, "sale": played}), indent=2).decode())
    else:
        table.show(out, found)
        if played:
            _say(played)
    if to:
        print(page.write(to, found, played, days), file=sys.stderr)


def _say(played: Season) -> None:
    out.print(Text(f"The day of a sale, {units.number(played.peak_per_s)} turns/s for Triton at its peak", style="bold"))
    for name, one in zip(page.NAMES, (played.cheapest, played.reactive, played.still), strict=True):
        kept = "keeps p99" if one.keeps else f"breaks p99, {page.many(one.lost)} turns lost"
        out.print(
            Text(
                f"  {name}: {units.number(one.replica_hours)} replica hours, {units.number(one.cost)}; {kept}. {page.does(one)}"
            ),
            soft_wrap=True,
        )
