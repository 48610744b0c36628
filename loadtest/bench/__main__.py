"""How many turns a second, how fast, and how much faster than a plain service? The result: loadtest/results/bench.json."""

import os
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loadtest.bench import holders, layers, options, report, rounds
from loadtest.bench.rounds import PEER, SLUICE, Bench
from loadtest.bench.wrk import BadRun, Run
from loadtest.place import stack
from loadtest.seen import machine, memory
from loadtest.what.scouting import TooFewQuestions, scouted
from pyshim.settings import ROOT, read_settings
from pyshim.tenants.compile import compile_all

WORKERS = 2
USERS = 5000
REST_S = 2.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How long it takes."""

    rounds: int = 3
    seconds: float = 10
    warm_s: float = 3
    users: int = USERS


QUICK = Plan(rounds=1, seconds=2, warm_s=1)


def _measure(folder: Path, env: dict[str, str], urls: dict[str, str], peer_pid: int, plan: Plan) -> dict[str, Any]:
    settings = read_settings(env)
    busy = os.getloadavg()[0]
    compiled = compile_all(settings)
    tenants = sorted(compiled.tenants)
    time.sleep(REST_S)
    at_rest = memory.of_parts(settings, peer_pid)
    corpus = scouted(urls["sluice"], compiled, holders.mint(settings, tenants, len(tenants), "scout"))
    files = rounds.files(folder, holders.mint(settings, list(corpus), plan.users), corpus)
    bench = Bench(settings, urls, files, plan.seconds, plan.warm_s)
    runs: dict[str, list[Run]] = defaultdict(list)
    for case, run in rounds.measure(bench, plan.rounds, options.say):
        runs[case.name].append(run)
    held = {"at_rest": at_rest, "after": memory.of_parts(settings, peer_pid)}
    about = machine.about(settings) | {"load_before": round(busy, 2)}
    return {"machine": about, "memory_pss_mb": held, "degraded": layers.degraded(settings), **_result(bench, plan, runs)}


def _result(bench: Bench, plan: Plan, runs: dict[str, list[Run]]) -> dict[str, Any]:
    cases = {case.name: report.summed(runs[case.name]) for case in SLUICE + PEER}
    commands = {case.name: " ".join(bench.load(case, 0).command(plan.seconds)).replace(f"{ROOT}/", "") for case in SLUICE + PEER}
    return {
        "plan": {"users": plan.users, "rounds": plan.rounds, "seconds": plan.seconds, "workers": WORKERS},
        "cases": cases,
        "ratios": report.ratios(cases),
        "gates": report.gates(cases),
        "commands": commands,
    }


def main() -> int:
    parser = options.parser(__doc__, "bench.json")
    arguments = parser.parse_args()
    plan = QUICK if arguments.quick else Plan()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        env = stack.environment(folder, WORKERS)
        try:
            with stack.sluice(folder, env) as ours, stack.peer(folder, env, WORKERS) as theirs:
                result = _measure(folder, env, {"sluice": ours.url, "peer": theirs.url}, theirs.pid, plan)
        except (stack.CannotStart, TooFewQuestions, BadRun, layers.Unexpected) as error:
            options.say(f"not measured: {error}")
            return 1
    options.write(arguments.result, result)
    print(report.table(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
