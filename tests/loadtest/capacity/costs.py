"""Service times that a test can reckon with."""

from typing import Any

import msgspec

from loadtest.capacity.apart import Apart, Turn
from loadtest.capacity.service import PARTS, Alone, Batches, Memory, Part, Seen, Service

EDGE = Part(40.0, 60.0, 20.0, 2.0, 4.0)
REDIS = Part(20.0, 40.0, 10.0, 1.0, 2.0)
SHIM = Part(0.0, 400.0, 100.0, 0.0, 3.0)
TRITON = Part(0.0, 180.0, 50.0, 0.0, 4.0, batch_us=700.0)  # as its executions take
GENERATOR = Part(10.0, 20.0, 10.0, 1.0, 1.0)
BATCHES = Batches(700.0, 180.0, 40, 1000.0)


def service(**changes: Any) -> Service:
    made = Service(
        machine={"cpu": "a test's", "cores": 2, "date": "2026-11-28"},
        command="made up",
        parts=dict(zip(PARTS, (EDGE, REDIS, SHIM, TRITON, GENERATOR), strict=True)),
        batches=BATCHES,
        hot=Alone(0.5, 2.0),
        deep=Alone(4.0, 9.0),
        memory=Memory(500.0, 2500.0, {"1": 1000.0, "10": 10_000.0, "100": 70_000.0}, dict.fromkeys(PARTS, 60.0), 25.0),
        loads=[],
    )
    return msgspec.structs.replace(made, **changes)


CORES = 2


def loads(name: str, part: Part, noise: tuple[float, ...] = (0.0,)) -> list[Seen]:
    """What would have been seen of a part with these costs, at several shares, paces and batches, while others use the cores
    as much as it uses its own; noise: relative, in turn."""
    found = []
    for number, (share, per_s, idle, batch) in enumerate(
        (share, per_s, idle, batch)
        for share in (0.0, 0.2, 1.0)
        for per_s, idle, batch in ((100, 0.9, 1.0), (300, 0.7, 1.5), (600, 0.5, 2.5), (900, 0.3, 4.0))
    ):
        wakes = ((1 - share) * part.hot_wakes + share * part.deep_wakes) * idle
        cost = part.us(share, idle, batch) * (1 + noise[number % len(noise)])
        own = cost * per_s / 1e6
        busy = {name: own, "others": CORES * (1 - idle) - own}
        found.append(Seen(share, per_s, busy, {name: wakes * per_s}, batch if share else 0.0, 1.0, 2.0))
    return found


def apart() -> Apart:
    """A hot turn costs an edge half as much again over veth, Redis twice as much, and thrice with WAIT."""

    def turn(edge: float, redis: float, p50_ms: float) -> Turn:
        return Turn({"edge": edge, "shim": 400.0, "triton": 900.0, "redis": redis}, p50_ms)

    return Apart(
        machine={"date": "2026-11-30"},
        command="made up",
        per_s={"hot": 1000.0, "deep": 100.0},
        turns={
            "here": {"hot": turn(40.0, 20.0, 0.5), "deep": turn(60.0, 40.0, 4.0)},
            "apart": {"hot": turn(60.0, 40.0, 0.75), "deep": turn(60.0, 80.0, 5.0)},
            "waiting": {"hot": turn(60.0, 60.0, 1.0), "deep": turn(60.0, 120.0, 5.5)},
        },
    )
