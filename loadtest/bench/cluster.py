"""What does Redis Cluster cost, and what does it keep? The result: loadtest/results/cluster.json.

Three stands in one run: a single Redis with a replica and an append-only file; a cluster of three masters and three replicas; and
that cluster where each trip waits for a replica (SLUICE_REDIS_WAIT=1). An edge of two workers and wrk are beside them. Hot
questions alone: the edge writes them. Then, under a steady load on the cluster: slots are moved, and masters are killed, with and
without WAIT; every acknowledged turn is looked for.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from gateway.redis import command as redis_command
from loadtest.bench import holders, options, wrk
from loadtest.bench.edge import WIDE
from loadtest.bench.options import say
from loadtest.bench.sequence import Turn
from loadtest.bench.wrk import BadRun, Load
from loadtest.place import edges
from loadtest.place.cluster import Cluster, cluster
from loadtest.place.edges import HOT, Edge
from loadtest.place.stack import CannotStart, free_ports, wide_tenants
from loadtest.seen import machine, processor
from loadtest.who.crowd import Crowd
from pyshim.identity import tokens

SINGLE, CLUSTER, WAITING = "single, with a replica", "cluster", "cluster, WAIT"
USERS, CONNECTIONS = 5000, 64
GATES = {CLUSTER: 0.85, WAITING: 0.75}
CPU_MOST = 1.10


@dataclass(frozen=True, slots=True)
class Plan:
    rounds: int = 5
    seconds: float = 4
    slots: int = 600
    kills: int = 3  # of each kind


QUICK = Plan(rounds=1, seconds=1, slots=60, kills=1)


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
def _single(folder: Path) -> Iterator[str]:
    """A Redis with a replica, both with append-only files. Raises CannotStart."""
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


def _stand(folder: Path, name: str, address: str, tenants: Path, wait: str) -> Stand:
    edge = edges.start(folder, name, address, TENANTS=str(tenants), EDGE_WORKERS="2", REDIS_WAIT=wait, **WIDE)
    people = holders.mint(edge.settings, ["shop"], USERS, name)
    turns = wrk.write(folder / f"{name}.tsv", [Turn(person.token, HOT) for person in people])
    return Stand(edge, Load(f"{edge.url}/v1/chat", turns, CONNECTIONS))


def _compared(stands: dict[str, Stand], plan: Plan) -> dict[str, dict[str, float]]:
    """Medians of rounds, in which the stands take turns."""
    rounds: dict[str, list[tuple[float, float]]] = {name: [] for name in stands}
    for number in range(plan.rounds + 1):
        for name, stand in stands.items():
            found = stand.measure(plan.seconds)
            if number:  # the first warms up
                rounds[name].append(found)
        say(f"round {number}: " + ", ".join(f"{name} {rounds[name][-1][0]:.0f}/s" for name in stands if rounds[name]))
    figures = {
        name: {"per_s": median(r[0] for r in found), "nginx_us": median(r[1] for r in found)} for name, found in rounds.items()
    }
    base = figures[SINGLE]
    for figure in figures.values():
        figure["ratio"] = round(figure["per_s"] / base["per_s"], 3)
        figure["processor"] = round(figure["nginx_us"] / base["nginx_us"], 3)
    return figures


def _crowd(stand: Stand) -> Crowd:
    settings = stand.edge.settings
    key = tokens.signing_key(settings.keys, "shop")
    return Crowd([stand.edge.url], lambda user: tokens.mint(key, "shop", user, settings.token_audience, 3600), [HOT], 16)


def _lost(redis: Cluster, crowd: Crowd) -> dict[str, int]:
    """Acknowledged turns that are not there, or twice."""
    acknowledged: dict[str, list[str]] = {}
    for one in crowd.said:
        if one.turn_id:
            acknowledged.setdefault(one.user, []).append(one.turn_id)
    kept = redis.histories("shop", acknowledged)
    lost = twice = 0
    for user, turns in acknowledged.items():
        times = Counter(str(entry["turn_id"]) for entry in kept[user])
        lost += sum(times[turn] == 0 for turn in turns)
        twice += sum(count > 1 for count in times.values())
    return {"acknowledged": sum(map(len, acknowledged.values())), "lost": lost, "twice": twice}


def _settled(redis: Cluster, stand: Stand) -> None:
    redis.wait(redis.settled, 60)
    redis.wait(lambda: stand.edge.metrics()["sluice_late_turns"] == 0, 60)


def _moved(redis: Cluster, stand: Stand, slots: int) -> dict[str, Any]:
    with _crowd(stand) as crowd:
        source, target, *_ = redis.masters()
        first, last = next(span for span, owner in redis.owners().items() if owner == source)
        redis.move(source, target, list(range(first, last))[:slots])
        redis.move(target, source, list(range(first, last))[:slots])
    _settled(redis, stand)
    failed = sum(count for status, count in crowd.statuses.items() if status != 200)
    degraded = sum(one.degraded for one in crowd.said)
    return {"slots": 2 * slots, "failed": failed, "late": degraded, **_lost(redis, crowd)}


def _killed(redis: Cluster, stand: Stand) -> dict[str, Any]:
    """One master, and for how long its users' turns were late."""
    with _crowd(stand) as crowd:
        before = time.monotonic()
        lost = redis.masters()[0]
        redis.kill(lost)
        redis.wait(lambda: lost not in redis.owners().values(), 60)
        crowd.more(200)
    redis.start(lost)
    _settled(redis, stand)
    late = [answer.at for answer in crowd.took if answer.degraded]
    failed = sum(count for status, count in crowd.statuses.items() if status != 200)
    return {"late_s": round(max(late, default=before) - before, 2), "late": len(late), "failed": failed, **_lost(redis, crowd)}


def _added(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    told = {name: sum(one[name] for one in rounds) for name in ("failed", "acknowledged", "lost", "twice")}
    return {"rounds": len(rounds), "late_s": [one["late_s"] for one in rounds], **told}


def main() -> int:
    plan = QUICK if (chosen := options.parser(__doc__, "cluster.json").parse_args()).quick else Plan()
    with tempfile.TemporaryDirectory() as name, ExitStack() as doors:
        folder = Path(name)
        try:
            tenants = wide_tenants(folder / "tenants")
            single = doors.enter_context(_single(folder / "single"))
            made = doors.enter_context(cluster(folder / "cluster"))
            stands = {
                SINGLE: _stand(folder, "single-edge", single, tenants, "0"),
                CLUSTER: _stand(folder, "cluster-edge", made.address, tenants, "0"),
                WAITING: _stand(folder, "wait-edge", made.address, tenants, "1"),
            }
            for stand in stands.values():
                doors.callback(stand.edge.stop)
            compared = _compared(stands, plan)
            moved = _moved(made, stands[CLUSTER], plan.slots)
            say(f"moved: {moved}")
            killed = {name: _added([_killed(made, stands[name]) for _ in range(plan.kills)]) for name in (CLUSTER, WAITING)}
            say(f"killed: {killed}")
        except (CannotStart, BadRun, TimeoutError) as error:
            say(str(error))
            return 1
    gates = [
        {
            "what": f"hot path, {name} / single",
            "figure": compared[name]["ratio"],
            "wanted": least,
            "holds": compared[name]["ratio"] >= least,
        }
        for name, least in GATES.items()
    ]
    cpu = compared[CLUSTER]["processor"]
    gates += [
        {"what": "nginx' processor a turn, cluster / single", "figure": cpu, "wanted": CPU_MOST, "holds": cpu <= CPU_MOST},
        {"what": "turns that failed while slots moved", "figure": moved["failed"], "wanted": 0, "holds": moved["failed"] == 0},
        {
            "what": "acknowledged turns lost with WAIT",
            "figure": killed[WAITING]["lost"],
            "wanted": 0,
            "holds": killed[WAITING]["lost"] == 0,
        },
    ]
    result = {
        "machine": machine.about(stands[SINGLE].edge.settings, triton=False),
        "hot": compared,
        "moved": moved,
        "killed": killed,
        "gates": gates,
    }
    if chosen.result:
        options.write(chosen.result, result)
    print(json.dumps(result, indent=2))
    return 0 if all(gate["holds"] for gate in gates) else 1


if __name__ == "__main__":
    sys.exit(main())
