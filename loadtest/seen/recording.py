"""What do the turns, and what was watched meanwhile, amount to? They become one Record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from loadtest.running import shapes
from loadtest.running.plan import Plan
from loadtest.running.turns import Seen, Turns
from loadtest.seen.processes import GENERATOR
from loadtest.seen.record import ContextFailure, Event, Gate, Group, Percentiles, Reading, Record, Second
from loadtest.seen.watch import Watch
from loadtest.verdict import gates
from loadtest.verdict.gates import Slope, Wanted

ROUNDS = 10
AFTER = ("kill", "back")  # events from which on a recovery is counted
NOTHING = Percentiles(0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
SETTLED = 1 / 3  # of the steady time: buffers, histories and logs have filled by then, what still grows is a leak


@dataclass
class Told:
    """What workers told. talking: conversations that go on, by second."""

    turns: Turns = field(default_factory=Turns)
    failures: list[ContextFailure] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)
    talking: dict[int, int] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class About:
    """What the run knows of itself."""

    started: str
    command: str
    machine: Mapping[str, str | int | float]
    missing: Sequence[str] = ()


def record(
    plan: Plan, about: About, told: Told, watch: Watch, limits: Wanted, end: float, held_until: float | None = None
) -> Record:
    """end: when the load ended, s; held_until: what came later was more than it holds, and is shown, not judged."""
    seen = Seen(told.turns)
    judged = seen.between(shapes.judged_from(plan.rows), end if held_until is None else held_until)
    layers = by_layer(seen, judged)
    seconds = series(seen, end, told.talking)
    figures = {**told.figures, **lateness(seen, judged), **recovery(plan, seconds, limits)}
    judged_gates = judge(plan, seen, judged, told, limits, watch.processes.readings)
    return Record(
        scenario=plan.scenario.name,
        model=plan.model,
        url=plan.url,
        tenants=[place.tenant.id for place in plan.places],
        seed=plan.seed,
        started=about.started,
        seconds=round(end, 2),
        command=about.command,
        machine=dict(about.machine),
        plan=described(plan),
        total=seen.percentiles(judged) or NOTHING,
        offered=seen.count(judged),
        errors=seen.errors(judged),
        layers=layers,
        groups=groups(seen, judged),
        rounds=rounds(seen, *shapes.steady(plan.rows), end),
        series=seconds,
        processes=watch.processes.readings,
        triton=watch.triton.readings if watch.triton else [],
        redis=watch.redis.readings if watch.redis else [],
        events=sorted([*told.events, *watch.events()], key=lambda one: one.t),
        gates=judged_gates,
        context_failures=told.failures,
        figures=figures,
        missing=[*about.missing, *watch.missing, *_generators(judged_gates), *_limited(seen.errors(judged))],
    )


def _generators(judged: Sequence[Gate]) -> list[str]:
    late = next((gate for gate in judged if gate.name == gates.LATE and not gate.holds), None)
    text = (
        "the load generator was late (p99 {:.0f} ms): latencies are its own, not sluice's; more --workers or a lower --rate help"
    )
    return [text.format(late.measured)] if late else []


def _limited(errors: Mapping[str, int]) -> list[str]:
    text = "{:,} turns met a limit (429): all come from one address, and may go only as fast as it may (docs/limits.md)"
    return [text.format(errors["429"])] if errors.get("429") else []


def described(plan: Plan) -> dict[str, Any]:
    one = plan.scenario
    return {
        "rate_per_s": one.rate,
        "peak_per_s": one.peak,
        "rows": [{"seconds": row.seconds, "rate_per_s": row.rate, "shape": row.shape} for row in one.rows],
        "think_s": one.think_s,
        "new_connection_each_turn": one.fresh,
        "workers": plan.workers,
        "under_way_at_most": plan.senders if plan.model == "open" else plan.users_at(one.peak),
        "sent_twice": plan.again,
        "guests": plan.guests,
        "attacks_per_s": plan.attacks,
    }


def judge(plan: Plan, seen: Seen, where: slice, told: Told, limits: Wanted, readings: Sequence[Reading] = ()) -> list[Gate]:
    layers = by_layer(seen, where)
    wrong = {name: sum(seen.errors(seen.of(where, layer=name)).values()) for name in layers}
    sluices = [one for one in readings if one.name != GENERATOR]  # the generator keeps every turn
    late = float(np.percentile(seen.late[where], 99)) if seen.count(where) else None
    figures = gates.Seen(
        total=seen.percentiles(where),
        offered=seen.count(where),
        errors=sum(seen.errors(where).values()),
        layers=layers,
        layer_errors=wrong,
        context_failures=int(told.figures.get("context_failures", 0)),
        let_in=int(told.figures.get("let_in", 0)),
        late_p99=late if plan.model == "open" else None,
        memory=slopes(sluices, *shapes.steady(plan.rows)) if plan.scenario.leaks else {},
    )
    return gates.judge(figures, limits, plan.scenario.leaks)


def by_layer(seen: Seen, where: slice) -> dict[str, Percentiles]:
    found = {layer: seen.percentiles(seen.of(where, layer=layer)) for layer in seen.layers(where)}
    return {layer: one for layer, one in found.items() if one is not None}


def groups(seen: Seen, where: slice) -> list[Group]:
    """By tenant and answering layer."""
    found = []
    for tenant, layer in sorted({(name[0], name[1]) for name in seen.names}):
        mask = seen.of(where, tenant, layer)
        if mask.any():
            found.append(Group(tenant, layer, seen.percentiles(mask), seen.errors(mask)))
    return found


def rounds(seen: Seen, start: float, until: float, end: float) -> list[dict[str, float]]:
    """Ten equal parts of the steady time; [] where it did not come to that."""
    length = (min(until, end) - start) / ROUNDS
    found = []
    for number in range(ROUNDS if length > 0 else 0):
        where = seen.between(start + number * length, start + (number + 1) * length)
        one = seen.percentiles(where)
        if one is not None:
            found.append({"p50": one.p50, "p95": one.p95, "p99": one.p99, "mean": one.mean, "per_s": one.count / length})
    return found


def series(seen: Seen, end: float, talking: Mapping[int, int]) -> list[Second]:
    found = []
    users = 0
    for t in range(int(np.ceil(end))):
        where = seen.between(t, t + 1)
        users = talking.get(t, users)
        took = seen.answered(where)
        p50, p95, p99 = (round(float(one), 3) for one in np.percentile(took, [50, 95, 99])) if len(took) else (0.0, 0.0, 0.0)
        found.append(Second(t, users, seen.count(where), len(took), seen.errors(where), p50, p95, p99, seen.layers(where)))
    return found


def lateness(seen: Seen, where: slice) -> dict[str, float]:
    """How late the generator itself was, ms."""
    if not seen.count(where):
        return {}
    p50, p99, most = np.percentile(seen.late[where], [50, 99, 100])
    return {"late_p50_ms": round(float(p50), 3), "late_p99_ms": round(float(p99), 3), "late_max_ms": round(float(most), 3)}


def recovery(plan: Plan, seconds: Sequence[Second], limits: Wanted) -> dict[str, float]:
    """How long after a rush, or after a process was killed, turns were still late or lost, s."""
    since = [start for start, row in zip(shapes.begins(plan.rows), plan.rows, strict=True) if row.event in AFTER]
    if not since or not seconds:
        return {}
    late = [one.t + 1 for one in seconds if one.t >= since[-1] and (one.errors or one.p95 > (limits.p95 or np.inf))]
    return {"recovered_after_s": round(max(late, default=since[-1]) - since[-1], 1)}


def slopes(readings: Sequence[Reading], start: float, until: float) -> dict[str, Slope]:
    """Of each process, once it has settled: the median of the slopes of all pairs of readings (Theil and Sen), which a single
    peak does not move."""
    from_t = start + (until - start) * SETTLED
    found = {}
    for name in sorted({one.name for one in readings}):
        points = [(one.t, one.memory) for one in readings if one.name == name and from_t <= one.t <= until]
        points = points[:: max(1, len(points) // 200)]
        if len(points) < 3:
            continue
        t, memory = np.array(points).T
        first, second = np.triu_indices(len(t), 1)
        slope = float(np.median((memory[second] - memory[first]) / (t[second] - t[first])))
        found[name] = Slope(round(slope * 3600, 2), round(slope * float(t[-1] - t[0]), 2))
    return found
