"""What do the parts of a plan cost where they stand apart, and their Redis is a cluster?

Service times of one machine, times what was measured beside them: over veth with mutual TLS, with or without WAIT (apart.py); and
where more than one shard is needed, a cluster beside a single Redis (make bench-cluster). What was not measured here costs what
it costs on one machine, and the plan says so.
"""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from loadtest.capacity import apart, sizing
from loadtest.capacity.apart import MAKE, TIERS, Apart
from loadtest.capacity.errors import BadService
from loadtest.capacity.order import Order
from loadtest.capacity.service import Service
from loadtest.capacity.sizing import Sized
from pyshim.settings import ROOT

CLUSTER = ROOT / "loadtest/results/cluster.json"
BENCH = "make bench-cluster"


class _Ratios(msgspec.Struct):
    processor: float


class _Benched(msgspec.Struct):
    """What `make bench-cluster` writes, as far as it is wanted here."""

    hot: dict[str, _Ratios]
    deep: dict[str, _Ratios] = {}


@dataclass(frozen=True, slots=True)
class Distances:
    """cluster: by part how many times as much it costs on a cluster as on a single Redis; empty where that was not measured."""

    apart: Apart | None
    cluster: dict[str, float]


@dataclass(frozen=True, slots=True)
class Tiered:
    """service: what parts cost as they were sized; told: in words, where that is from."""

    sized: Sized
    service: Service
    told: str


def read(measured: Path = apart.FILE, benched: Path = CLUSTER) -> Distances:
    """Raises BadService."""
    return Distances(apart.read(measured), _cluster(benched))


def _cluster(path: Path) -> dict[str, float]:
    if not path.exists():
        return {}
    try:
        found = msgspec.json.decode(path.read_bytes(), type=_Benched)
    except (OSError, msgspec.DecodeError) as error:
        raise BadService(f"{path} is not what `{BENCH}` writes: {error}") from None
    kinds = {"edge": found.hot.get("cluster"), "shim": found.deep.get("cluster")}
    return {part: one.processor for part, one in kinds.items() if one}


def sized(service: Service, order: Order, distances: Distances, wait: bool) -> Tiered:
    """Raises OutOfReach."""
    measured = distances.apart
    there = apart.moved(service, measured, wait) if measured else service
    found = sizing.sized(there, order)
    told = [_apart(measured, wait)]
    if found.part("redis").needed > 1:
        there = apart.times(there, distances.cluster)
        found = sizing.sized(there, order)
        told.append(_clustered(distances.cluster))
    return Tiered(found, there, " ".join(told))


def _apart(found: Apart | None, wait: bool) -> str:
    if not found:
        waits = ", and WAIT nothing" if wait else ""
        return f"What parts cost apart was not measured: they cost what they do on one machine{waits}; `{MAKE}` measures it."
    stand: apart.Stand = "waiting" if wait else "apart"
    deep = ", ".join(f"{part} {found.times(stand, 'deep', part):.2f}" for part in TIERS)
    hot = ", ".join(f"{part} {found.times(stand, 'hot', part):.2f}" for part in ("edge", "redis"))
    longer = f"a hot turn takes {found.longer_ms(stand, 'hot'):.2g} ms more, a deep one {found.longer_ms(stand, 'deep'):.2g} ms"
    waits = ", with WAIT" if wait else ""
    when = str(found.machine.get("date", "?"))[:10]
    return f"Apart, over veth with mutual TLS{waits} ({when}): of a hot turn {hot} times as much, of a deep one {deep}; {longer}."


def _clustered(cluster: dict[str, float]) -> str:
    if not cluster:
        return f"More than one shard is a Redis Cluster, beside which nothing was measured here: `{BENCH}` does it."
    said = ", ".join(f"{part} {times:.2f}" for part, times in cluster.items())
    return f"More than one shard is a Redis Cluster: {said} times as much as on a single Redis."
