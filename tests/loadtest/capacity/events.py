"""The same queues, one event after the other: what formulas and flows are held to."""

import random
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from heapq import heappop, heappush

import numpy as np
import simpy

from loadtest.capacity.day import Load
from loadtest.capacity.fleet import Fleet, Replica
from loadtest.capacity.fluid import Line
from loadtest.capacity.policy import Policy
from loadtest.capacity.service import Batches
from loadtest.capacity.waits import Floats


def waits(servers: int, busy: float, service: Callable[[], float], mean: float, turns: int, seed: int = 7) -> Floats:
    """Poisson arrivals, one queue, first come, first served. service: a time, whose mean is mean."""
    chance = random.Random(seed)
    free = [0.0] * servers
    now, found = 0.0, np.empty(turns)
    for at in range(turns):
        now += chance.expovariate(servers * busy / mean)
        begins = max(now, heappop(free))
        found[at] = begins - now
        heappush(free, begins + service())
    return found[turns // 10 :]


def batched(model: Batches, per_s: float, questions: int, seed: int = 7) -> tuple[Floats, float]:
    """Sojourns, s, and the mean batch."""
    chance = random.Random(seed)
    arrivals = deque(np.cumsum([chance.expovariate(per_s) for _ in range(questions)]))
    free, executions = 0.0, 0
    found: list[float] = []
    while arrivals:
        first = arrivals[0]
        begins = free if first < free else first + model.delay_us / 1e6
        batch = []
        while arrivals and arrivals[0] <= begins and len(batch) < model.most:
            batch.append(arrivals.popleft())
        free = begins + model.seconds(len(batch))
        found += [free - came for came in batch]
        executions += 1
    return np.array(found[questions // 10 :]), questions / executions


@dataclass
class Queue(Line):
    """Turns one by one."""

    turns: deque[float] = field(default_factory=deque)

    def oldest_s(self, t: float) -> float:
        return t - self.turns[0] if self.turns else 0.0


@dataclass
class Counted:
    arrived: int
    answered: int
    lost: int
    waiting: int
    hours: float


def day(policy: Policy, load: Load, replica: Replica, in_time_s: float, deadline_s: float, seed: int) -> Counted:
    """The day of fluid.simulate(), where each turn comes by chance and occupies one replica."""
    env = simpy.Environment()
    queue, fleet = Queue(in_time_s, deadline_s), Fleet(env, policy, replica, 7)
    chance = random.Random(seed)
    busy = 0

    def come() -> Generator[simpy.Event, None, None]:
        while True:
            yield env.timeout(chance.expovariate(load.peak))
            if chance.random() * load.peak < load.rate(env.now):
                queue.arrived += 1
                queue.turns.append(env.now)
                dispatch()

    def serve() -> Generator[simpy.Event, None, None]:
        nonlocal busy
        yield env.timeout(1 / replica.per_s)
        busy -= 1
        queue.answered += 1
        dispatch()

    def dispatch() -> None:
        nonlocal busy
        while queue.turns and env.now - queue.turns[0] > deadline_s:
            queue.turns.popleft()
            queue.lost += 1
        while queue.turns and busy < fleet.ready:
            queue.turns.popleft()
            busy += 1
            env.process(serve())
        queue.waiting = len(queue.turns)

    env.process(come())
    env.process(fleet.watch(queue, load))
    env.run(until=load.seconds)
    fleet.count()
    return Counted(int(queue.arrived), int(queue.answered), int(queue.lost), len(queue.turns) + busy, fleet.hours)
