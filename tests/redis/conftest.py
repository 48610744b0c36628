"""What do tests of a cluster stand on? Six real nodes on loopback, formed once for all tests of a file."""

import asyncio
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import redis

from gateway import redis as gateway
from pyshim.hosts import host_and_port
from pyshim.outside.slots import SLOTS, slot_of
from pyshim.settings import OWN_NODES, PREFIX, Settings, read_settings
from tests.conftest import free_ports, wait_until

BUS = 10_000  # nodes talk to each other so much higher


def _ports(count: int) -> list[int]:
    found: list[int] = []
    while len(found) < count:
        [port] = free_ports(1)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port + BUS))
            except OSError:
                continue
        found.append(port)
    return found


@dataclass
class RedisCluster:
    """Three masters and their replicas, and what tests do to them. settings: of whoever uses it, as in defaults.env, without the
    prefix."""

    folder: Path
    nodes: tuple[str, ...]
    settings: dict[str, str] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    users: Iterator[str] = field(default_factory=lambda: map("u{}".format, count()))

    def client(self, node: str) -> Any:
        """Says everything as Redis does."""
        host, port = host_and_port(node)
        made = redis.Redis(host, port, socket_timeout=10)
        made.response_callbacks.clear()
        return made

    def read(self, **more: str) -> Settings:
        """Settings of whoever uses it; by two of its nodes, the second of which is a replica at first."""
        chosen = {"REDIS": f"redis://{self.nodes[0]},{self.nodes[-1]}", **self.settings, **more}
        return read_settings({PREFIX + name: value for name, value in chosen.items()})

    def command(self, port: int) -> list[str]:
        return gateway.node_command(self.folder / str(port), port)

    def start(self, node: str) -> None:
        self.processes[node] = subprocess.Popen(self.command(host_and_port(node)[1]), stdout=subprocess.DEVNULL)

    def form(self) -> None:
        asyncio.run(gateway.form(self.nodes))

    def begin(self) -> None:
        for node in self.nodes:
            self.start(node)
        self.form()

    def end(self) -> None:
        for process in self.processes.values():
            process.kill()
        for process in self.processes.values():
            process.wait(10)

    def ask(self, *command: str) -> Any:
        """What the first node says that can say something."""
        for node, process in self.processes.items():
            if process.poll() is None and not is_stopped(process.pid):
                with self.client(node) as client:
                    return client.execute_command(*command)
        raise AssertionError("no node is left")

    def listed(self) -> dict[str, tuple[str, str]]:
        """By node that is not lost: its id, and its master's, "-" of a master."""
        lines = [line.split() for line in self.ask("CLUSTER", "NODES").decode().splitlines()]
        return {line[1].partition("@")[0]: (line[0], line[3]) for line in lines if "fail" not in line[2].split(",")}

    def owners(self) -> list[str]:
        """By slot, the master that has it."""
        found = [""] * SLOTS
        for first, last, (host, port, *_), *_ in self.ask("CLUSTER", "SLOTS"):
            found[first : last + 1] = [f"{host.decode()}:{port}"] * (last - first + 1)
        return found

    def masters(self) -> list[str]:
        return sorted({*self.owners()})

    def user_at(self, node: str) -> str:
        """A user of the shop, new at each call, whose conversation that node has."""
        owners = self.owners()
        return next(user for user in self.users if owners[slot_of(f"{{shop:{user}}}")] == node)

    def replica_of(self, master: str) -> str:
        """As soon as the others have heard that it is that."""

        def found() -> str | None:
            about = self.listed()
            return next((node for node, (_, of) in about.items() if of == about[master][0]), None)

        return str(wait_until(found))

    def is_whole(self) -> bool:
        """Do all agree, and has every replica what its master has?"""
        try:
            return all(map(self._is_whole, self.nodes))
        except redis.RedisError:
            return False

    def _is_whole(self, node: str) -> bool:
        with self.client(node) as client:
            about = client.execute_command("CLUSTER", "INFO") + client.execute_command("INFO", "replication")
        agreed = b"cluster_state:ok" in about and b"cluster_known_nodes:%d" % OWN_NODES in about
        return agreed and (b"state=online" if b"role:master" in about else b"master_link_status:up") in about

    @contextmanager
    def stopped(self, node: str) -> Iterator[None]:
        """It takes connections and says nothing."""
        os.kill(self.processes[node].pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.processes[node].pid, signal.SIGCONT)

    @contextmanager
    def killed(self, node: str) -> Iterator[None]:
        self.kill(node)
        try:
            yield
        finally:
            self.start(node)
            self.settle()

    def kill(self, node: str) -> None:
        self.processes[node].kill()
        self.processes[node].wait(10)

    def settle(self) -> None:
        """Waits until whoever was away is there again."""
        wait_until(self.is_whole)


def is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


@contextmanager
def running(folder: Path, kind: type[RedisCluster] = RedisCluster, **more: Any) -> Iterator[RedisCluster]:
    made = kind(folder, tuple(f"127.0.0.1:{port}" for port in _ports(OWN_NODES)), **more)
    try:
        made.begin()
        yield made
    finally:
        made.end()


@pytest.fixture(scope="module")
def redis_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisCluster]:
    with running(tmp_path_factory.mktemp("c")) as made:
        yield made
