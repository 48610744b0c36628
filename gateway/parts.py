"""What is sluice made of, in the order it starts, and when is each part ready?"""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from gateway import nginx, triton
from pyshim.outside.backend import EXAMPLE
from pyshim.settings import BadSetting, Settings


@dataclass(slots=True)
class Part:
    """One process. ready is asked again and again until it says True; back: the same for one that is started again, where less
    will do; stop: the signal that lets it finish its work; listens: what the launcher opens for it (address, port, number of
    sockets, and whether each has a queue of its own: SO_REUSEPORT)."""

    name: str
    command: list[str]
    ready: Callable[[], Awaitable[bool]]
    environment: dict[str, str] = field(default_factory=dict)
    stop: signal.Signals = signal.SIGTERM
    patience_s: float = 30
    listens: tuple[tuple[str, int, int, bool], ...] = ()
    back: Callable[[], Awaitable[bool]] | None = None


def redis_command(folder: Path, socket: Path, group: bool = False, memory_mb: int = 0) -> list[str]:
    """folder: where it keeps what it stored, made here; group: may that of the socket's folder connect, too? memory_mb: the most
    it takes, 0 for any."""
    folder.mkdir(parents=True, exist_ok=True)
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "660" if group else "600",
        "dir": str(folder),
        "save": "",
        "appendonly": "yes",  # an acknowledged turn survives a restart
        "appendfsync": "everysec",
        "auto-aof-rewrite-min-size": "512mb",  # rewriting is a fork: not in the middle of every small peak
        "maxmemory": f"{memory_mb}mb",
        "maxmemory-policy": "noeviction",  # better an error than a conversation forgotten
        "daemonize": "no",
    }
    return ["redis-server", *(text for name, value in options.items() for text in (f"--{name}", value))]


def _redis(settings: Settings) -> Part:
    group, memory_mb = bool(settings.group), settings.redis_memory_mb
    command = redis_command(settings.var / "redis", settings.redis_socket, group, memory_mb)
    return Part("redis", command, lambda: _redis_answers(settings.redis_socket))


async def _redis_answers(socket: Path) -> bool:
    try:
        reader, writer = await asyncio.open_unix_connection(str(socket))
        writer.write(b"PING\r\n")
        answer = await asyncio.wait_for(reader.readline(), 1)
        writer.close()
        return answer.startswith(b"+PONG")  # -LOADING while it reads what it stored
    except OSError:
        return False


async def http_status(port: int, path: str) -> int:
    """Status of GET path on a loopback port, 0 when nothing answers."""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        line = await asyncio.wait_for(reader.readline(), 5)
        writer.close()
        return int(line.split()[1])
    except (OSError, TimeoutError, IndexError, ValueError):
        return 0


async def _http_ok(port: int, path: str) -> bool:
    return await http_status(port, path) == 200


async def _listens(socket: Path) -> bool:
    try:
        _, writer = await asyncio.open_unix_connection(str(socket))
        writer.close()
        return True
    except OSError:
        return False


def _triton(settings: Settings) -> Part:
    command, environment = triton.command(settings)
    return Part("triton", command, lambda: triton.load_when_alive(settings), environment, patience_s=90)


def _example_backend(settings: Settings) -> Part:
    if find_spec("starlette") is None:
        raise BadSetting(
            f"a tenant names {EXAMPLE}, which runs on starlette, and that is not installed: `make setup EXTRAS=example`"
        )
    port, database = settings.backend_port, settings.var / "example_backend.sqlite"
    arguments = ["--host", "127.0.0.1", "--port", str(port), "--database", str(database)]
    return Part(
        "example-backend", [sys.executable, "-m", "deploy.example_backend", *arguments], lambda: _http_ok(port, "/healthz")
    )


def _shim(settings: Settings, number: int) -> Part:
    socket = settings.shim_socket(number)
    command = [sys.executable, "-m", "pyshim.serve.server", str(number)]
    # More threads cost more than they save on vectors this small: idle ones spin, and take half of the shim's core.
    return Part(f"shim-{number}", command, lambda: _listens(socket), {"OPENBLAS_NUM_THREADS": "1"})


def _nginx(settings: Settings) -> Part:
    # SIGQUIT: stop listening, finish what is being answered, then leave.
    return Part(
        "nginx",
        nginx.render(settings),
        lambda: _http_ok(settings.operations_port, "/readyz"),
        # What else is away must not end an nginx that serves on without it.
        back=lambda: _http_ok(settings.operations_port, "/healthz"),
        stop=signal.SIGQUIT,
        listens=nginx.listens(settings),
    )


def parts(settings: Settings, example: bool) -> list[list[Part]]:
    """The parts in stages: those of one stage start together, the next stage when all are ready. example: does a tenant use the
    example back end? Raises BadSetting."""
    return [
        [*([_redis(settings)] if settings.own_redis else []), *([_example_backend(settings)] if example else [])],
        [_triton(settings)],  # Redis knows which version it should serve
        [_shim(settings, number) for number in range(settings.shims)],
        [_nginx(settings)],
    ]


def ports(settings: Settings, example: bool) -> dict[str, tuple[str, int]]:
    """Setting -> address and port that must be free before anything starts."""
    loopback = "127.0.0.1"
    return {
        "SLUICE_PORT": (settings.host, settings.port),
        **({"SLUICE_TLS_PORT": (settings.host, settings.tls_port)} if settings.tls_port else {}),
        "SLUICE_OPERATIONS_PORT": (loopback, settings.operations_port),
        "SLUICE_TRITON_PORT": (loopback, settings.triton_port),
        "SLUICE_TRITON_METRICS_PORT": (loopback, settings.triton_metrics_port),
        **({"SLUICE_BACKEND_PORT": (loopback, settings.backend_port)} if example else {}),
    }
