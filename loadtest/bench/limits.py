"""Do four nginx on one Redis keep one limit, and what does it cost? The result: loadtest/results/limits.json.

A tenant's callers come to four edges, 55, 30, 10 and 5 % of them, half as many again as its limit allows. Measured: what was
admitted in every window of 10 s, beside the limit; calls to Redis for tokens; how long the edge took to decide (l1_screen and
l2_meter, as Server-Timing says), beside the same four edges when each has a Redis and a limit of its own; and 30 s with Redis
killed.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import yaml

from loadtest.bench import options
from loadtest.place import edges
from loadtest.place.edges import HOT, Edge
from loadtest.place.stack import CannotStart, wide_tenants
from loadtest.seen import machine
from pyshim.identity import tokens

SCRIPT = Path(__file__).with_name("limits.lua")
SHARES = (55, 30, 10, 5)
TENANT, USERS = "shop", 400
WINDOW = 1000  # 10 s in steps of 10 ms
GATES = {"off_by_max": 0.01, "calls_per_admitted": 0.05, "added_p99_ms": 0.3, "lost_ratio": 1.1}


@dataclass(frozen=True, slots=True)
class Plan:
    """rate, burst: of the limit; over: how much more is asked for."""

    rate: int = 2000
    burst: int = 200  # a tenth of a second: what the windows of 10 s may be off by
    over: float = 1.5
    seconds: int = 30
    lost_s: int = 30
    around_s: int = 12  # before and after the loss


QUICK = Plan(seconds=14, lost_s=5, around_s=5)


class Said(msgspec.Struct):
    """What one wrk said, limits.lua."""

    requests: int
    p50_ms: float
    p99_ms: float
    broken: int
    admitted: dict[int, int]
    refused: dict[int, int]
    decided_us: dict[int, int]


@dataclass
class Fleet:
    """Four edges, and the Redis each of them has."""

    folder: Path
    edges: list[Edge]
    turns: list[Path]
    redis: list[tuple[Path, subprocess.Popen[bytes]]]

    def calls(self) -> float:
        return sum(
            value for edge in self.edges for name, value in edge.metrics().items() if name.startswith("sluice_lease_calls")
        )

    def send(self, plan: Plan, seconds: float) -> list[subprocess.Popen[str]]:
        sent = []
        for share, edge, turns in zip(SHARES, self.edges, self.turns, strict=True):
            rate = f"{plan.rate * plan.over * share / 100:.0f}"
            wrk = ["wrk", "-t1", "-c24", f"-d{seconds:g}s", "--timeout", "5s", "-s", str(SCRIPT), f"{edge.url}/v1/chat"]
            sent.append(subprocess.Popen([*wrk, "--", str(turns), "1", rate], stdout=subprocess.PIPE, text=True))
        return sent


def _heard(sent: list[subprocess.Popen[str]]) -> list[Said]:
    return [msgspec.json.decode(one.communicate()[0].strip().splitlines()[-1], type=Said, strict=False) for one in sent]


def _tenants(folder: Path, rate: float, burst: int) -> Path:
    tenants = wide_tenants(folder)
    path = tenants / TENANT / "tenant.yaml"
    about = yaml.safe_load(path.read_text(encoding="utf-8"))
    about["limits"]["tenant"] = {"rate_per_s": rate, "burst": burst}
    path.write_text(yaml.safe_dump(about, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return tenants


@contextmanager
def _fleet(folder: Path, plan: Plan, together: bool) -> Iterator[Fleet]:
    """together: on one Redis; else each has its own, with its part of the limit."""
    fleet = Fleet(folder, [], [], [])
    folder.mkdir()
    wide = {"EVERYTHING_RATE_PER_S": "1000000", "EVERYTHING_BURST": "1000000", "EDGE_WORKERS": "1", "LATE_TURNS_MAX": "1000000"}
    wide |= {"ADDRESS_RATE_PER_S": "1000000", "ADDRESS_BURST": "1000000"}
    try:
        for number, share in enumerate(SHARES):
            if number == 0 or not together:
                fleet.redis.append(edges.redis(folder / f"redis-{number}"))
            part = 1.0 if together else share / 100
            limited = _tenants(folder / f"tenants-{number}", plan.rate * part, int(plan.burst * part))
            fleet.edges.append(edges.start(folder, f"edge-{number}", fleet.redis[-1][0], TENANTS=str(limited), **wide))
            fleet.turns.append(_turns(folder, number, fleet.edges[-1]))
        deadline = time.monotonic() + 10
        while [edge.metrics()["sluice_edges"] for edge in fleet.edges] != [4 if together else 1] * 4:
            if time.monotonic() > deadline:
                raise CannotStart("the edges do not see each other")
            time.sleep(0.1)
        yield fleet
    finally:
        for edge in fleet.edges:
            edge.stop()
        for _, process in fleet.redis:
            process.kill()
            process.wait()


def _turns(folder: Path, number: int, edge: Edge) -> Path:
    key, body = tokens.keys(edge.settings.keys, TENANT)[0], msgspec.json.encode({"query": HOT}).decode()
    minted = (tokens.mint(key, TENANT, f"u{number}-{user}", "sluice", 3600) for user in range(USERS))
    path = folder / f"turns-{number}.tsv"
    path.write_text("".join(f"{token}\t{body}\n" for token in minted), encoding="utf-8")
    return path


def _added(said: list[Said], what: str) -> Counter[int]:
    total: Counter[int] = Counter()
    for one in said:
        total.update(getattr(one, what))
    return total


def windows(admitted: Counter[int], first: int, last: int) -> list[int]:
    """What was admitted in each window of 10 s that lies between the two moments (steps of 10 ms)."""
    if last - first < WINDOW:
        return []
    total = sum(admitted[moment] for moment in range(first, first + WINDOW))
    found = [total]
    for moment in range(first + WINDOW, last):
        total += admitted[moment] - admitted[moment - WINDOW]
        found.append(total)
    return found


def percentile(counts: Counter[int], share: float) -> int:
    """The value that this share of all does not exceed."""
    wanted, seen = share * counts.total(), 0
    for value in sorted(counts):
        seen += counts[value]
        if seen >= wanted:
            return value
    return 0


def _drained(refused: Counter[int], plan: Plan) -> int:
    """The moment from which on the burst is gone: in the second after it, what is too much is refused."""
    too_much = plan.rate * (plan.over - 1)
    for moment in sorted(refused):
        if sum(refused[moment + step] for step in range(100)) >= 0.9 * too_much:
            return moment
    return max(refused, default=0)


def _decided(said: list[Said]) -> dict[str, float]:
    us = _added(said, "decided_us")
    return {"p50_ms": percentile(us, 0.5) / 1000, "p99_ms": percentile(us, 0.99) / 1000, "p999_ms": percentile(us, 0.999) / 1000}


def _full_rate(fleet: Fleet, plan: Plan, together: bool) -> dict[str, Any]:
    before, began = fleet.calls(), time.monotonic()
    said = _heard(fleet.send(plan, plan.seconds))
    seconds, calls = time.monotonic() - began, fleet.calls() - before
    admitted = _added(said, "admitted")
    first, last = min(admitted), max(admitted)
    drained = _drained(_added(said, "refused"), plan)
    found, whole = windows(admitted, drained, last), plan.rate * 10
    requests = sum(one.requests for one in said)
    result = {
        "requests": requests,
        "admitted": admitted.total(),
        "admitted_per_s_of_each": [round(sum(one.admitted.values()) / plan.seconds) for one in said],
        "broken": sum(one.broken for one in said),
        "seconds": round(seconds, 2),
        "client_p99_ms": [one.p99_ms for one in said],
        "decided": _decided(said),
    }
    if together:
        result |= {
            "window_of_limit": {"lowest": round(min(found) / whole, 4), "highest": round(max(found) / whole, 4)}
            if found
            else None,
            "windows": len(found),
            "first_10_s_of_burst_and_rate": round(max(windows(admitted, first, last)) / (plan.burst + whole), 4),
            "redis_calls": calls,
            "calls_per_request": round(calls / requests, 4),
            "calls_per_admitted": round(calls / admitted.total(), 4),
        }
    return result


def _loss(fleet: Fleet, plan: Plan) -> dict[str, Any]:
    """Redis is killed and started again, as the launcher would do it if it took that long."""
    pids = [edge.process.pid for edge in fleet.edges]
    sent = fleet.send(plan, 2 * plan.around_s + plan.lost_s)
    time.sleep(plan.around_s)
    socket, process = fleet.redis[0]
    lost = int(time.monotonic() * 100)
    process.kill()
    process.wait()
    socket.unlink(missing_ok=True)
    time.sleep(plan.lost_s)
    back = int(time.monotonic() * 100)
    fleet.redis[0] = edges.redis(socket.parent)
    said = _heard(sent)
    admitted = _added(said, "admitted")

    def ratio(first: int, last: int) -> float:
        return round(sum(admitted[moment] for moment in range(first, last)) / (plan.rate * (last - first) / 100), 4)

    found = windows(admitted, lost - WINDOW // 2, min(back + WINDOW, max(admitted)))
    return {
        "lost_s": plan.lost_s,
        "of_limit_before": ratio(lost - 300, lost),
        "of_limit_while_lost": ratio(lost, back),
        "of_limit_second_by_second": [ratio(moment, moment + 100) for moment in range(lost - 200, max(admitted) - 100, 100)],
        "highest_10_s": round(max(found) / (plan.rate * 10), 4) if found else None,
        "broken": sum(one.broken for one in said),
        "restarted": [edge.process.pid for edge in fleet.edges] != pids,
        "edges_after": [edge.metrics()["sluice_edges"] for edge in fleet.edges],
    }


def _measure(folder: Path, plan: Plan) -> dict[str, Any]:
    busy = os.getloadavg()[0]
    with _fleet(folder / "alone", plan, together=False) as fleet:
        options.say("each on its own ...")
        alone = _full_rate(fleet, plan, together=False)
    with _fleet(folder / "together", plan, together=True) as fleet:
        options.say("together, at full rate ...")
        together = _full_rate(fleet, plan, together=True)
        options.say("together, Redis killed ...")
        lost = _loss(fleet, plan)
        about = machine.about(fleet.edges[0].settings, triton=False) | {"load_before": round(busy, 2)}
    added = round(together["decided"]["p99_ms"] - alone["decided"]["p99_ms"], 3)
    window = together["window_of_limit"]
    measured = {
        "off_by_max": round(max(1 - window["lowest"], window["highest"] - 1), 4) if window else 1.0,
        "calls_per_admitted": together["calls_per_admitted"],
        "added_p99_ms": added,
        "lost_ratio": lost["of_limit_while_lost"],
    }
    gates = {name: {"measured": measured[name], "most": most, "kept": measured[name] <= most} for name, most in GATES.items()}
    chosen = {name: getattr(plan, name) for name in Plan.__slots__} | {"shares": SHARES, "users_of_each": USERS}
    return {"machine": about, "plan": chosen, "gates": gates, "alone": alone, "together": together, "lost": lost}


def main() -> int:
    parser = options.parser(__doc__, "limits.json")
    parser.add_argument("--rate", type=int, help="the limit, per second")
    arguments = parser.parse_args()
    plan = QUICK if arguments.quick else Plan()
    if arguments.rate:
        plan = replace(plan, rate=arguments.rate, burst=arguments.rate // 10)
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        result = _measure(folder, plan)
    except CannotStart as error:
        options.say(f"not measured: {error}")
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    options.write(arguments.result, result)
    print(msgspec.json.format(msgspec.json.encode(result["gates"]), indent=2).decode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
