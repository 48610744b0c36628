"""Where is Redis?

    /run/redis/redis.sock            a unix socket
    redis://10.0.0.5:6379            TCP; rediss:// with TLS
    redis://a:6379,b:6379,c:6379     a cluster, by some of its nodes

A node's name is what it is known by on both sides: "unix:/path" or "host:port", IPv6 in brackets.
"""

import re
from dataclasses import dataclass
from pathlib import Path

PORT = 6379
WANTED = "a path, redis://host:port, rediss://host:port, or several host:port of a cluster, comma-separated"
ADDRESS = re.compile(r"unix:.*|\[.*\]:\d+|[\d.]+:\d+")
NODE = re.compile(r"(?P<host>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?")


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


def host_and_port(node: str) -> tuple[str, int]:
    """Of a node with neither socket nor brackets: as a resolver takes them."""
    host, _, port = node.rpartition(":")
    return host.strip("[]"), int(port)


def node_at(host: str, port: int) -> str:
    """The name of a node of which somebody says where it is."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def read(text: str, root: Path) -> Address:
    """root: what a relative path begins at. Raises ValueError."""
    scheme, found, rest = text.partition("://")
    if not found:
        return at((root / text.removeprefix("unix:")).resolve())
    if scheme not in ("redis", "rediss"):
        raise ValueError(text)
    nodes = tuple(_node(one.strip()) for one in rest.rstrip("/").split(","))
    return Address(nodes, len(nodes) > 1, scheme == "rediss")


def _node(text: str) -> str:
    match = NODE.fullmatch(text)
    port = int(match["port"] or PORT) if match else 0
    if match is None or not 0 < port < 65536:
        raise ValueError(text)
    host = "127.0.0.1" if match["host"] == "localhost" else match["host"]  # nginx asks name servers only
    return f"{host}:{port}"
