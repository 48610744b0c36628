"""What happens to a fleet? One thing a round, drawn by a seed: who, what, when, for how long."""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from loadtest.place.fleet import EDGES, REDIS, REDIS_PORT, SHIMS, TRITON, Fleet

BEFORE_S, LASTS_S = (0.2, 1.0), (0.5, 4.0)
PARTS = {"shim": "shim-0", "triton": "triton", "edge": "nginx"}
KINDS = ("killed", "paused", "cut", "deaf", "mute")
# A cluster's nodes and what they are to each other is what the fleet stands on: half of the rounds.
HOSTS = (*REDIS, *REDIS, *SHIMS, TRITON, *EDGES, *SHIMS, TRITON)


@dataclass(frozen=True, slots=True)
class Event:
    """Times in seconds: until it begins under load, and how long it lasts. What is killed is started again by who watches it."""

    host: str
    kind: str
    before_s: float
    lasts_s: float

    def __str__(self) -> str:
        return f"{self.host} {self.kind}" + ("" if self.kind == "killed" else f" for {self.lasts_s:.1f} s")

    @property
    def redis(self) -> bool:
        return self.host in REDIS


def drawn(seed: int) -> Event:
    random = Random(seed)
    return Event(random.choice(HOSTS), random.choice(KINDS), random.uniform(*BEFORE_S), random.uniform(*LASTS_S))


def node_of(fleet: Fleet, host: str) -> str:
    return f"{fleet.net.address(host)}:{REDIS_PORT}"


def _process(fleet: Fleet, host: str) -> int:
    """Of what answers on that host; of nginx its first worker's master."""
    if host in REDIS:
        return fleet.cluster.processes[node_of(fleet, host)].pid
    return fleet.pid(host, PARTS[host.partition("-")[0]])


def begin(event: Event, fleet: Fleet) -> Callable[[], None]:
    """Has it happen; what is returned ends it. Redis that was killed is started then."""
    host, net = event.host, fleet.net
    if event.kind == "killed":
        if not event.redis:
            os.killpg(_process(fleet, host), signal.SIGKILL)  # its launcher starts it again
            return lambda: None
        node = node_of(fleet, host)
        fleet.cluster.kill(node)
        return lambda: fleet.cluster.start(node)
    if event.kind == "paused":
        pid = _process(fleet, host)
        everything = os.kill if event.redis else os.killpg  # each of ours leads a group of its own
        everything(pid, signal.SIGSTOP)
        return lambda: everything(pid, signal.SIGCONT)
    {"cut": net.cut, "deaf": net.deafen, "mute": net.mute}[event.kind](host)
    return net.heal
