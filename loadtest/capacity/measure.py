"""What does a turn cost on this machine? The result: loadtest/results/service.json.

Paced loads of hot turns, of deep ones and of both; times of executions from Triton itself; memory from the kernel and Redis.
Nothing is driven to its limit: the knee is somebody else's to predict (loadtest/capacity/knee.py) and to measure (validate.py).
"""

import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import tritonclient.utils

from loadtest.bench.layers import Unexpected
from loadtest.bench.options import say
from loadtest.bench.wrk import BadRun
from loadtest.capacity import executions, fit, held, rig
from loadtest.capacity.errors import NotMeasured
from loadtest.capacity.held import TooLittle
from loadtest.capacity.rig import Rig
from loadtest.capacity.service import MAKE, PARTS, Alone, Memory, Seen, Service
from loadtest.place.stack import CannotStart
from loadtest.seen import machine
from loadtest.what.scouting import TooFewQuestions
from pyshim.outside.triton import MAX_BATCH

SHARES = (0.0, 0.2, 1.0)  # none of those that are validated but 0
FAILURES = (CannotStart, TooFewQuestions, BadRun, Unexpected, TooLittle, ValueError, OSError, subprocess.SubprocessError)
OUTSIDE = (httpx.HTTPError, tritonclient.utils.InferenceServerException)


@dataclass(frozen=True, slots=True)
class Plan:
    """How long it takes. levels: how busy all cores are to be, with wrk. crowd: users whom workers cannot remember."""

    levels: tuple[float, ...] = (0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75)
    rounds: int = 2
    seconds: int = 5
    people: int = 5000
    crowd: int = 60_000
    connections: int = 4000
    executions: int = 40
    tenants: tuple[str, ...] = ()


QUICK = Plan((0.25, 0.4), 1, 2, 300, 0, 400, 6, ("shop",))


def measured(folder: Path, plan: Plan) -> Service:
    """Raises NotMeasured."""
    try:
        with rig.standing(folder, plan.people, SHARES, plan.tenants) as one:
            return _measured(one, folder, plan)
    except (*FAILURES, *OUTSIDE) as error:
        raise NotMeasured(f"{type(error).__name__}: {error}") from error


def _measured(one: Rig, folder: Path, plan: Plan) -> Service:
    busy = round(os.getloadavg()[0], 2)
    rest = held.of_parts(one)
    loads = [seen for _ in range(plan.rounds) for share in SHARES for seen in _climbed(one, share, plan)]
    verify = _verify_us(one, folder, plan, loads) if plan.crowd else 0.0
    times = executions.measured(one, plan.executions)
    say(f"executions of {', '.join(f'{size}: {us / 1e3:.1f} ms' for size, us in times)}")
    model = fit.batches(times, MAX_BATCH, one.settings.triton_queue_delay_us)
    kept, kernel = held.connection(one, plan.connections)
    return Service(
        machine=machine.about(one.settings) | {"load_before": busy},
        command=MAKE if plan != QUICK else f"{MAKE} --quick",
        parts={name: fit.part(name, loads, one.cores, model) for name in PARTS},
        batches=model,
        hot=_alone(loads, 0.0),
        deep=_alone(loads, 1.0),
        memory=Memory(kept, kernel, held.of_users(one), rest, verify),
        loads=loads,
    )


def _climbed(one: Rig, share: float, plan: Plan) -> list[Seen]:
    found = []
    for seen in rig.climb(one, share, plan.levels, plan.seconds):
        us = {part: round(1e6 * busy / seen.per_s) for part, busy in seen.busy.items()}
        say(f"{share:4.0%} deep {seen.per_s:8,.0f}/s  us a turn {us}  p99 {seen.p99_ms:.1f} ms")
        found.append(seen)
    return found


def _alone(loads: Sequence[Seen], share: float) -> Alone:
    """At the slowest pace."""
    slowest = min((one for one in loads if one.share == share), key=lambda one: one.per_s)
    return Alone(slowest.p50_ms, max(slowest.p99_ms, slowest.p50_ms))


def _verify_us(one: Rig, folder: Path, plan: Plan, loads: Sequence[Seen]) -> float:
    """What nginx pays more for a hot turn when it has to verify the token again, at the pace of the busiest of the loads."""
    known = max((seen for seen in loads if seen.share == 0), key=lambda seen: seen.per_s)
    crowd = one.paced(0.0, known.per_s, plan.seconds, one.crowd(folder, plan.crowd))
    return max(0.0, 1e6 * (crowd.busy["edge"] / crowd.per_s - known.busy["edge"] / known.per_s))
