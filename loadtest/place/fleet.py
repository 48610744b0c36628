"""What does a fleet look like on one machine? Twelve hosts in namespaces: two edges, two shims, Triton, six Redis, and who asks.

    with fleet(folder) as one: one.net.cut("redis-1"), one.urls, one.cluster, one.ready()

Each of ours runs under a launcher as it would on its own machine, which starts again what dies; Redis is started again by
start(), as a service manager would. The calling thread is on the host of who asks.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from gateway.redis import form, node_command
from loadtest.place.cluster import Cluster
from loadtest.place.network import Network, network
from loadtest.place.stack import CannotStart
from pyshim.hosts import host_and_port
from pyshim.identity import tokens
from pyshim.settings import OWN_NODES, PREFIX, ROOT, Settings, read_settings

EDGES, SHIMS, TRITON, CLIENT = ("edge-1", "edge-2"), ("shim-1", "shim-2"), "triton", "client"
REDIS = tuple(f"redis-{number}" for number in range(1, OWN_NODES + 1))
HOSTS = (*EDGES, *SHIMS, TRITON, *REDIS, CLIENT)
PORT, OPERATIONS_PORT, SHIM_PORT, TRITON_PORT, REDIS_PORT = 8080, 8081, 8110, 8101, 7001
START_S = 120.0


class Nodes(Cluster):
    """Six Redis, each on its host."""

    net: Network

    def host(self, node: str) -> str:
        return next(host for host in REDIS if node == f"{self.net.address(host)}:{REDIS_PORT}")

    def command(self, node: str) -> list[str]:
        host, _ = host_and_port(node)
        # Without a password Redis speaks to loopback only; nobody else is on this network.
        more = {"bind": host, "protected-mode": "no"}
        name = self.host(node)
        return self.net.on(name, node_command(self.folder / name, REDIS_PORT, timeout_ms=self.timeout_ms, more=more))


@dataclass
class Fleet:
    """settings: of each host of ours, as its launcher reads them."""

    folder: Path
    net: Network
    cluster: Nodes
    settings: dict[str, Settings] = field(default_factory=dict)
    launchers: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def urls(self) -> list[str]:
        return [f"http://{self.net.address(host)}:{PORT}" for host in EDGES]

    def token(self, user: str, tenant: str = "shop") -> str:
        return tokens.mint(tokens.keys(self.folder / "keys", tenant)[0], tenant, user, "sluice", 3600)

    def chosen(self, host: str, shared: dict[str, str]) -> dict[str, str]:
        """Its settings, without the prefix."""
        of = {
            "triton": {"PORT": "0", "SHIMS": "0", "TRITON_HOST": self.net.address(host)},
            "shim": {
                "PORT": "0",
                "SHIM_LISTEN": f"{self.net.address(host)}:{SHIM_PORT}",
                "TRITON": f"{self.net.address(TRITON)}:{TRITON_PORT}",
            },
            "edge": {"HOST": "0.0.0.0", "PORT": str(PORT), "SHIMS": "0", "SHIMS_AT": f"shims:{SHIM_PORT}"},
        }[host.partition("-")[0]]
        var = {"VAR": str(self.folder / host), "NODE": host, "REDIS": self.cluster.address}
        return shared | var | of

    def start(self, host: str, shared: dict[str, str]) -> None:
        """Starts its launcher and waits until that is ready. Raises CannotStart."""
        environment = {PREFIX + name: value for name, value in self.chosen(host, shared).items()}
        settings = self.settings[host] = read_settings(environment)
        settings.var.mkdir(exist_ok=True)
        (self.folder / "keys").mkdir(exist_ok=True)
        settings.keys.symlink_to(self.folder / "keys")
        said = self.folder / f"{host}.out"
        command = self.net.on(host, [sys.executable, "-m", "gateway.launcher"])
        bare = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        with said.open("wb") as output:
            process = subprocess.Popen(command, cwd=ROOT, env=bare | environment, stdout=output, stderr=subprocess.STDOUT)
        self.launchers[host] = process
        deadline = time.monotonic() + START_S
        while b"is ready" not in said.read_bytes():
            if process.poll() is not None or time.monotonic() > deadline:
                raise CannotStart(f"{host} did not start:\n{said.read_text(errors='replace')}")
            time.sleep(0.1)

    def stop(self) -> None:
        running = [one for one in self.launchers.values() if one.poll() is None]
        for one in running:
            one.send_signal(signal.SIGTERM)
        for one in running:
            one.wait(60)
        self.cluster.stop()

    def pid(self, host: str, part: str) -> int:
        return int((self.settings[host].run / f"{part}.pid").read_text())

    def ready(self) -> bool:
        return all(self.operations(host, "/readyz").status_code == 200 for host in EDGES)

    def metrics(self, host: str) -> dict[str, float]:
        lines = (line.rsplit(" ", 1) for line in self.operations(host, "/metrics").text.splitlines() if line and line[0] != "#")
        return {name: float(value) for name, value in lines}

    def operations(self, host: str, path: str) -> httpx.Response:
        """What an edge says on its loopback; 503 where it says nothing."""
        try:
            with self.net.inside(host):
                return httpx.get(f"http://127.0.0.1:{OPERATIONS_PORT}{path}", timeout=10, trust_env=False)
        except httpx.HTTPError:
            return httpx.Response(503)


@contextmanager
def fleet(folder: Path, **shared: str) -> Iterator[Fleet]:
    """Ready to be asked. shared: settings of all hosts of ours, without the prefix, MTLS_* among them. Raises CannotStart,
    NoNetwork."""
    with network(HOSTS, {"shims": SHIMS}) as net, net.inside(CLIENT):
        cluster = Nodes(tuple(f"{net.address(host)}:{REDIS_PORT}" for host in REDIS), folder, 1000)
        cluster.net = net
        made = Fleet(folder, net, cluster)
        try:
            for node in cluster.nodes:
                cluster.start(node)
            asyncio.run(form(cluster.nodes))
            made.start(TRITON, shared)
            with ThreadPoolExecutor() as pool:
                list(pool.map(lambda host: made.start(host, shared), [*SHIMS, *EDGES]))
            yield made
        finally:
            made.stop()
