"""Is the model right? The knee of this machine is predicted, then measured, at three mixes: loadtest/results/plan.json.

What was measured for the prediction (measure.py) was paced, at most about half of the cores busy. Here wrk goes as fast as it
can, and then in paces around that, until p99 breaks.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from loadtest.bench.options import say
from loadtest.bench.wrk import BadRun, Run
from loadtest.capacity import knee, rig
from loadtest.capacity.errors import NotMeasured
from loadtest.capacity.measure import FAILURES, OUTSIDE
from loadtest.capacity.outcome import MAKE
from loadtest.capacity.rig import CONNECTIONS, WARM_S, Rig
from loadtest.capacity.service import Service
from loadtest.seen import machine

SHARES = (0.0, 0.08, 0.3)
PACED_CONNECTIONS = 384  # so that what is due is sent, and its wait is seen, until p99 has long been broken
REACHED = 0.95  # of the pace; less was not sent
GOAL = 0.15


@dataclass(frozen=True, slots=True)
class Plan:
    """steps: paces against what goes at most; halvings: between the last that held and the first that did not."""

    seconds: int = 10
    ceilings: int = 3
    steps: tuple[float, ...] = (0.75, 0.85, 0.95, 1.05)
    halvings: int = 3
    people: int = 5000
    tenants: tuple[str, ...] = ()


QUICK = Plan(2, 1, (0.6, 0.9), 1, 300, ("shop",))


class Pace(msgspec.Struct, frozen=True):
    """One paced run. holds: everything due was sent, and p99 kept."""

    per_s: float
    reached_per_s: float
    p99_ms: float
    holds: bool


class Case(msgspec.Struct, frozen=True):
    """One mix. per_s: turns a second; ratio: measured over predicted knee. flat: as fast as it goes, the median."""

    share: float
    predicted_per_s: float
    predicted_saturated_per_s: float
    predicted_part: str
    flat_per_s: float
    flat_runs: list[float]
    measured_per_s: float
    ratio: float
    saturated_ratio: float
    within_goal: bool
    paces: list[Pace]


class Validation(msgspec.Struct, frozen=True):
    """service: what the prediction was made from."""

    machine: dict[str, Any]
    command: str
    service: dict[str, Any]
    p99_ms: float
    goal: float
    cases: list[Case]


def validated(folder: Path, service: Service, p99_ms: float, plan: Plan) -> Validation:
    """Raises NotMeasured."""
    try:
        with rig.standing(folder, plan.people, SHARES, plan.tenants) as one:
            busy = round(os.getloadavg()[0], 2)
            cases = [_case(one, service, share, p99_ms, plan) for share in SHARES]
            about = machine.about(one.settings) | {"load_before": busy}
    except (*FAILURES, *OUTSIDE) as error:
        raise NotMeasured(f"{type(error).__name__}: {error}") from error
    return Validation(about, MAKE if plan != QUICK else f"{MAKE} --quick", service.machine, p99_ms, GOAL, cases)


def _case(one: Rig, service: Service, share: float, p99_ms: float, plan: Plan) -> Case:
    wanted = knee.predicted(service, share, one.cores, p99_ms)
    say(f"{share:4.0%} deep: predicted {wanted.per_s:,.0f}/s, {wanted.part} used up at {wanted.saturated_per_s:,.0f}/s")
    runs = [_run(one, share, plan.seconds, None, CONNECTIONS).per_s for _ in range(plan.ceilings)]
    flat = sorted(runs)[len(runs) // 2]
    say(f"           as fast as it goes: {flat:,.0f}/s")
    paces = found(lambda rate: _pace(one, share, rate, p99_ms, plan), flat, plan)
    held = max((pace.reached_per_s for pace in paces if pace.holds), default=0.0)
    if not held:
        raise NotMeasured(
            f"{share:.0%} deep: no pace down to {min(pace.per_s for pace in paces):,.0f}/s kept p99 within {p99_ms:g} ms"
        )
    ratio = held / wanted.per_s
    return Case(
        share,
        wanted.per_s,
        wanted.saturated_per_s,
        wanted.part,
        flat,
        runs,
        held,
        ratio,
        flat / wanted.saturated_per_s,
        abs(ratio - 1) <= GOAL,
        paces,
    )


def found(pace: Callable[[float], Pace], flat: float, plan: Plan) -> list[Pace]:
    """Paces up to the first that breaks, down where the first one does, then halves between."""
    paces: list[Pace] = []
    for step in plan.steps:
        paces.append(pace(step * flat))
        if not paces[-1].holds:
            break
    while not any(one.holds for one in paces) and paces[-1].per_s > flat / 8:
        paces.append(pace(paces[-1].per_s * 0.75))
    for _ in range(plan.halvings):
        held = max((one.per_s for one in paces if one.holds), default=0.0)
        broke = min((one.per_s for one in paces if one.per_s > held and not one.holds), default=0.0)
        if not held or not broke:
            break
        paces.append(pace((held + broke) / 2))
    return paces


def _pace(one: Rig, share: float, rate: float, p99_ms: float, plan: Plan) -> Pace:
    try:
        run = _run(one, share, plan.seconds, rate, PACED_CONNECTIONS)
    except BadRun as error:  # refused, or too late: it does not hold
        say(f"           {rate:,.0f}/s: {str(error).splitlines()[0]}")
        return Pace(rate, 0.0, 0.0, False)
    holds = run.p99_ms <= p99_ms and run.per_s >= REACHED * rate
    say(f"           {rate:,.0f}/s: {run.per_s:,.0f} came, p99 {run.p99_ms:.1f} ms{'' if holds else ': broke'}")
    return Pace(rate, run.per_s, run.p99_ms, holds)


def _run(one: Rig, share: float, seconds: int, rate: float | None, connections: int) -> Run:
    one.clear()
    one.run(one.files[share], min(seconds, WARM_S), rate, connections)
    return one.run(one.files[share], seconds, rate, connections)
