"""Do good customers notice an attack? The result: loadtest/results/attacks.json.

One nginx with its shipped limits; known customers of one address ask hot questions at a steady rate, and one attack after
another comes at ten times that rate (loadtest/bench/attack.py), from addresses of its own and once from theirs. Measured: their
p99 without and with the attack, whether anybody of them was refused, what a request of the attack costs nginx, and what the
attacker was told. The attacker shares the cores with what it attacks, at the lowest priority; what its work takes all the same
is in the ratio. So each attack also goes against a bare nginx beside the edge, which refuses everything without looking: what
the customers feel of that is the machine, and not sluice.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import msgspec

from loadtest.bench import attack, options, wrk
from loadtest.bench.sequence import Turn
from loadtest.place import edges
from loadtest.place.edges import HOT, START_S, Edge
from loadtest.place.stack import CannotStart, free_ports, wide_tenants
from loadtest.seen import machine, processor
from pyshim.identity import tokens

TENANT, USERS, LONG_AGO = "shop", 2000, 1_500_000_000
P99_RATIO_MAX = 1.5
BARE = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log; worker_processes 2;
events {{ worker_connections 16384; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u;
    scgi_temp_path {folder}/s;
    server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ return 403; }} }}
}}
"""
NOTHING = "nothing"  # no attack at all: what two quiet rounds differ by on this machine
CARRIER = "forged_tokens"  # the attack that comes from the customers' own address, too


@dataclass(frozen=True, slots=True)
class Plan:
    """rate: good turns a second; times: how much more the attack is; rounds: of each, the median counts."""

    rate: int = 300
    times: int = 10
    seconds: int = 4
    rounds: int = 3
    connections: int = 32


QUICK = Plan(seconds=3, rounds=1)


class Bench:
    """One edge, its good customers and its attackers."""

    def __init__(self, edge: Edge, folder: Path, plan: Plan, bare: int) -> None:
        self._edge, self._plan, self._bare = edge, plan, bare
        self._key = tokens.keys(folder / "keys", TENANT)[0]
        turns = [Turn(self._token(f"good-{user}", LONG_AGO), HOT) for user in range(USERS)]
        self._good = wrk.Load(f"{edge.url}/v1/chat", wrk.write(folder / "good.tsv", turns), plan.connections, plan.rate)
        self._network = 9

    def _token(self, user: str, known_since: int | None = None) -> str:
        return tokens.mint(self._key, TENANT, user, "sluice", 3600, known_since=known_since)

    def _customers(self) -> wrk.Run:
        done = subprocess.run(self._good.command(self._plan.seconds), capture_output=True, text=True, check=True)
        return wrk.parse(done.stdout)

    def _attacked(self, kind: str, carrier: bool, port: int) -> tuple[wrk.Run, dict[str, Any]]:
        """Attackers begin a second before the customers, and stay a second longer. Each time they come from other addresses."""
        if kind == NOTHING:
            return self._customers(), {"begun_per_s": 0}
        self._network += 1
        attack_command = [sys.executable, "-m", "loadtest.bench.attack", kind, str(port)]
        attack_command += [f"--rate={self._plan.rate * self._plan.times}", f"--seconds={self._plan.seconds + 2}"]
        attack_command += [f"--network={0 if carrier else self._network}", f"--token={self._token(f'bad-{self._network}')}"]
        attack_command += [f'--hot={{"query":"{HOT}"}}']
        attacker = subprocess.Popen(attack_command, stdout=subprocess.PIPE, text=True)
        with suppress(subprocess.TimeoutExpired):
            attacker.wait(1)
        during = self._customers()
        return during, msgspec.json.decode(attacker.communicate()[0])

    def of(self, kind: str, carrier: bool = False) -> dict[str, Any]:
        calm, beside, attacked, attackers, costs = [], [], [], [], []
        for _ in range(self._plan.rounds):
            beside.append(self._attacked(kind, carrier, self._bare)[0])
            before_s = processor.seconds(self._edge.process.pid)
            calm.append(self._customers())
            calm_s = processor.seconds(self._edge.process.pid)
            during, said = self._attacked(kind, carrier, self._edge.settings.port)
            during_s = processor.seconds(self._edge.process.pid)
            attacked.append(during)
            attackers.append(said)
            begun = said["begun_per_s"] * (self._plan.seconds + 2)
            costs.append(((during_s - calm_s) - (calm_s - before_s)) / begun * 1e6 if begun else 0.0)
        ratios, machines = ([a.p99_ms / b.p99_ms for a, b in zip(runs, calm, strict=True)] for runs in (attacked, beside))
        found = {
            "p99_before_ms": median(run.p99_ms for run in calm),
            "p99_during_ms": median(run.p99_ms for run in attacked),
            "p99_ratio": round(median(ratios), 2),
            "p99_ratio_beside": round(median(machines), 2),
            "p50_before_ms": median(run.p50_ms for run in calm),
            "p50_during_ms": median(run.p50_ms for run in attacked),
            "p99_ratios": [round(ratio, 2) for ratio in ratios],
            "nginx_us": round(median(costs), 1),
            "good_turns": sum(run.requests for run in attacked),
            "good_refused": sum(run.refused + run.broken for run in attacked),
            "attackers": attackers,
            "kept": median(ratios) <= P99_RATIO_MAX,
        }
        options.say(f"{kind}{' from the same address' if carrier else ''}: {found}")
        return found


def _listens(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def _bare_nginx(folder: Path) -> Iterator[int]:
    """Its port. Raises CannotStart."""
    folder.mkdir()
    port = free_ports(1)[0]
    (folder / "nginx.conf").write_text(BARE.format(folder=folder, port=port), encoding="utf-8")
    process = subprocess.Popen(["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")], start_new_session=True)
    try:
        deadline = time.monotonic() + START_S
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise CannotStart("the bare nginx did not start")
            time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        process.wait(15)


def _measure(folder: Path, plan: Plan) -> dict[str, Any]:
    busy = os.getloadavg()[0]
    socket, redis = edges.redis(folder / "redis")
    edge = None
    try:
        edge = edges.start(folder, "edge", socket, TENANTS=str(wide_tenants(folder / "tenants")), EDGE_WORKERS="2")
        with _bare_nginx(folder / "bare") as bare:
            bench = Bench(edge, folder, plan, bare)
            found = {kind: bench.of(kind) for kind in (NOTHING, *attack.attacks("", b""))}
            found[f"{CARRIER}_same_address"] = bench.of(CARRIER, carrier=True)
        about = machine.about(edge.settings, triton=False) | {"load_before": round(busy, 2)}
    finally:
        if edge is not None:
            edge.stop()
        redis.kill()
        redis.wait()
    chosen = {name: getattr(plan, name) for name in Plan.__slots__} | {"p99_ratio_max": P99_RATIO_MAX}
    return {"machine": about, "plan": chosen, "attacks": found}


def main() -> int:
    parser = options.parser(__doc__, "attacks.json")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    try:
        result = _measure(folder, QUICK if arguments.quick else Plan())
    except (CannotStart, wrk.BadRun) as error:
        options.say(f"not measured: {error}")
        return 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    options.write(arguments.result, result)
    for kind, one in result["attacks"].items():
        times = f"{one['p99_before_ms']:6.2f} -> {one['p99_during_ms']:6.2f} ms  x{one['p99_ratio']:.2f}"
        print(f"{kind:28} p99 {times}, x{one['p99_ratio_beside']:.2f} beside; {one['nginx_us']:.0f} us of nginx a request")
    return 0


if __name__ == "__main__":
    sys.exit(main())
