"""What does a plan say, figure by figure, and where is each from? The form of --json, and of the table."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal

import msgspec

from loadtest.capacity import sizing, tiers
from loadtest.capacity.errors import BadService, OutOfReach
from loadtest.capacity.order import GB, HOURS_A_MONTH, Order
from loadtest.capacity.service import Service
from loadtest.capacity.sizing import Part, Sized
from loadtest.capacity.tiers import Distances
from pyshim.settings import ROOT

VALIDATION = ROOT / "loadtest/results/plan.json"
MAKE = "python -m loadtest.capacity validate"
TURNS = (1, 10, 100)

Source = Literal["measured", "model", "assumed", "asked"]


class Figure(msgspec.Struct, frozen=True):
    """source: measured on the machine, by the model from what was measured, assumed, or asked for."""

    name: str
    value: float
    unit: str
    source: Source
    note: str = ""


class Row(Part, frozen=True, kw_only=True):
    """One part, and where it is from."""

    source: Source


class Doubled(msgspec.Struct, frozen=True):
    """What is needed when Triton gets twice the share; why: where that cannot be had."""

    share: float
    cores: int
    gpus: int
    gb: float
    month: float
    why: str = ""


class Band(msgspec.Struct, frozen=True):
    """Measured over predicted knees, the lowest and the highest, of those that were tried. told: where from."""

    low: float
    high: float
    told: str


class Outcome(msgspec.Struct, frozen=True):
    """rows: parts apart; tiers: in words, what that costs; wait: whether each trip of turns waits for a replica. cores_low,
    cores_high: where the model is as wrong as validation has seen it; None where there was none."""

    service: str
    order: dict[str, Any]
    level: float
    p50_ms: float
    p99_ms: float
    batch: float
    rows: list[Row]
    cores: int
    gpus: int
    gb: float
    month: float
    cores_low: int | None
    cores_high: int | None
    band: str
    bottleneck: str
    whole: dict[str, Any]
    tiers: str
    wait: bool
    doubled: Doubled
    users: list[Figure]
    figures: list[Figure]


class _Case(msgspec.Struct):
    ratio: float


class _Validation(msgspec.Struct):
    cases: list[_Case]
    machine: dict[str, Any] = {}


def band(path: Path = VALIDATION) -> Band | None:
    """None where nothing was validated. Raises BadService."""
    if not path.exists():
        return None
    try:
        found = msgspec.json.decode(path.read_bytes(), type=_Validation)
    except (OSError, msgspec.DecodeError) as error:
        raise BadService(f"{path} is not what `{MAKE}` writes: {error}") from None
    ratios = [case.ratio for case in found.cases]
    if not ratios or min(ratios) <= 0:
        raise BadService(f"{path}: knees above 0 are wanted, {len(ratios)} cases are there; `{MAKE}` measures them")
    when = str(found.machine.get("date", "?"))[:10]
    told = f"knees at {len(ratios)} mixes on one machine, {when}: measured {min(ratios):.2f} to {max(ratios):.2f} of predicted"
    return Band(min(ratios), max(ratios), told)


def month(order: Order, found: Sized) -> float:
    """What it costs, in the currency of the prices."""
    hours = HOURS_A_MONTH * (found.cores * order.core_hour + found.gpus * order.gpu_hour)
    return hours + found.gb * order.gb_month


def _source(part: Part, order: Order) -> Source:
    return "assumed" if part.name == "triton" and order.gpu else "model"


NOWHERE = Distances(None, {})


def outcome(service: Service, order: Order, error: Band | None, distances: Distances = NOWHERE, wait: bool = False) -> Outcome:
    """distances: what parts cost apart; nothing where it was not measured. Raises OutOfReach, BadOrder."""
    tiered = tiers.sized(service, order, distances, wait)
    found = tiered.sized
    return Outcome(
        service=service.told,
        order=asdict(order),
        level=found.level,
        p50_ms=found.p50_ms,
        p99_ms=found.p99_ms,
        batch=found.batch,
        rows=[Row(**msgspec.structs.asdict(part), source=_source(part, order)) for part in found.parts],
        cores=found.cores,
        gpus=found.gpus,
        gb=found.gb,
        month=month(order, found),
        cores_low=round(found.cores / error.high) if error else None,
        cores_high=round(found.cores / error.low) if error else None,
        band=error.told if error else f"not known: nothing was validated here; `{MAKE}` does it",
        bottleneck=found.bottleneck.name,
        whole=asdict(sizing.whole(sizing.sized(service, order))),
        tiers=tiered.told,
        wait=wait,
        doubled=_doubled(service, order, distances, wait),
        users=_users(service, order, found),
        figures=_figures(service, order),
    )


def _doubled(service: Service, order: Order, distances: Distances, wait: bool) -> Doubled:
    twice = replace(order, share=min(1.0, 2 * order.share))
    try:
        found = tiers.sized(service, twice, distances, wait).sized
    except OutOfReach as error:
        return Doubled(twice.share, 0, 0, 0.0, 0.0, str(error))
    return Doubled(twice.share, found.cores, found.gpus, found.gb, month(twice, found))


def _users(service: Service, order: Order, found: Sized) -> list[Figure]:
    """What so many connected users hold."""
    memory, edge = service.memory, found.part("edge")
    kept = memory.connection_bytes + memory.kernel_bytes
    worker = order.users / max(1, edge.needed)
    shown = [
        Figure("connected users", order.users, "", "asked"),
        Figure("a kept connection, nginx and kernel", kept, "bytes", "measured"),
        Figure("all connections, at the edge", found.connection_gb, "GB", "model"),
        Figure(
            "shared memory: a bucket and two records a user",
            order.users * 500 / GB,
            "GB",
            "assumed",
            "of one zone's nodes together",
        ),
    ]
    for turns in TURNS:
        size = sizing.user_bytes(service, turns)
        note = f"{order.users * size / GB:,.1f} GB for all, before replicas and room"
        shown.append(Figure(f"a user in Redis with {turns} turns", size, "bytes", "measured", note))
    told = f"a worker remembers {sizing.REMEMBERED:,} tokens; the rest would cost {memory.verify_us:.0f} us more a turn"
    return [*shown, Figure("users a worker", worker, "", "model", told)]


def _figures(service: Service, order: Order) -> list[Figure]:
    """What the plan is made from."""
    shown = []
    for name, part in service.parts.items():
        if name != "generator":
            work = f"hot {part.hot_us:.0f}, deep {part.deep_us + part.batch_us:.0f} us"
            doubt = "" if part.apart else "; work and wakes not told apart"
            told = f"{work}; a wake {part.wake_us:.0f} us; fit within {part.error:.0%}{doubt}"
            shown.append(Figure(f"{name}: a turn's work", part.us(order.share, 0.0), "us", "measured", told))
    model, source = order.batches(service.batches), "assumed" if order.gpu else "measured"
    told = (
        f"{model.fixed_us:,.0f} us and {model.each_us:,.0f} us a question; full at {model.most}: {model.per_s:,.0f} questions/s"
    )
    shown.append(Figure("an execution of one question", 1e3 * model.seconds(1), "ms", source, told))  # type: ignore[arg-type]
    for kind, alone in (("hot", service.hot), ("deep", service.deep)):
        shown.append(Figure(f"a {kind} turn alone, p99", alone.p99_ms, "ms", "measured", f"p50 {alone.p50_ms:g} ms, no network"))
    return [*shown, *_assumed(order)]


def _assumed(order: Order) -> list[Figure]:
    return [
        Figure("spread of service times (scv)", order.scv, "", "assumed", "1: as exponential ones; batches do not vary"),
        Figure("a trip between nodes", order.trip_ms, "ms", "assumed", "hot turns make 1, deep ones 4"),
        Figure("headroom", order.headroom, "", "assumed", "no process is planned to be busier"),
        Figure("zones", order.zones, "", "assumed", f"{order.zones_lost} may be lost, and {order.spare} of each part besides"),
        Figure("speed of a core", order.core_speed, "", "assumed", "against one that was measured; 16 together as fast as 2"),
        Figure(
            "Redis: replicas of a shard", order.replicas, "", "assumed", f"room of {order.redis_room:g} for each byte of data"
        ),
        Figure("a core", order.core_hour, "an hour", "assumed"),
        *([Figure("a GPU", order.gpu_hour, "an hour", "assumed")] if order.gpu else []),
        Figure("a GB of memory", order.gb_month, "a month", "assumed"),
    ]
