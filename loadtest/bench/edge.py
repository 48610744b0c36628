"""What does each part of the edge cost, and does it stay that way as things grow? The result: loadtest/results/edge.json.

Only nginx and Redis run, and wrk beside them. The hot path is compared with the same nginx whose Lua only makes one EVALSHA, with
the client library as anybody would use it: the script that writes a turn, since a turn that is not written would be forgotten.
Beside it stands the least script there is, which shows what writing costs. Metering alone is compared with nginx's own limit_req
(edge_bench.conf). A part's cost is processor time of nginx for each turn, the difference of two handlers of which one goes a part
further: that does not depend on what else the machine does.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import msgspec

from loadtest.bench import holders, options, wrk
from loadtest.bench.holders import User
from loadtest.bench.options import say
from loadtest.bench.sequence import turns
from loadtest.bench.wrk import BadRun, Load
from loadtest.place import edges
from loadtest.place.edges import Edge
from loadtest.place.stack import CannotStart, free_ports, wide_tenants
from loadtest.seen import machine, processor
from loadtest.what.sentences import Corpus, sentences
from pyshim.settings import read_settings
from pyshim.understanding.model import read_model

CONF = Path(__file__).with_name("edge_bench.conf")
TENANTS, USERS, CONNECTIONS, HOT = ("bank", "shop", "telecom"), 5000, 64, 60
WIDE = dict.fromkeys(("EVERYTHING_RATE_PER_S", "EVERYTHING_BURST", "ADDRESS_RATE_PER_S", "ADDRESS_BURST"), "1000000")
HOT_PATH = "/v1/chat"
CASES = (HOT_PATH, "/evalsha", "/evalsha_commit", "/only_meter", "/limit_req")
PARTS = ("/empty", "/screen", "/identity", "/meter", "/router", HOT_PATH)
NAMED = ("/evalsha_commit", "/only_meter", "/limit_req")
NAMES = {"/empty": "nginx and an empty Lua handler", HOT_PATH: "commit (and its reply, headers, log)"}
GATES = (
    ("hot path / one EVALSHA that writes a turn", HOT_PATH, "/evalsha_commit", 0.75),
    ("metering / limit_req", "/only_meter", "/limit_req", 0.7),
)
BESIDE = ("hot path / the least EVALSHA", HOT_PATH, "/evalsha")
WORKERS, MANY_USERS, MANY_TENANTS = (1, 2, 4), (10, 1000, 100_000), (3, 30, 300)


@dataclass(frozen=True, slots=True)
class Plan:
    """How long it takes."""

    rounds: int = 3
    seconds: float = 6
    warm_s: float = 2


QUICK = Plan(rounds=1, seconds=2, warm_s=1)


class Figures(msgspec.Struct):
    """Of one case: turns a second, milliseconds, microseconds of processor for each turn."""

    per_s: float
    p50_ms: float
    p99_ms: float
    nginx_us: float
    redis_us: float


@dataclass
class Bench:
    """An edge, the port of edge_bench.conf, its Redis, and what is sent."""

    edge: Edge
    port: int
    redis_pid: int
    turns: Path

    def url(self, path: str) -> str:
        return f"{self.edge.url}{path}" if path == HOT_PATH else f"http://127.0.0.1:{self.port}{path}"

    def measure(self, path: str, plan: Plan) -> Figures:
        """Raises BadRun."""
        load = Load(self.url(path), self.turns, CONNECTIONS, named=path in NAMED)
        wrk.run(load, plan.warm_s)
        before = processor.seconds(self.edge.process.pid), processor.seconds(self.redis_pid)
        run = wrk.run(load, plan.seconds)
        after = processor.seconds(self.edge.process.pid), processor.seconds(self.redis_pid)
        nginx_us, redis_us = ((b - a) / run.requests * 1e6 for a, b in zip(before, after, strict=True))
        return Figures(run.per_s, run.p50_ms, run.p99_ms, nginx_us, redis_us)


def _tenants(folder: Path, count: int) -> tuple[Path, list[str]]:
    """The shipped tenants, and copies of the shop until there are so many."""
    tenants = wide_tenants(folder)
    names = list(TENANTS)
    threshold = read_model(read_settings({}).models).calibration.router_threshold("shop")
    for number in range(count - len(TENANTS)):
        names.append(f"shop{number}")
        shutil.copytree(tenants / "shop", tenants / names[-1])
        with (tenants / names[-1] / "tenant.yaml").open("a", encoding="utf-8") as about:
            about.write(f"thresholds: {{router: {threshold}}}\n")  # what the model is calibrated to for the shop
    return tenants, names


@contextmanager
def _standing(
    folder: Path, questions: dict[str, Corpus], workers: int = 2, people: int = USERS, tenants: int = 3
) -> Iterator[Bench]:
    """questions: hot ones of the shipped tenants; empty: to be found out. Raises CannotStart."""
    folder.mkdir()
    socket, redis = edges.redis(folder / "redis")
    port = free_ports(1)[0]
    extra = CONF.read_text(encoding="utf-8").replace("${BENCH_PORT}", str(port))
    where, names = _tenants(folder / "tenants", tenants)
    settings = WIDE | {"TENANTS": str(where), "EDGE_WORKERS": str(workers), "TRITON_QUEUE_SIZE": "512"}
    try:
        edge = edges.start(folder, "edge", socket, extra, **settings)
        try:
            if not questions:
                questions |= _hot(edge, holders.mint(edge.settings, list(TENANTS), len(TENANTS), "scout"))
            asked = {name: questions["shop" if name.startswith("shop") else name] for name in names}
            made = holders.mint(edge.settings, names, people)
            file = wrk.write(folder / "turns.tsv", turns(made, asked, 0.0))
            yield Bench(edge, port, redis.pid, file)
        finally:
            edge.stop()
    finally:
        redis.terminate()
        redis.wait(10)


def _hot(edge: Edge, scouts: list[User]) -> dict[str, Corpus]:
    """Questions that are answered at the edge, by asking it."""
    found = {}
    for scout in scouts:
        hot: list[str] = []
        with httpx.Client(headers={"Authorization": f"Bearer {scout.token}"}, timeout=10, trust_env=False) as client:
            for question in sentences(scout.tenant):
                if client.post(edge.url + HOT_PATH, json={"query": question}).status_code == 200:
                    hot.append(question)
                if len(hot) == HOT:
                    break
        found[scout.tenant] = Corpus(hot, [])
    return found


def _median(runs: list[Figures]) -> dict[str, float]:
    return {name: round(median(getattr(run, name) for run in runs), 2) for name in Figures.__struct_fields__}


def _compared(bench: Bench, plan: Plan) -> dict[str, dict[str, float]]:
    """Every case in every round, each round beginning with another."""
    cases = list(dict.fromkeys([*CASES, *PARTS]))
    runs: dict[str, list[Figures]] = {case: [] for case in cases}
    for number in range(plan.rounds):
        for case in cases[number:] + cases[:number]:
            runs[case].append(bench.measure(case, plan))
            one = runs[case][-1]
            say(f"round {number + 1}  {case:16} {one.per_s:9,.0f}/s  p99 {one.p99_ms:6.2f} ms  nginx {one.nginx_us:6.1f} us")
    return {case: _median(found) for case, found in runs.items()}


def _grown(folder: Path, questions: dict[str, Corpus], plan: Plan) -> dict[str, dict[int, dict[str, float]]]:
    grown: dict[str, dict[int, dict[str, float]]] = {"workers": {}, "users": {}, "tenants": {}}
    wanted = [("workers", count, {"workers": count}) for count in WORKERS]
    wanted += [("users", count, {"people": count}) for count in MANY_USERS]
    wanted += [("tenants", count, {"tenants": count}) for count in MANY_TENANTS]
    for kind, count, chosen in wanted:
        with _standing(folder / f"{kind}-{count}", questions, **chosen) as bench:
            grown[kind][count] = _median([bench.measure(HOT_PATH, plan) for _ in range(plan.rounds)])
        one = grown[kind][count]
        say(f"{count:7,} {kind:8} {one['per_s']:9,.0f}/s  p99 {one['p99_ms']:6.2f} ms  nginx {one['nginx_us']:6.1f} us")
    return grown


def _ratio(cases: dict[str, dict[str, float]], ours: str, theirs: str) -> float:
    return round(cases[ours]["per_s"] / cases[theirs]["per_s"], 3)


def gates(cases: dict[str, dict[str, float]]) -> list[dict[str, Any]]:
    """Each goal, what was measured, and whether it holds."""
    found = []
    for goal, ours, theirs, least in GATES:
        ratio = _ratio(cases, ours, theirs)
        found.append({"goal": goal, "at_least": least, "measured": ratio, "holds": ratio >= least})
    return found


def costs(cases: dict[str, dict[str, float]]) -> list[dict[str, Any]]:
    """Microseconds of nginx's processor for each part."""
    found, before = [], 0.0
    for part in PARTS:
        found.append({"part": NAMES.get(part, part.removeprefix("/")), "us": round(cases[part]["nginx_us"] - before, 1)})
        before = cases[part]["nginx_us"]
    return found


def table(result: dict[str, Any]) -> str:
    """The result as somebody reads it in a terminal."""
    about, cases = result["machine"], result["cases"]
    lines = [f"{about['cpu']}, {about['cores']} cores; {about['date']}; load average before: {about['load_before']}", ""]
    lines += [f"  {'':18}{'turns/s':>10}{'p50 ms':>9}{'p99 ms':>9}{'nginx us':>10}{'Redis us':>10}"]
    for case in CASES:
        one = cases[case]
        cells = f"{one['per_s']:10,.0f}{one['p50_ms']:9.2f}{one['p99_ms']:9.2f}{one['nginx_us']:10.1f}{one['redis_us']:10.1f}"
        lines.append(f"  {case:18}{cells}")
    lines += ["", "Goals"]
    for gate in result["gates"]:
        verdict = "holds" if gate["holds"] else "MISSED"
        lines.append(f"  {gate['goal']:44}>= {gate['at_least']:<6g}measured {gate['measured']:<7g}{verdict}")
    lines.append(f"  {BESIDE[0]:53}measured {result['beside']:<7g}")
    lines += ["", "Cost of each part, us of nginx's processor a turn"]
    lines += [f"  {one['part']:40}{one['us']:7.1f}" for one in result["costs"]]
    lines += ["", "Growth of the hot path"]
    for kind, found in result["growth"].items():
        for count, one in found.items():
            cells = f"{one['per_s']:9,.0f}/s  p99 {one['p99_ms']:6.2f} ms  {one['nginx_us']:6.1f} us"
            lines.append(f"  {int(count):7,} {kind:8} {cells}")
    return "\n".join([*lines, "", "wrk, nginx and Redis share this machine's cores; medians of the rounds."])


def main() -> int:
    parser = options.parser(__doc__, "edge.json")
    arguments = parser.parse_args()
    plan = QUICK if arguments.quick else Plan()
    busy, questions = os.getloadavg()[0], {}  # type: float, dict[str, Corpus]
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        try:
            with _standing(Path(name) / "cases", questions) as bench:
                about = machine.about(bench.edge.settings, triton=False) | {"load_before": round(busy, 2)}
                cases = _compared(bench, plan)
            grown = _grown(Path(name), questions, plan)
        except (CannotStart, BadRun, subprocess.SubprocessError) as error:
            say(f"not measured: {error}")
            return 1
    result = {
        "machine": about,
        "plan": {"rounds": plan.rounds, "seconds": plan.seconds, "users": USERS, "connections": CONNECTIONS, "workers": 2},
        "cases": cases,
        "gates": gates(cases),
        "beside": _ratio(cases, *BESIDE[1:]),
        "costs": costs(cases),
        "growth": grown,
        "command": "make bench-edge",
        "at": time.strftime("%Y-%m-%d"),
    }
    options.write(arguments.result, result)
    print(table(json.loads(json.dumps(result))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
