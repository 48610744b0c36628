"""What is sluice made of, in the order it starts, and when is each part ready?"""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from gateway import nginx, redis, triton
from pyshim import mtls
from pyshim.hosts import host_and_port
from pyshim.outside import channel
from pyshim.outside.base import EXAMPLE
from pyshim.settings import OWN_NODES, BadSetting, Settings

MOST_PORTS = 65535


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


def _redis(settings: Settings) -> list[Part]:
    """Of one's own: one, or the nodes of a cluster, which is made before the last of them is ready."""
    commands = zip(redis.commands(settings), settings.redis.nodes, strict=True)
    made = [Part(name, command, partial(redis.answers, node)) for (name, command), node in commands]
    if settings.redis.cluster:
        made[-1].back, made[-1].ready = made[-1].ready, partial(_formed, settings)
    return made


async def _formed(settings: Settings) -> bool:
    try:
        await redis.form(settings.redis.nodes)
    except redis.NoCluster as error:
        raise BadSetting(f"SLUICE_REDIS=cluster: {error}") from None
    return True


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


def _agent() -> Part:
    """Of a machine without shims: what nginx begins with lies there before it starts (gateway/launcher.py)."""
    return Part("agent", [sys.executable, "-m", "pyshim.serve.agent"], _at_once)


async def _at_once() -> bool:
    return True


def parts(settings: Settings, example: bool) -> list[list[Part]]:
    """The parts in stages: those of one stage start together, the next stage when all are ready. example: does a tenant use the
    example back end? settings: that check() found nothing wrong with. Raises BadSetting."""
    shims = [_shim(settings, number) for number in range(settings.shims)]
    return [
        [*(_redis(settings) if settings.own_redis else []), *([_example_backend(settings)] if example and shims else [])],
        [_triton(settings)] if settings.own_triton else [],  # Redis knows which version it should serve
        shims or ([_agent()] if settings.port else []),
        [_nginx(settings)] if settings.port else [],
    ]


def check(settings: Settings) -> None:
    """Do the parts that run here make sense together? Raises BadSetting."""
    if settings.port and not settings.shims and not settings.shims_at:
        raise BadSetting("SLUICE_SHIMS=0: SLUICE_SHIMS_AT is wanted, or nobody answers what nginx asks (docs/cluster.md)")
    if settings.shims_at and not settings.port:
        raise BadSetting("SLUICE_SHIMS_AT: SLUICE_PORT=0, so there is no nginx here that would ask them")
    if settings.shims_at and settings.shims and not settings.shim_listen:
        raise BadSetting(
            "SLUICE_SHIMS_AT: nginx asks those alone; SLUICE_SHIMS=0 is wanted, or SLUICE_SHIM_LISTEN, so that others ask these"
        )
    if settings.tls_port and not settings.port:
        raise BadSetting("SLUICE_TLS_PORT: SLUICE_PORT=0, so there is no nginx here")
    if settings.own_redis and not (settings.port and settings.shims and not settings.shim_listen):
        raise BadSetting(
            "SLUICE_REDIS is empty: what runs here shares one with other machines, which cannot reach one of its own"
        )
    if settings.shim_listen and settings.shim_port(settings.shims) > MOST_PORTS:
        raise BadSetting(f"SLUICE_SHIM_LISTEN={settings.shim_listen!r}: {settings.shims} shims want ports up to {MOST_PORTS}")
    if settings.shim_listen and settings.shims:
        mtls.files(settings, "SLUICE_SHIM_LISTEN")
    if settings.shims_at:
        mtls.files(settings, "SLUICE_SHIMS_AT")
    if settings.shims:
        channel.arguments(settings)


def ports(settings: Settings, example: bool) -> dict[str, tuple[str, int]]:
    """Setting -> address and port that must be free before anything starts."""
    loopback = "127.0.0.1"
    return {
        **({"SLUICE_PORT": (settings.host, settings.port)} if settings.port else {}),
        **({"SLUICE_TLS_PORT": (settings.host, settings.tls_port)} if settings.tls_port else {}),
        **({"SLUICE_OPERATIONS_PORT": (loopback, settings.operations_port)} if settings.port else {}),
        **_triton_ports(settings),
        **_shim_ports(settings),
        **_redis_ports(settings),
        **({"SLUICE_BACKEND_PORT": (loopback, settings.backend_port)} if example and settings.shims else {}),
    }


def _triton_ports(settings: Settings) -> dict[str, tuple[str, int]]:
    if not settings.own_triton:
        return {}
    return {
        "SLUICE_TRITON_PORT": (settings.triton_host.strip("[]"), settings.triton_port),
        "SLUICE_TRITON_METRICS_PORT": ("127.0.0.1", settings.triton_metrics_port),
    }


def _shim_ports(settings: Settings) -> dict[str, tuple[str, int]]:
    if not settings.shim_listen:
        return {}
    host = host_and_port(settings.shim_listen)[0]
    return {f"SLUICE_SHIM_LISTEN (shim {number})": (host, settings.shim_port(number)) for number in range(settings.shims)}


def _redis_ports(settings: Settings) -> dict[str, tuple[str, int]]:
    if not settings.own_redis or not settings.redis.cluster:
        return {}
    return {
        f"SLUICE_REDIS_PORT ({number} of {OWN_NODES})": host_and_port(node) for number, node in enumerate(settings.redis.nodes, 1)
    }
