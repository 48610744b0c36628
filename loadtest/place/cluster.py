"""What does a Redis Cluster look like on one machine? Six nodes on loopback, as `make run REDIS=cluster` starts them.

with cluster(folder) as made: made.address, made.master_of(key), made.kill(node), made.pause(node), made.move(...)
"""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import redis
from redis.cluster import RedisCluster
from redis.crc import key_slot

from gateway.redis import NODE_TIMEOUT_MS, form, node_command
from loadtest.place.stack import paired_ports
from pyshim.hosts import host_and_port
from pyshim.settings import OWN_NODES

BUS = 10000  # nodes talk to each other so many ports higher


@dataclass
class Cluster:
    nodes: tuple[str, ...]
    folder: Path
    timeout_ms: int
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return "redis://" + ",".join(self.nodes)

    def command(self, node: str) -> list[str]:
        port = host_and_port(node)[1]
        return node_command(self.folder / str(port), port, timeout_ms=self.timeout_ms)

    def start(self, node: str) -> None:
        self.processes[node] = subprocess.Popen(self.command(node), stdout=subprocess.DEVNULL)

    def stop(self) -> None:
        for process in self.processes.values():
            process.kill()  # one that is paused, too
        for process in self.processes.values():
            process.wait()

    def client(self) -> Any:
        """Of what is there now."""
        host, port = host_and_port(next(node for node in self.nodes if self._answers(node)))
        return RedisCluster(host=host, port=port)

    def at(self, node: str) -> Any:
        host, port = host_and_port(node)
        one = redis.Redis(host=host, port=port, socket_timeout=2)
        for command in ("CLUSTER NODES", "CLUSTER SLOTS"):
            one.response_callbacks.pop(command, None)  # as Redis says it
        return one

    def _answers(self, node: str) -> bool:
        try:
            return bool(self.at(node).ping())
        except redis.RedisError:
            return False

    def owners(self, asked: str = "") -> dict[tuple[int, int], str]:
        """Ranges of slots and the master of each, as one node sees them."""
        asked = asked or next(node for node in self.nodes if self._answers(node))
        told = self.at(asked).execute_command("CLUSTER SLOTS")
        return {(first, last): f"{master[0].decode()}:{master[1]}" for first, last, master, *_ in told}

    def master_of(self, key: str) -> str:
        slot = self.slot_of(key)
        return next(node for (first, last), node in self.owners().items() if first <= slot <= last)

    @staticmethod
    def slot_of(key: str) -> int:
        return int(key_slot(key.encode()))

    def histories(self, tenant: str, users: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
        """By user the stored turns, newest first."""
        client = self.client()
        try:
            kept = {user: client.lrange(f"h:{{{tenant}:{user}}}", 0, -1) for user in users}
        finally:
            client.close()
        return {user: [msgspec.json.decode(entry) for entry in entries] for user, entries in kept.items()}

    def masters(self) -> list[str]:
        return sorted(set(self.owners().values()))

    def ids(self, asked: str) -> dict[str, tuple[str, str]]:
        """Of each node: its id, and that of its master or "-", as one of them knows them."""
        told = self.at(asked).execute_command("CLUSTER NODES")
        rows = [line.split(" ") for line in (told.decode() if isinstance(told, bytes) else told).splitlines()]
        return {row[1].partition("@")[0]: (row[0], row[3]) for row in rows}

    def replica_of(self, master: str) -> str:
        known = self.ids(master)
        return next(node for node, (_, of) in known.items() if of == known[master][0])

    def signal(self, node: str, number: signal.Signals) -> None:
        os.kill(self.processes[node].pid, number)

    def kill(self, node: str) -> None:
        self.signal(node, signal.SIGKILL)
        self.processes[node].wait()

    @contextmanager
    def paused(self, node: str) -> Iterator[None]:
        self.signal(node, signal.SIGSTOP)
        try:
            yield
        finally:
            self.signal(node, signal.SIGCONT)

    def settled(self) -> bool:
        """Does every living node name the same masters, each of them alive, with a replica that is up to date?"""
        alive = [node for node in self.nodes if self.processes[node].poll() is None]
        try:
            views = [self.owners(node) for node in alive]
            return all(view == views[0] for view in views) and set(views[0].values()) <= set(alive)
        except redis.RedisError:
            return False

    def wait(self, what: Callable[[], bool], within_s: float = 30) -> None:
        until = time.monotonic() + within_s
        while not what():
            if time.monotonic() > until:
                raise TimeoutError(f"not true within {within_s} s: {what}")
            time.sleep(0.05)

    def move(self, source: str, target: str, slots: list[int]) -> None:
        """Moves slots with all their keys, one after the other, as redis-cli does."""
        names = {node: known[0] for node, known in self.ids(source).items()}
        old, new = self.at(source), self.at(target)
        host, port = host_and_port(target)
        for slot in slots:
            new.execute_command("CLUSTER SETSLOT", slot, "IMPORTING", names[source])
            old.execute_command("CLUSTER SETSLOT", slot, "MIGRATING", names[target])
            while keys := old.execute_command("CLUSTER GETKEYSINSLOT", slot, 100):
                old.execute_command("MIGRATE", host, port, "", 0, 5000, "KEYS", *keys)
            for node in (new, old):
                node.execute_command("CLUSTER SETSLOT", slot, "NODE", names[target])


@contextmanager
def cluster(folder: Path, timeout_ms: int = NODE_TIMEOUT_MS) -> Iterator[Cluster]:
    """Three masters, three replicas, on free ports."""
    made = Cluster(tuple(f"127.0.0.1:{port}" for port in paired_ports(OWN_NODES, BUS)), folder, timeout_ms)
    try:
        for node in made.nodes:
            made.start(node)
        asyncio.run(form(made.nodes))
        yield made
    finally:
        made.stop()
