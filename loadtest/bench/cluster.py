"""What does Redis Cluster cost, and what does it keep? The result: loadtest/results/cluster.json.

Three stands in one run: a single Redis with a replica and an append-only file; a cluster of three masters and three replicas; and
that cluster where each trip waits for a replica (SLUICE_REDIS_WAIT=1). Hot questions, which the edge alone answers and writes;
turns for Triton, with a whole sluice on each. Then, under a steady load on the cluster: slots are moved, and masters are killed,
with and without WAIT; every acknowledged turn is looked for. Last, what slots that are everybody's cost with a hundred edges.
"""

import json
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loadtest.bench import deep_path, failover, hot_slots, options
from loadtest.bench.cluster_stands import CLUSTER, SINGLE, WAITING, Stand, compared, single, stand
from loadtest.bench.layers import Unexpected
from loadtest.bench.options import say
from loadtest.bench.wrk import BadRun
from loadtest.place.cluster import Cluster, cluster
from loadtest.place.stack import CannotStart, wide_tenants
from loadtest.seen import machine
from loadtest.what.scouting import TooFewQuestions

HOT_LEAST = {CLUSTER: 0.85, WAITING: 0.75}
DEEP_LEAST = 0.95
CPU_MOST, LATE_MOST_S, OTHERS_MOST = 1.10, 2.5, 1.5
EDGE_MOST_S = 0.3  # of a failover; the rest is Redis' own


@dataclass(frozen=True, slots=True)
class Plan:
    rounds: int = 9
    seconds: float = 3
    deep_rounds: int = 9
    deep_seconds: float = 4
    slots: int = 600
    kills: int = 6  # of each kind
    slot_seconds: float = 10


QUICK = Plan(rounds=1, seconds=1, deep_rounds=1, deep_seconds=2, slots=60, kills=1, slot_seconds=1)
FAILURES = (CannotStart, BadRun, Unexpected, TooFewQuestions, TimeoutError)


def _stands(folder: Path, addresses: dict[str, str], doors: ExitStack) -> dict[str, Stand]:
    """Raises CannotStart."""
    tenants = wide_tenants(folder / "tenants")
    found = {}
    for number, (name, address) in enumerate(addresses.items()):
        found[name] = stand(folder, f"edge-{number}", address, tenants, "1" if name == WAITING else "0")
        doors.callback(found[name].edge.stop)
    beside = stand(folder, "edge-beside", addresses[SINGLE], tenants)  # those of the cluster are two
    doors.callback(beside.edge.stop)
    return found


def _deep(folder: Path, addresses: dict[str, str], plan: Plan) -> dict[str, dict[str, Any]]:
    with ExitStack() as doors:
        stacks: dict[str, deep_path.Deep] = {}
        for number, (name, address) in enumerate(addresses.items()):
            first = next(iter(stacks.values()), None)
            triton = f"127.0.0.1:{first.settings.triton_port}" if first else ""
            label, wait = f"deep-{number}", "1" if name == WAITING else "0"
            stacks[name] = deep_path.standing(doors, folder / label, label, address, wait, triton)
        return compared({name: one.measure for name, one in stacks.items()}, plan.deep_rounds, plan.deep_seconds)


def _measured(folder: Path, plan: Plan) -> dict[str, Any]:
    with ExitStack() as doors:
        made: Cluster = doors.enter_context(cluster(folder / "cluster"))
        addresses = {SINGLE: doors.enter_context(single(folder / "single")), CLUSTER: made.address, WAITING: made.address}
        with ExitStack() as edges:
            stands = _stands(folder, addresses, edges)
            about = machine.about(stands[SINGLE].edge.settings, triton=False)
            hot = compared({name: one.measure for name, one in stands.items()}, plan.rounds, plan.seconds)
            moved = failover.moved(made, stands[CLUSTER], plan.slots)
            say(f"moved: {moved}")
            killed = {
                name: failover.added([failover.killed(made, stands[name]) for _ in range(plan.kills)])
                for name in (CLUSTER, WAITING)
            }
            say(f"killed: {killed}")
        deep = _deep(folder, addresses, plan)
    slots = hot_slots.measured(plan.slot_seconds)
    return {"machine": about, "hot": hot, "deep": deep, "moved": moved, "killed": killed, "slots": slots}


def _gate(
    what: str, figure: float, least: float | None = None, most: float | None = None, **more: Sequence[float]
) -> dict[str, Any]:
    holds = (least is None or figure >= least) and (most is None or figure <= most)
    return {"what": what, "figure": figure, "wanted": least if most is None else most, "holds": holds, **more}


def _ratio(what: str, found: dict[str, Any], least: float) -> dict[str, Any]:
    """rounds: the middle half of them, which says how far the figure may be relied on."""
    return _gate(what, found["ratio"], least=least, rounds=found["ratios"])


def gates(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Each goal, what was measured, and whether it holds."""
    hot, deep, killed = found["hot"], found["deep"], found["killed"]
    told = [_ratio(f"hot path, {name} / single", hot[name], least) for name, least in HOT_LEAST.items()]
    told.append(_gate("nginx' processor a turn, cluster / single", hot[CLUSTER]["processor"], most=CPU_MOST))
    told += [_ratio(f"deep path, {name} / single", deep[name], DEEP_LEAST) for name in HOT_LEAST]
    told.append(_gate("turns that failed while slots moved", found["moved"]["failed"], most=0))
    for name, one in killed.items():
        told.append(_gate(f"{name}: seconds its users were late, median", one["late_median_s"], most=LATE_MOST_S))
        told.append(_gate(f"{name}: seconds of which the edge added, worst", one["edge_worst_s"], most=EDGE_MOST_S))
        told.append(_gate(f"{name}: the others' p99 meanwhile / before, median", one["others_p99"], most=OTHERS_MOST))
    told.append(_gate("acknowledged turns lost with WAIT", killed[WAITING]["lost"], most=0))
    told.append(_gate("core of the fullest slot that is everybody's", hot_slots.fullest(found["slots"]), most=hot_slots.MOST))
    return told


def main() -> int:
    plan = QUICK if (chosen := options.parser(__doc__, "cluster.json").parse_args()).quick else Plan()
    with tempfile.TemporaryDirectory() as name:
        try:
            result = _measured(Path(name), plan)
        except FAILURES as error:
            say(str(error))
            return 1
    result["gates"] = gates(result)
    if chosen.result:
        options.write(chosen.result, result)
    print(json.dumps(result, indent=2))
    return 0 if all(gate["holds"] for gate in result["gates"]) else 1


if __name__ == "__main__":
    sys.exit(main())
