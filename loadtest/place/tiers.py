"""What does a sluice look like whose parts stand on machines of their own? Namespaces joined by veth.

    with tiers(folder) as one: one.net, one.pids(1), one.settings["edge-1"]

An edge and its shim are a pair: the second one waits for a replica with each trip of turns (SLUICE_REDIS_WAIT=1). Triton and
Redis, with a replica, are the same for both. Between machines of ours: mutual TLS.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from gateway.redis import command as redis_command
from loadtest.place.certificates import Authority
from loadtest.place.fleet import EDGES, REDIS_PORT, SHIM_PORT, SHIMS, TRITON, Fleet, Nodes
from loadtest.place.network import network
from pyshim.hosts import host_and_port

MASTER, REPLICA = "redis-1", "redis-2"
HOSTS = (*EDGES, *SHIMS, TRITON, MASTER, REPLICA)
WAITING = (EDGES[1], SHIMS[1])


class Single(Nodes):
    """One Redis, whose replica stands elsewhere."""

    @property
    def replica(self) -> str:
        return f"{self.net.address(REPLICA)}:{REDIS_PORT}"

    def command(self, node: str) -> list[str]:
        host, port = host_and_port(node)
        more = {"bind": host, "port": str(port), "protected-mode": "no"}
        if node == self.replica:
            more["replicaof"] = f"{self.net.address(MASTER)} {REDIS_PORT}"
        return self.net.on(self.host(node), redis_command(self.folder / self.host(node), None, more=more))


class Tiers(Fleet):
    def chosen(self, host: str, shared: dict[str, str]) -> dict[str, str]:
        found = super().chosen(host, shared)
        if host in EDGES:
            found["SHIMS_AT"] = f"{self.net.address(SHIMS[EDGES.index(host)])}:{SHIM_PORT}"
        return found | ({"REDIS_WAIT": "1"} if host in WAITING else {})

    def pids(self, pair: int) -> dict[str, int]:
        """By part, of the first or the second pair and what is behind both."""
        return {
            "edge": self.pid(EDGES[pair], "nginx"),
            "shim": self.pid(SHIMS[pair], "shim-0"),
            "triton": self.pid(TRITON, "triton"),
            "redis": self.cluster.processes[self.cluster.nodes[0]].pid,
        }


@contextmanager
def tiers(folder: Path, **shared: str) -> Iterator[Tiers]:
    """Ready to be asked, on their own machines (net.inside). shared: settings of all machines, without the prefix. Raises
    CannotStart, NoNetwork."""
    with network(HOSTS) as net:
        redis = Single((f"{net.address(MASTER)}:{REDIS_PORT}",), folder, 1000)
        redis.net = net
        made = Tiers(folder, net, redis)
        known = shared | Authority(folder).signed("machine")
        try:
            for node in (redis.nodes[0], redis.replica):
                redis.start(node)
            made.start(TRITON, known)
            with ThreadPoolExecutor() as pool:
                list(pool.map(lambda host: made.start(host, known), SHIMS))
                list(pool.map(lambda host: made.start(host, known), EDGES))
            yield made
        finally:
            made.stop()
