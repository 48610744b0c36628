"""How many of each part, that every turn is in time, also with a zone lost?

All processes are planned to be busy to one level: the highest, at most the headroom, at which p99 holds. It depends on what is
asked and on the mix, not on how many turns there are, so more load never needs fewer parts.
"""

from dataclasses import dataclass
from itertools import pairwise
from math import ceil

import msgspec

from loadtest.capacity import response
from loadtest.capacity.errors import OutOfReach
from loadtest.capacity.order import GB, Order
from loadtest.capacity.service import Service
from loadtest.capacity.waits import Waits

LEVEL_STEP, LEVEL_LEAST = 0.02, 0.02
BUCKET_BYTES, RECORD_BYTES = 200, 150  # of nginx's shared memory: gateway/defaults.env
REMEMBERED = 20_000  # tokens that a worker knows: SLUICE_TOKENS_REMEMBERED as it is shipped


class Part(msgspec.Struct, frozen=True):
    """One row of what must be bought. needed: processes with everything well; bought: with what may be lost. busy: share of time
    of a process when all are well. us: of a core for each turn of all."""

    name: str
    unit: str
    needed: int
    bought: int
    nodes: int
    cores: int
    gb: float
    busy: float
    us: float
    gpus: int = 0


@dataclass(frozen=True, slots=True)
class Sized:
    """level: how busy a process may be. p99_ms: at that level, with the zones lost."""

    order: Order
    level: float
    p50_ms: float
    p99_ms: float
    batch: float
    parts: tuple[Part, ...]
    connection_gb: float
    redis_data_gb: float

    @property
    def cores(self) -> int:
        return sum(part.cores for part in self.parts)

    @property
    def gb(self) -> float:
        return sum(part.gb for part in self.parts)

    @property
    def gpus(self) -> int:
        return sum(part.gpus for part in self.parts)

    def part(self, name: str) -> Part:
        return next(part for part in self.parts if part.name == name)

    @property
    def bottleneck(self) -> Part:
        """Where the next turn costs most cores."""
        return max(self.parts, key=lambda part: part.us)


def spared(needed: int, order: Order) -> int:
    """So many that enough are left when the zones and the spare ones are gone, spread evenly over the zones."""
    left = order.zones - order.zones_lost
    wanted = max(needed + order.spare, ceil(needed * order.zones / left))
    return ceil(wanted / order.zones) * order.zones


def level(service: Service, order: Order) -> tuple[float, Waits]:
    """The highest level at which p99 holds, and how long turns take there. Raises OutOfReach."""
    levels = [order.headroom - at * LEVEL_STEP for at in range(int((order.headroom - LEVEL_LEAST) / LEVEL_STEP + 1e-9) + 1)]

    def held(at: int) -> tuple[bool, Waits]:
        found = response.turns(service, order, levels[at])
        return found.percentile(99) <= order.p99_ms, found

    holds, found = held(len(levels) - 1)
    if not holds:
        raise OutOfReach(_why(service, order, found.percentile(99)))
    low, high = -1, len(levels) - 1  # the highest that holds is after low, and at high or before
    while high - low > 1:
        middle = (low + high) // 2 if low >= 0 else 0
        holds, at = held(middle)
        low, high, found = (low, middle, at) if holds else (middle, high, found)
    return levels[high], found


def _why(service: Service, order: Order, best: float) -> str:
    trips = response.DEEP_TRIPS if order.share > 0.01 else response.HOT_TRIPS
    kind, alone = ("deep", service.deep) if order.share > 0.01 else ("hot", service.hot)
    shown = f"{best:.3g} ms" if best != float("inf") else f"more than {response.REACH * order.p99_ms:g} ms"
    return (
        f"p99_ms: {order.p99_ms:g} ms cannot be had at any price: with nearly idle machines p99 is {shown}. "
        f"Alone, {kind} turns take {alone.p50_ms:g} ms (p50) and {alone.p99_ms:g} ms (p99), and {trips} "
        f"trips of {order.trip_ms:g} ms. More machines shorten queues, not turns."
    )


def sized(service: Service, order: Order) -> Sized:
    """Raises OutOfReach."""
    busy, found = level(service, order)
    batch = response.batch(service, order, busy) if order.share else 0.0
    connections, data = _held(service, order)
    parts = [_edge(service, order, busy, connections)]
    parts += [_shim(service, order, busy), _triton(service, order, busy, batch)] if order.share else []
    parts.append(_redis(service, order, busy, data))
    return Sized(order, busy, found.percentile(50), found.percentile(99), batch, tuple(parts), connections / GB, data / GB)


def _held(service: Service, order: Order) -> tuple[float, float]:
    """Bytes: of connections at the edge, of data in Redis."""
    memory = service.memory
    return order.users * (memory.connection_bytes + memory.kernel_bytes), order.users * user_bytes(service, order.history)


def user_bytes(service: Service, history: int) -> float:
    """Of a user in Redis with so many turns; between those that were measured in proportion."""
    known = sorted((int(turns), size) for turns, size in service.memory.user_bytes.items())
    for (low, small), (high, large) in pairwise(known):
        if history <= high:
            return small + (large - small) * max(0, history - low) / (high - low)
    return known[-1][1]


def _edge(service: Service, order: Order, busy: float, connections: float) -> Part:
    us = response.us(service, order, "edge", busy)
    needed = ceil(order.turns_per_second * us / 1e6 / busy)
    if order.users > REMEMBERED * needed:  # verified again, or so many workers that each knows its users
        dear = us + service.memory.verify_us / order.core_speed
        known = ceil(order.users / REMEMBERED)
        needed = min(ceil(order.turns_per_second * dear / 1e6 / busy), known)
        us = us if needed == known else dear
    nodes = spared(ceil(needed / order.cores_per_node), order)
    alive = nodes * (order.zones - order.zones_lost) / order.zones
    shared = order.users * (BUCKET_BYTES + 2 * RECORD_BYTES) / alive  # a node's users, when the rest are gone
    gb = nodes * (service.memory.part_mb["edge"] * 1e6 * order.cores_per_node / 2 + connections / alive + shared) / GB
    cores = nodes * order.cores_per_node
    return Part("edge", "workers", needed, cores, nodes, cores, gb, order.turns_per_second * us / 1e6 / cores, us)


def _shim(service: Service, order: Order, busy: float) -> Part:
    us = response.us(service, order, "shim", busy)
    needed = ceil(order.turns_per_second * us / 1e6 / busy)
    bought = spared(needed, order)
    gb = bought * service.memory.part_mb["shim"] * 1e6 / GB
    return Part("shim", "processes", needed, bought, 0, bought, gb, order.turns_per_second * us / 1e6 / bought, us)


def _triton(service: Service, order: Order, busy: float, batch: float) -> Part:
    """On processors an instance has a core, and Triton's own threads have what they were seen to use beyond it."""
    model = order.batches(service.batches)
    asked = order.turns_per_second * order.share
    needed = ceil(asked / (busy * model.per_s))
    bought = spared(needed, order)
    us = order.share * order.gpu_host_us if order.gpu else response.us(service, order, "triton", busy, max(1.0, batch))
    cores = max(bought, spared(ceil(order.turns_per_second * us / 1e6 / busy), order))
    gb = bought * service.memory.part_mb["triton"] * 1e6 / GB
    return Part(
        "triton", "instances", needed, bought, 0, cores, gb, asked / (bought * model.per_s), us, bought if order.gpu else 0
    )


def _redis(service: Service, order: Order, busy: float, data: float) -> Part:
    """A shard is one master, one core, and its replicas; whatever zone is lost has at most one of them."""
    us = response.us(service, order, "redis", busy)
    needed = max(ceil(order.turns_per_second * us / 1e6 / busy), ceil(data / (order.redis_gb * GB)), 1)
    bought = needed * (1 + order.replicas)
    gb = (data * (1 + order.replicas) * order.redis_room + bought * service.memory.part_mb["redis"] * 1e6) / GB
    return Part("redis", "servers", needed, bought, 0, bought, gb, order.turns_per_second * us / 1e6 / needed, us)


@dataclass(frozen=True, slots=True)
class Whole:
    """Nodes that are a sluice of their own each, as the launcher starts one: with one Redis, and users who stay on their node.
    part: what a node has too little of."""

    nodes: int
    cores: int
    per_node_per_s: float
    part: str


def whole(found: Sized) -> Whole:
    """What each turn costs is as found; Redis has one core of a node, and what else there is shares the others."""
    order, redis = found.order, found.part("redis").us
    others = sum(part.us for part in found.parts) - redis
    if order.gpu:
        others -= found.part("triton").us  # its host's time; cards are not in these nodes
    limits = {"redis": found.level * 1e6 / redis}
    if order.cores_per_node > 1:
        limits["cores"] = found.level * (order.cores_per_node - 1) * 1e6 / others
    else:
        limits["cores"] = found.level * 1e6 / (others + redis)
    part = min(limits, key=lambda name: limits[name])
    nodes = spared(ceil(order.turns_per_second / limits[part]), order)
    return Whole(nodes, nodes * order.cores_per_node, limits[part], part)
