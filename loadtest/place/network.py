"""What does a network of several machines look like on one? Namespaces of our own, joined by a bridge in another one.

    with network(["edge-1", "client"]) as net:
        subprocess.Popen(net.on("edge-1", command))
        with net.inside("client"): ...          # this thread, and those it starts, are on that host
        net.cut("edge-1"); net.heal()

The machine's own network has no part in it. Wanted: root, and iproute2.
"""

import ctypes
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

PREFIX = "sluice"
SUBNET = "10.77.0"
NAMES = Path("/etc/netns")  # what lies in a folder of a namespace's name here is seen there as /etc
HELD = Path("/run/netns")
CLONE_NEWNET = 0x40000000
NOTHING = "pfifo limit 0"  # a queue that takes nothing: whatever is sent there is lost


class NoNetwork(Exception):
    """This machine gives us no namespaces; the text says why."""


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoNetwork(f"ip {' '.join(arguments)}: {done.stderr.strip()}")


def _enter(space: int) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(space, CLONE_NEWNET):
        raise NoNetwork(f"setns: {os.strerror(ctypes.get_errno())}")


@dataclass
class Network:
    """hosts: their names, in the order of their addresses."""

    hosts: Sequence[str]
    names: dict[str, Sequence[str]] = field(default_factory=dict)  # what is known to every host -> hosts
    prefix: str = field(default_factory=lambda: f"{PREFIX}{os.getpid()}")
    _queues: list[tuple[str, str]] = field(default_factory=list)  # namespace, device
    _down: set[str] = field(default_factory=set)

    @property
    def switch(self) -> str:
        return f"{self.prefix}-switch"

    def namespace(self, host: str) -> str:
        return f"{self.prefix}-{host}"

    def address(self, host: str) -> str:
        return f"{SUBNET}.{self.hosts.index(host) + 1}"

    def port(self, host: str) -> str:
        """Of the switch, to which the host is plugged in."""
        return f"p{self.hosts.index(host)}"

    def begin(self) -> None:
        """Raises NoNetwork."""
        _ip("netns", "add", self.switch)
        _ip("-n", self.switch, "link", "add", "bridge", "type", "bridge")
        _ip("-n", self.switch, "link", "set", "bridge", "up")
        known = "127.0.0.1 localhost\n" + "".join(
            f"{self.address(host)} {name}\n" for name, hosts in self.names.items() for host in hosts
        )
        for host in self.hosts:
            space, port = self.namespace(host), self.port(host)
            _ip("netns", "add", space)
            folder = NAMES / space
            folder.mkdir(parents=True)
            (folder / "hosts").write_text(known)
            _ip("-n", space, "link", "set", "lo", "up")
            _ip("link", "add", "e0", "netns", space, "type", "veth", "peer", "name", port, "netns", self.switch)
            _ip("-n", self.switch, "link", "set", port, "master", "bridge")
            _ip("-n", self.switch, "link", "set", port, "up")
            _ip("-n", space, "addr", "add", f"{self.address(host)}/24", "dev", "e0")
            _ip("-n", space, "link", "set", "e0", "up")

    def end(self) -> None:
        for space in [*map(self.namespace, self.hosts), self.switch]:
            _forget(space)

    def on(self, host: str, command: list[str]) -> list[str]:
        """The command, run on that host."""
        return ["ip", "netns", "exec", self.namespace(host), *command]

    @contextmanager
    def inside(self, host: str) -> Iterator[None]:
        """This thread is on that host, and so are threads and processes that it starts meanwhile."""
        home = os.open(f"/proc/self/task/{threading.get_native_id()}/ns/net", os.O_RDONLY)
        there = os.open(HELD / self.namespace(host), os.O_RDONLY)
        try:
            _enter(there)
            yield
        finally:
            _enter(home)
            os.close(home)
            os.close(there)

    # What happens to hosts. All of it is silent: nobody hears that a connection has ended.

    def cut(self, host: str) -> None:
        """It hears nobody and nobody hears it."""
        _ip("-n", self.switch, "link", "set", self.port(host), "down")
        self._down.add(host)

    def deafen(self, host: str) -> None:
        """It hears nobody, and is heard."""
        self._queue(self.switch, self.port(host))

    def mute(self, host: str) -> None:
        """It hears, and nobody hears it."""
        self._queue(self.namespace(host), "e0")

    def _queue(self, space: str, device: str) -> None:
        self._tc(space, "replace", device, NOTHING)
        self._queues.append((space, device))

    @staticmethod
    def _tc(space: str, verb: str, device: str, queue: str = "") -> None:
        command = ["ip", "netns", "exec", space, "tc", "qdisc", verb, "dev", device, "root", *queue.split()]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NoNetwork(f"{' '.join(command)}: {done.stderr.strip()}")

    def heal(self) -> None:
        """Everybody hears everybody again."""
        for host in self._down:
            _ip("-n", self.switch, "link", "set", self.port(host), "up")
        self._down.clear()
        while self._queues:
            space, device = self._queues.pop()
            self._tc(space, "del", device)


def _forget(space: str) -> None:
    subprocess.run(["ip", "netns", "del", space], capture_output=True, check=False)
    shutil.rmtree(NAMES / space, ignore_errors=True)


def _clear() -> None:
    """What was left by who was killed."""
    for path in HELD.glob(f"{PREFIX}[0-9]*-*"):
        owner = path.name.removeprefix(PREFIX).partition("-")[0]
        if not Path("/proc", owner).exists():
            _forget(path.name)
    with suppress(OSError):
        NAMES.rmdir()


@contextmanager
def network(hosts: Sequence[str], names: dict[str, Sequence[str]] | None = None) -> Iterator[Network]:
    """Hosts that hear each other. names: of several hosts together, as a name server would say. Raises NoNetwork."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        raise NoNetwork("root and iproute2 are wanted for namespaces of our own")
    _clear()
    made = Network(hosts, names or {})
    try:
        made.begin()
        yield made
    finally:
        made.end()
        with suppress(OSError):
            NAMES.rmdir()
