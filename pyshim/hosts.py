"""How is a place in the network written?

host:port; a name, an IPv4 address, or an IPv6 address in brackets. With a path, of a unix socket, before: unix:/path.
"""

import re

WRITTEN = re.compile(r"(?P<host>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::(?P<port>[0-9]{1,5}))?")


class Host(str):
    """host:port, or "" for none."""


class Hosts(tuple[str, ...]):
    """Several of them."""

    __slots__ = ()


def read(text: str, port: int = 0) -> str:
    """host:port. port: where none is written, 0 where one has to be. Raises ValueError."""
    match = WRITTEN.fullmatch(text)
    number = int(match["port"] or port) if match else 0
    if match is None or not 0 < number < 65536:
        raise ValueError(text)
    host = "127.0.0.1" if match["host"] == "localhost" else match["host"]  # nginx asks name servers only
    return f"{host}:{number}"


def one(text: str) -> Host:
    """A setting. Raises ValueError."""
    return Host(text and read(text))


def several(text: str) -> Hosts:
    """A setting, comma-separated. Raises ValueError."""
    return Hosts(read(part.strip()) for part in text.split(",") if part.strip())


def host_and_port(written: str) -> tuple[str, int]:
    """As a resolver takes them."""
    host, _, port = written.rpartition(":")
    return host.strip("[]"), int(port)


def at(host: str, port: int) -> str:
    """Written, of an address that a resolver gave."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
