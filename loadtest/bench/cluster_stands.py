"""Where are a single Redis and a cluster compared? One with a replica and append-only files, a cluster of six, edges before each.

Every edge shares its limits with another one, as in a fleet: one that is alone keeps them to itself, which costs less.
"""

import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from gateway.redis import command as redis_command
from loadtest.bench import holders, wrk
from loadtest.bench.edge import WIDE
from loadtest.bench.options import say
from loadtest.bench.sequence import Turn
from loadtest.bench.wrk import Load
from loadtest.place import edges
from loadtest.place.edges import HOT, Edge
from loadtest.place.stack import free_ports
from loadtest.seen import processor

SINGLE, CLUSTER, WAITING = "single, with a replica", "cluster", "cluster, WAIT"
USERS, CONNECTIONS = 5000, 64


@dataclass
class Stand:
    """An edge, and what is sent to it."""

    edge: Edge
    load: Load

    def measure(self, seconds: float) -> tuple[float, float]:
        """Turns a second, and microseconds of nginx' processor for each. Raises BadRun."""
        before = processor.seconds(self.edge.process.pid)
        run = wrk.run(self.load, seconds)
        return run.per_s, (processor.seconds(self.edge.process.pid) - before) / run.requests * 1e6


@contextmanager
def single(folder: Path) -> Iterator[str]:
    """A Redis with a replica, both with append-only files: its address. Raises CannotStart."""
    ports = free_ports(2)
    more = [{"port": str(ports[0])}, {"port": str(ports[1]), "replicaof": f"127.0.0.1 {ports[0]}"}]
    commands = [redis_command(folder / str(port), None, more=one) for port, one in zip(ports, more, strict=True)]
    processes = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for command in commands]
    try:
        yield f"redis://127.0.0.1:{ports[0]}"
    finally:
        for process in processes:
            process.kill()
            process.wait()


def stand(folder: Path, name: str, address: str, tenants: Path, wait: str = "0") -> Stand:
    """Raises CannotStart."""
    edge = edges.start(folder, name, address, TENANTS=str(tenants), EDGE_WORKERS="2", REDIS_WAIT=wait, **WIDE)
    people = holders.mint(edge.settings, ["shop"], USERS, name)
    turns = wrk.write(folder / f"{name}.tsv", [Turn(person.token, HOT) for person in people])
    return Stand(edge, Load(f"{edge.url}/v1/chat", turns, CONNECTIONS))


def compared(
    measures: Mapping[str, Callable[[float], tuple[float, float]]], rounds: int, seconds: float
) -> dict[str, dict[str, Any]]:
    """Medians of rounds, in which they take turns, each round beginning with another. measures: by stand, for so many seconds:
    turns a second, us of processor a turn. ratio, processor: of each round to its single Redis, since the machine changes."""
    names = list(measures)
    seen: dict[str, list[tuple[float, float]]] = {name: [] for name in names}
    for number in range(rounds + 1):
        found = {name: measures[name](seconds) for name in names[number % len(names) :] + names[: number % len(names)]}
        if not number:  # the first warms up
            continue
        for name in names:
            seen[name].append(found[name])
        say(f"round {number}: " + ", ".join(f"{name} {found[name][0]:.0f}/s {found[name][1]:.0f} us" for name in names))
    return {name: _figures(found, seen[SINGLE]) for name, found in seen.items()}


def _figures(found: Sequence[tuple[float, float]], base: Sequence[tuple[float, float]]) -> dict[str, Any]:
    """ratios: the middle half of the rounds."""
    ratios = sorted(mine[0] / theirs[0] for mine, theirs in zip(found, base, strict=True))
    return {
        "per_s": median(per_s for per_s, _ in found),
        "us": median(us for _, us in found),
        "ratio": round(median(ratios), 3),
        "ratios": [round(ratios[len(ratios) // 4], 3), round(ratios[-1 - len(ratios) // 4], 3)],
        "processor": round(median(mine[1] / theirs[1] for mine, theirs in zip(found, base, strict=True)), 3),
    }
