"""What happens to a fleet? One thing a round, drawn by a seed: who, what, when, for how long."""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from loadtest.place.fleet import EDGES, REDIS, REDIS_PORT, SHIMS, TRITON, Fleet

BEFORE_S, LASTS_S = (0.2, 1.0), (0.5, 4.0)
PARTS = {"shim": "shim-0", "triton": "triton", "edge": "nginx"}
KINDS = ("killed", "paused", "cut", "deaf", "mute")
MASTERS, REPLICAS = ("master-1", "master-2", "master-3"), ("replica-1", "replica-2", "replica-3")
# Which Redis is which at that moment is not the seed's to say. What holds the state has half of the rounds.
HOSTS = (*MASTERS, *MASTERS, *REPLICAS, *SHIMS, *SHIMS, TRITON, TRITON, *EDGES)


@dataclass(frozen=True, slots=True)
class Event:
    """host: of the fleet, or what a Redis is when it begins. Times in seconds: until it begins under load, and how long it lasts.
    What is killed is started again by who watches it."""

    host: str
    kind: str
    before_s: float
    lasts_s: float

    def __str__(self) -> str:
        return f"{self.host} {self.kind}" + ("" if self.kind == "killed" else f" for {self.lasts_s:.1f} s")

    @property
    def redis(self) -> bool:
        return self.host in MASTERS + REPLICAS


def drawn(seed: int) -> Event:
    random = Random(seed)
    return Event(random.choice(HOSTS), random.choice(KINDS), random.uniform(*BEFORE_S), random.uniform(*LASTS_S))


def now(event: Event, fleet: Fleet) -> Event:
    """The same, of the host that is meant at this moment."""
    if not event.redis:
        return event
    role, _, number = event.host.partition("-")
    node = fleet.cluster.masters()[int(number) - 1]
    return replace(event, host=fleet.cluster.host(node if role == "master" else fleet.cluster.replica_of(node)))


def node_of(fleet: Fleet, host: str) -> str:
    return f"{fleet.net.address(host)}:{REDIS_PORT}"


def begin(event: Event, fleet: Fleet) -> Callable[[], None]:
    """Has it happen; what is returned ends it. event: of now. Redis that was killed is started then."""
    host, net = event.host, fleet.net
    if event.kind in ("cut", "deaf", "mute"):
        {"cut": net.cut, "deaf": net.deafen, "mute": net.mute}[event.kind](host)
        return net.heal
    node = node_of(fleet, host) if host in REDIS else ""
    pid = fleet.cluster.processes[node].pid if node else fleet.pid(host, PARTS[host.partition("-")[0]])
    tell = os.kill if node else os.killpg  # a part of ours leads a group of its own
    if event.kind == "paused":
        tell(pid, signal.SIGSTOP)
        return lambda: tell(pid, signal.SIGCONT)
    if node:
        fleet.cluster.kill(node)
        return lambda: fleet.cluster.start(node)
    tell(pid, signal.SIGKILL)  # its launcher starts it again
    return lambda: None
