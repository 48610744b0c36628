"""How many turns a second does one machine hold, on which everything runs, wrk among it?

The cores are shared: they are used up when the processor time of all parts together fills them, or one process fills its core.
Near that, whoever can run gets a fair share of a core, so everything takes `stretch` times as long: batches grow meanwhile, a
part that is still at work is not woken, and no core sleeps. Before that, p99 may break: waits for a core by M/G/c, batches as
stretched.
"""

from collections.abc import Callable
from dataclasses import dataclass

from loadtest.capacity import queueing, response, triton_queue, waits
from loadtest.capacity.service import Batches, Service
from loadtest.capacity.waits import Waits

PROCESSES = {"edge": 2, "redis": 1, "shim": 1, "triton": 1, "generator": 1}  # each has one core at most
ROUNDS = 60  # of the fixed point
NEAR = 1e-3  # of the rate: nearer than that nobody can measure


@dataclass(frozen=True, slots=True)
class State:
    """At a rate. busy: cores by part; full: the fullest, of all cores or of one process' core; batch: of an execution."""

    busy: dict[str, float]
    full: float
    part: str
    batch: float
    stretch: float


@dataclass(frozen=True, slots=True)
class Knee:
    """Turns a second: where cores are used up, and where p99 breaks, if before. part: what is full."""

    saturated_per_s: float
    per_s: float
    part: str
    batch: float
    busy: dict[str, float]


def state(service: Service, share: float, cores: int, per_s: float) -> State:
    """A fixed point: what is idle decides what a turn costs, which decides what is idle."""
    idle, used, batch, stretch = dict.fromkeys(PROCESSES, 0.5), 0.5, 1.0, 1.0
    busy: dict[str, float] = {}
    for _ in range(ROUNDS):
        busy = {part: per_s * service.parts[part].us(share, idle[part], batch, 1 - used) / 1e6 for part in PROCESSES}
        used = 0.5 * used + 0.5 * min(0.999, sum(busy.values()) / cores)
        stretch = queueing.stretch(cores, sum(PROCESSES.values()), used)
        for part, count in PROCESSES.items():
            idle[part] = 0.5 * idle[part] + 0.5 * max(0.0, 1 - stretch * busy[part] / count)
        batch = 0.5 * batch + 0.5 * _batch(service.batches, per_s * share, stretch)
    loads = {"all cores": sum(busy.values()) / cores, **{part: busy[part] / count for part, count in PROCESSES.items()}}
    fullest = max(loads, key=lambda name: loads[name])
    return State(busy, loads[fullest], fullest, batch, stretch)


def _batch(model: Batches, per_s: float, stretch: float) -> float:
    """As many as come while an execution of as many takes: b = rate * stretch * (fixed + each b)."""
    left = 1 - per_s * stretch * model.each_us / 1e6
    if left <= 0:
        return float(model.most)
    return min(float(model.most), max(1.0, per_s * stretch * model.fixed_us / 1e6 / left))


def turns(service: Service, share: float, cores: int, per_s: float, p99_ms: float) -> Waits:
    """How long turns take at this rate."""
    at = state(service, share, cores, per_s)
    step = waits.grid(response.REACH * p99_ms)
    used = min(0.9999, sum(at.busy.values()) / cores)
    kinds = [(1 - share, _seconds(service, 0.0, at)), (share, _seconds(service, 1.0, at))]
    mean = sum(part * took for part, took in kinds)
    wait = queueing.waiting(cores, used, 1e3 * mean, queueing.mixture_scv(kinds))
    core = waits.exponential(step, wait.chance, wait.of_those_who_wait)
    hot = response.alone(step, service.hot) + core
    if share == 0:
        return hot
    model = service.batches
    slow = Batches(model.fixed_us * at.stretch, model.each_us * at.stretch, model.most, model.delay_us)
    asked = min(per_s * share, triton_queue.BUSY_MOST * slow.per_s)
    took = response.beyond(triton_queue.sojourn(slow, asked, step)[0], model)
    return hot.mixed(response.alone(step, service.deep) + core + took, share)


def _seconds(service: Service, share: float, at: State) -> float:
    """Processor time of a turn, all parts but wrk, s."""
    return sum(service.parts[part].us(share, 0.0, at.batch) for part in PROCESSES if part != "generator") / 1e6


def predicted(service: Service, share: float, cores: int, p99_ms: float) -> Knee:
    saturated = _last(lambda rate: state(service, share, cores, rate).full <= 1)
    held = _last(lambda rate: rate <= saturated and turns(service, share, cores, rate, p99_ms).percentile(99) <= p99_ms)
    at = state(service, share, cores, held)
    return Knee(saturated, held, at.part, at.batch, at.busy)


def _last(holds: Callable[[float], bool]) -> float:
    """The highest rate for which it holds, turns a second."""
    low, high = 0.0, 1.0
    while holds(high):
        low, high = high, 2 * high
    while high - low > NEAR * high:
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low
