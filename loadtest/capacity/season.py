"""What does the day of the sale cost, and what would a rule that only reacts have lost? The planner's search, for an order."""

from dataclasses import asdict
from math import ceil
from typing import Any

import msgspec

from loadtest.capacity import day, response, search
from loadtest.capacity.errors import BadOrder
from loadtest.capacity.fleet import Replica
from loadtest.capacity.fluid import Day
from loadtest.capacity.order import Order
from loadtest.capacity.policy import Policy
from loadtest.capacity.search import Found
from loadtest.capacity.service import Service
from loadtest.capacity.sizing import Sized

DEADLINE_S = 1.5  # SLUICE_DEADLINE_MS: a turn that waited so long is answered by the fallback
LEAST_S = 0.02  # less than that is a step of the simulation


class Pod(msgspec.Struct, frozen=True):
    """A replica: one Triton instance and as many shims as keep it busy. cores: of it."""

    per_s: float
    shims: int
    cores: int
    gpus: int
    start_s: float


class Played(msgspec.Struct, frozen=True):
    """One policy's day. worst: share in time of the worst ten seconds; cost: of the day, in the currency of the prices."""

    policy: dict[str, Any]
    keeps: bool
    arrived: float
    lost: float
    lost_share: float
    worst: float
    most_replicas: int
    replica_hours: float
    cost: float


class Season(msgspec.Struct, frozen=True):
    """in_time_ms: how long a turn for Triton may wait for a replica, that p99 holds."""

    pod: Pod
    peak_per_s: float
    in_time_ms: float
    deadline_ms: float
    cheapest: Played
    reactive: Played
    still: Played
    tried: int


def pod(service: Service, order: Order, sized: Sized, start_s: float) -> Pod:
    """At the level at which p99 holds."""
    instance = order.batches(service.batches).per_s
    deep = order.share * order.turns_per_second
    shim = deep / (sized.part("shim").us * order.turns_per_second / 1e6)  # deep turns a second of a shim that never rests
    shims = max(1, ceil(instance / shim))
    own = sized.part("triton").us * order.turns_per_second / 1e6 / deep * instance  # cores that Triton uses when full
    return Pod(sized.level * min(instance, shims * shim), shims, shims + max(1, ceil(own)), int(order.gpu), start_s)


def season(
    service: Service, order: Order, sized: Sized, start_s: float = 60.0, rise_s: float = 10.0, quoted: Policy | None = None
) -> tuple[Season, Found]:
    """start_s: until a replica serves; rise_s: from the evening's rate to the peak. Raises OutOfReach, BadOrder."""
    if order.share == 0:
        raise BadOrder("share: 0 was said; a day is played for what scales, which is what Triton answers: above 0 is wanted")
    for name, value, least, most in (("start_s", start_s, 1, 3600), ("rise_s", rise_s, 1, 250)):
        if not least <= value <= most:
            raise BadOrder(f"{name}: {value!r} was said; a figure from {least} to {most} is wanted")
    replica = pod(service, order, sized, start_s)
    load = day.sale(order.share * order.turns_per_second, rise_s)
    in_time = in_time_s(service, order, sized.level)
    found = search.cheapest(load, Replica(replica.per_s, start_s), in_time, DEADLINE_S, quoted or Policy(base=1))
    best, reactive, still = (_played(one, replica, order) for one in (found.cheapest, found.reactive, found.still))
    made = Season(replica, load.peak, 1e3 * in_time, 1e3 * DEADLINE_S, best, reactive, still, found.tried)
    return made, found


def in_time_s(service: Service, order: Order, level: float) -> float:
    """What p99 leaves: a deep turn may wait so much longer than its own p99 among all turns says."""
    spent = response.turns(service, order, level).percentile(99)
    return max(LEAST_S, (order.p99_ms - spent) / 1e3)


def _played(one: Day, of: Pod, order: Order) -> Played:
    cost = one.hours * (of.cores * order.core_hour + of.gpus * order.gpu_hour)
    policy = asdict(one.policy)
    policy["busy"] = None if one.policy.busy == float("inf") else one.policy.busy
    return Played(
        policy,
        one.keeps,
        one.arrived,
        one.lost,
        one.lost / one.arrived if one.arrived else 0.0,
        one.worst(),
        one.most,
        one.hours,
        cost,
    )
