"""What do tests of a cluster stand on? Six real nodes on loopback, formed once for all tests of a file."""

import asyncio
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import redis

from gateway import redis as gateway
from pyshim.outside.slots import slot_of
from pyshim.redis_address import host_and_port
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
    """Three masters and their replicas, and what tests do to them. more: options of redis-server, as it reads them; settings: as
    in defaults.env, without the prefix."""

    folder: Path
    nodes: tuple[str, ...]
    more: list[str] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def client(self, node: str) -> Any:
        """Says everything as Redis does."""
        host, port = host_and_port(node)
        made = redis.Redis(host, port, socket_timeout=10)
        made.response_callbacks.clear()
        return made

    def read(self, **more: str) -> Settings:
        """Settings of whoever uses it."""
        chosen = {"REDIS": f"redis://{','.join(self.nodes[:2])}", **self.settings, **more}
        return read_settings({PREFIX + name: value for name, value in chosen.items()})

    def start(self, node: str) -> None:
        port = host_and_port(node)[1]
        command = [*gateway.node_command(self.folder / str(port), port), *self.more]
        self.processes[node] = subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def begin(self) -> None:
        for node in self.nodes:
            self.start(node)
        asyncio.run(gateway.form(self.nodes))

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

    def master_of(self, key: str) -> str:
        slot = slot_of(key)
        return next(f"{host.decode()}:{port}" for first, last, (host, port, *_), *_ in self.slots() if first <= slot <= last)

    def slots(self) -> Any:
        return self.ask("CLUSTER", "SLOTS")

    def masters(self) -> set[str]:
        return {node for node, (_, of) in self.listed().items() if of == "-"}

    def replica_of(self, master: str) -> str:
        about = self.listed()
        return next(node for node, (_, of) in about.items() if of == about[master][0])

    def is_whole(self) -> bool:
        """Has every master its replica, and do all agree?"""
        return asyncio.run(gateway._whole(self.nodes))

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
        self.processes[node].kill()
        self.processes[node].wait(10)
        try:
            yield
        finally:
            self.start(node)
            wait_until(self.is_whole)


def is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


@contextmanager
def a_cluster(folder: Path, **more: Any) -> Iterator[RedisCluster]:
    made = RedisCluster(folder, tuple(f"127.0.0.1:{port}" for port in _ports(OWN_NODES)), **more)
    try:
        made.begin()
        yield made
    finally:
        made.end()


@pytest.fixture(scope="module")
def redis_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisCluster]:
    with a_cluster(tmp_path_factory.mktemp("c")) as made:
        yield made
