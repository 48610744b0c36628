"""Where is Redis?

    /run/redis/redis.sock            a unix socket
    redis://10.0.0.5:6379            TCP; rediss:// with TLS
    redis://a:6379,b:6379,c:6379     a cluster, by some of its nodes

A node's name is what it is known by on both sides: "unix:/path" or "host:port" (pyshim/hosts.py).
"""

import re
from dataclasses import dataclass
from pathlib import Path

from pyshim import hosts

PORT = 6379
WANTED = "a path, redis://host:port, rediss://host:port, or several host:port of a cluster, comma-separated"
ADDRESS = re.compile(r"unix:.*|\[.*\]:\d+|[\d.]+:\d+")


@dataclass(frozen=True, slots=True)
class Address:
    """nodes: their names; those of a cluster are asked for the others."""

    nodes: tuple[str, ...]
    cluster: bool = False
    tls: bool = False

    def __str__(self) -> str:
        if self.nodes[0].startswith("unix:"):
            return self.nodes[0].removeprefix("unix:")
        return f"redis{'s' if self.tls else ''}://{','.join(self.nodes)}"

    @property
    def names(self) -> bool:
        """Does anybody have to be asked where a node is?"""
        return any(not ADDRESS.fullmatch(node) for node in self.nodes)

    @property
    def socket(self) -> Path:
        """Of one that has a unix socket. Raises ValueError."""
        path = self.nodes[0].removeprefix("unix:")
        if path == self.nodes[0]:
            raise ValueError(f"{self} is no unix socket")
        return Path(path)


def at(path: Path) -> Address:
    return Address((f"unix:{path}",))


def read(text: str, root: Path) -> Address:
    """root: what a relative path begins at. Raises ValueError."""
    scheme, found, rest = text.partition("://")
    if not found:
        return at((root / text.removeprefix("unix:")).resolve())
    if scheme not in ("redis", "rediss"):
        raise ValueError(text)
    nodes = tuple(hosts.read(one.strip(), PORT) for one in rest.rstrip("/").split(","))
    return Address(nodes, len(nodes) > 1, scheme == "rediss")
