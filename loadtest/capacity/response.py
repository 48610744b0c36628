"""How long do turns take where every process is busy to the same level?

A turn takes what it took alone, where it was measured, and its waits: for its nginx worker, its Redis shard, its shim, and its
batch. nginx workers, shims and shards each have a queue of their own (a connection, a user or a key belongs to one): M/G/1.
Triton: loadtest/capacity/triton_queue.py. Trips between nodes are added as a constant; the machine that was measured has none.
"""

from math import log

import numpy as np

from loadtest.capacity import queueing, triton_queue, waits
from loadtest.capacity.order import Order
from loadtest.capacity.service import Alone, Batches, Service
from loadtest.capacity.waits import Waits

REACH = 4  # the grid ends at so many times the bound
HOT_TRIPS, DEEP_TRIPS = 1, 4  # edge-Redis; edge-shim, shim-Redis twice, shim-Triton
DEEP_REDIS = 2


def us(service: Service, order: Order, part: str, busy: float, batch: float = 1.0) -> float:
    """Processor time of a turn in this part, us, where its processes are busy to this level."""
    return service.parts[part].us(order.share, 1 - busy, batch) / order.core_speed


def alone(step_ms: float, one: Alone) -> Waits:
    """A shifted exponential with the p50 and the p99 that were measured."""
    mean = (one.p99_ms - one.p50_ms) / (log(100) - log(2))
    shift = max(0.0, one.p50_ms - mean * log(2))
    if mean <= 0:
        return waits.constant(step_ms, one.p50_ms)
    return waits.constant(step_ms, shift) + waits.exponential(step_ms, 1.0, mean)


def process(service: Service, order: Order, part: str, busy: float, step_ms: float) -> Waits:
    """The wait for one process."""
    one = service.parts[part]
    kinds = [(1 - order.share, one.us(0.0, 1 - busy)), (order.share, one.us(1.0, 1 - busy))]
    if part == "shim":
        kinds = kinds[1:]
    mean = sum(share * time for share, time in kinds) / max(1e-12, sum(share for share, _ in kinds))
    wait = queueing.waiting(1, busy, mean / order.core_speed / 1e3, queueing.mixture_scv(kinds, order.scv))
    return waits.exponential(step_ms, wait.chance, wait.of_those_who_wait)


def beyond(took: Waits, model: Batches) -> Waits:
    """What a question takes beyond what it takes alone: the wait for company, and an execution of one question."""
    less = int((model.delay_us / 1e3 + 1e3 * model.seconds(1)) / took.step_ms)
    chance = np.pad(took.chance[less:], (0, min(less, len(took.chance))))
    chance[0] += took.chance[:less].sum()
    return Waits(chance, took.step_ms)


def turns(service: Service, order: Order, busy: float) -> Waits:
    """All turns, where every process is busy to this level."""
    step = waits.grid(REACH * order.p99_ms)
    edge, redis = (process(service, order, part, busy, step) for part in ("edge", "redis"))
    hot = alone(step, service.hot) + edge + redis + waits.constant(step, HOT_TRIPS * order.trip_ms)
    if order.share == 0:
        return hot
    model = order.batches(service.batches)
    took = beyond(triton_queue.sojourn(model, busy * model.per_s, step)[0], model)
    behind = process(service, order, "shim", busy, step) + took
    deep = alone(step, service.deep) + edge + behind + waits.constant(step, DEEP_TRIPS * order.trip_ms)
    for _ in range(DEEP_REDIS):
        deep = deep + redis
    return hot.mixed(deep, order.share)


def batch(service: Service, order: Order, busy: float) -> float:
    """Mean questions of an execution."""
    model = order.batches(service.batches)
    return triton_queue.sojourn(model, busy * model.per_s, waits.grid(REACH * order.p99_ms))[1]
