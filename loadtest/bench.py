"""How many turns a second, how fast, and how much faster than a plain service? The result: loadtest/results/bench.json."""

import argparse
import os
import signal
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import msgspec

from loadtest import layers, machine, memory, report, rounds, stack, users
from loadtest.corpus import Corpus, choose, sentences
from loadtest.rounds import PEER, SLUICE, Bench
from loadtest.users import User
from loadtest.wrk import BadRun, Run
from pyshim import config, snapshot
from pyshim.config import ROOT
from pyshim.snapshot import Snapshot

RESULT = Path(__file__).parent / "results" / "bench.json"
WORKERS = 2
USERS = 5000
HOT, DEEP, ENOUGH = 100, 40, 20  # questions of each tenant: at most, and at least
TRIED = 1500
REST_S = 2.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How long it takes."""

    rounds: int = 3
    seconds: float = 10
    warm_s: float = 3
    users: int = USERS


QUICK = Plan(rounds=1, seconds=2, warm_s=1)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class TooFewQuestions(Exception):
    """No tenant has enough questions of both kinds."""


def scouted(url: str, compiled: Snapshot, scouts: list[User]) -> dict[str, Corpus]:
    """Hot and deep questions of each scout's tenant, by asking the running stack; tenants with too few of them are left out."""
    found = {}
    for scout in scouts:
        headers = {"Authorization": f"Bearer {scout.token}"}
        with httpx.Client(base_url=url, headers=headers, timeout=10, trust_env=False) as client:

            def ask(query: str, client: httpx.Client = client) -> dict[str, Any]:
                return dict(client.post("/v1/chat", json={"query": query}).raise_for_status().json())

            def forget(client: httpx.Client = client) -> None:
                client.delete("/v1/session").raise_for_status()

            tenant = compiled.tenants[scout.tenant]
            corpus = choose(sentences(tenant.id)[:TRIED], set(tenant.tasks), set(tenant.titles), ask, forget, HOT, DEEP)
        _say(f"{tenant.id}: {len(corpus.hot)} hot and {len(corpus.deep)} deep questions")
        if min(len(corpus.hot), len(corpus.deep)) >= ENOUGH:
            found[tenant.id] = corpus
        else:
            _say(f"{tenant.id} is left out: its router is not sure often enough to measure it (calibration.json)")
    if not found:
        raise TooFewQuestions(f"no tenant has {ENOUGH} hot and {ENOUGH} deep questions")
    return found


def _measure(folder: Path, env: dict[str, str], urls: dict[str, str], peer_pid: int, plan: Plan) -> dict[str, Any]:
    settings = config.read(env)
    busy = os.getloadavg()[0]
    compiled = snapshot.compile(settings)
    tenants = sorted(compiled.tenants)
    time.sleep(REST_S)
    at_rest = memory.of_parts(settings, peer_pid)
    corpus = scouted(urls["sluice"], compiled, users.mint(settings, tenants, len(tenants), "scout"))
    files = rounds.files(folder, users.mint(settings, list(corpus), plan.users), corpus)
    bench = Bench(settings, urls, files, plan.seconds, plan.warm_s)
    runs: dict[str, list[Run]] = defaultdict(list)
    for case, run in rounds.measure(bench, plan.rounds, _say):
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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round, to see that it works")
    parser.add_argument("--result", type=Path, default=RESULT, help="where the JSON goes")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # leave through the doors below, with nothing left running
    plan = QUICK if arguments.quick else Plan()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        env = stack.environment(folder, WORKERS)
        try:
            with stack.sluice(folder, env) as ours, stack.peer(folder, env, WORKERS) as theirs:
                result = _measure(folder, env, {"sluice": ours.url, "peer": theirs.url}, theirs.pid, plan)
        except (stack.CannotStart, TooFewQuestions, BadRun, layers.Unexpected) as error:
            _say(f"not measured: {error}")
            return 1
    arguments.result.parent.mkdir(parents=True, exist_ok=True)
    arguments.result.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n")
    print(report.table(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
