"""How does everything start, stay up, and stop with nothing left behind?

Stages start in order (gateway/parts.py), each waits until it is ready. A part that dies is started again. On Ctrl-C, SIGTERM or
`stop` the parts are let go in reverse: nginx finishes what it is answering before the shim behind it goes. Each part is told to
die with the launcher, so that even a killed launcher leaves nothing.
"""

import asyncio
import fcntl
import logging
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from gateway import owner, shims, upgrade
from gateway.parts import check, parts, ports
from gateway.running import CannotStart, Running
from pyshim.configuration import start as configuration
from pyshim.errors import BadTenant, RedisAway
from pyshim.identity import tokens
from pyshim.outside.base import EXAMPLE
from pyshim.outside.redis import opened
from pyshim.rollout import follower, start
from pyshim.settings import BadSetting, Settings, read_settings
from pyshim.telemetry import logs
from pyshim.tenants import addresses, source
from pyshim.tenants.compile import Compiler, Snapshot, new_compiler
from pyshim.tenants.edge import edge_settings

log = logging.getLogger("sluice")

LOOK_S = 10.0  # how often logs are looked at
SOCKET_PATH_MAX = 100  # the kernel's limit is 107 bytes


@contextmanager
def _lock(settings: Settings) -> Iterator[None]:
    """Only one launcher for one var folder; the open file is the lock and holds the process id, as long as that process lives."""
    path = settings.run / "launcher.pid"
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotStart(
                f"sluice runs already (process {path.read_text()}) at http://{settings.host}:{settings.port}/; "
                "nothing was changed. `make stop` stops it."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)  # whose number that is later is nobody's to signal


def _check_ports(settings: Settings, example: bool) -> None:
    named: dict[tuple[str, int], str] = {}
    for name, (host, port) in ports(settings, example).items():
        if (host, port) in named:
            raise CannotStart(f"port {port} on {host} is wanted twice: by {named[host, port]} and by {name}")
        named[host, port] = name
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                raise CannotStart(f"port {port} on {host} cannot be used ({error.strerror}); set {name} to another one") from None


async def _checked(settings: Settings) -> tuple[Compiler, Snapshot | None, bool]:
    """Before anything starts: can what would be served be served? A machine that served before serves that. Returns also what was
    compiled to see that, if anything was, and whether any tenant's back end is the example. Raises BadTenant."""
    compiler = new_compiler(settings, await start.first_version(settings))
    kept = configuration.kept(compiler)
    found = kept or compiler.compile(source.of_settings(settings))
    example = any(EXAMPLE in (tenant.about.backend or "") for tenant in found.tenants.values())
    return compiler, None if kept else found, example


async def _prepare(settings: Settings, compiler: Compiler, compiled: Snapshot | None) -> tuple[Snapshot, str]:
    """Writes what edge and shims begin with; Redis knows which versions of model and configuration serve. Returns the
    configuration, and what to say of it. Raises BadTenant, CannotStart."""
    version = await start.first_version(settings)
    if version != compiler.model.version:
        compiler, compiled = new_compiler(settings, version), None
    try:
        serving, remark = await configuration.first(compiler, compiled)
        async with opened(settings) as redis:
            await redis.check_writable()  # nothing could be ready without it
    except RedisAway as error:
        raise CannotStart(f"redis: {error}") from None
    (settings.run / "edge.json").write_bytes(edge_settings(settings))
    addresses.keep(settings)
    for fault in shims.keep(settings):
        log.warning("%s", fault)
    configuration.keep(serving)
    for written in settings.model_versions.glob("*.json"):  # by an earlier run
        written.unlink()
    follower.show(settings, serving.model, stable=True)
    lacking = [line for name, one in serving.served.items() for line in tokens.lacking(one.keys, settings.keys, name)]
    return serving, "\n".join([*filter(None, [remark]), *lacking])


def _welcome(settings: Settings, serving: Snapshot, remark: str, seconds: float) -> str:
    if not settings.port:
        serves = [
            *[f"{settings.shims} shims at {settings.shim_listen or 'their sockets'}"] * bool(settings.shims),
            *[f"Triton at {settings.triton_address}"] * settings.own_triton,
        ]
        return f"\nsluice is ready ({seconds:.1f} s), without nginx: {', '.join(serves)}. `make stop` stops it.\n{remark}"
    tenant = "shop" if "shop" in serving.served else next(iter(serving.served))
    one = serving.served[tenant]
    key, token = tokens.signer(one.keys, settings.keys, tenant), "<a token of your own issuer>"
    if key is not None:
        token = tokens.mint(key, tenant, "me", settings.token_audience, settings.token_s, one.tenant.about.issuer)
    address = f"http://{settings.host}:{settings.port}"
    return f"""
sluice is ready ({seconds:.1f} s).

  browser   {address}/#{tenant}
  terminal  .venv/bin/sluice chat --tenant {tenant}
  curl      curl {address}/v1/chat -H 'Content-Type: application/json' \\
              -H 'Authorization: Bearer {token}' \\
              -d '{{"query": "俺的快第咋还木有到"}}'
  health    http://127.0.0.1:{settings.operations_port}/readyz
  stop      Ctrl-C, or `make stop` from another terminal
{remark and f"{chr(10)}{remark}{chr(10)}"}"""


async def run(settings: Settings) -> None:
    """Starts everything, keeps it up until a signal, stops everything. Raises CannotStart, BadTenant, BadSetting."""
    began = time.monotonic()
    if len(str(settings.shim_socket(0))) > SOCKET_PATH_MAX:
        raise CannotStart(f"SLUICE_VAR={settings.var}: the path is too long for unix sockets")
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))
    owner.claim(settings)
    owner.become(settings)
    with _lock(settings):
        compiler, compiled, example = await _checked(settings)  # a faulty tenant is told before anything starts
        check(settings)
        _check_ports(settings, example)
        stages = parts(settings, example)
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        running: list[list[Running]] = []
        watchers: list[asyncio.Task[None]] = []
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopped.set)
        loop.add_signal_handler(signal.SIGUSR1, logs.reopen, settings)
        loop.add_signal_handler(signal.SIGUSR2, lambda: watchers.append(loop.create_task(upgrade.nginx(settings, running))))
        try:
            for position, stage in enumerate(stages):
                running.append([Running(part, settings) for part in stage])
                await _stage(running[-1], stopped)
                watchers += [loop.create_task(one.watch()) for one in running[-1]]
                if position == 0:
                    serving, remark = await _prepare(settings, compiler, compiled)  # now that Redis can be asked
            watchers += [loop.create_task(_logs(settings)), loop.create_task(shims.follow(settings))]
            if not stopped.is_set():
                print(_welcome(settings, serving, remark, time.monotonic() - began), flush=True)
            await stopped.wait()
            print("draining and stopping ...", flush=True)
        finally:
            await _stop(running, watchers)


async def _logs(settings: Settings) -> None:
    """Puts aside what has grown."""
    while True:
        try:
            logs.rotate(settings, logs.grown(settings))
        except OSError as error:
            log.warning("a log cannot be put aside: %s", error)
        await asyncio.sleep(LOOK_S)


async def _stage(stage: list[Running], stopped: asyncio.Event) -> None:
    """Starts the parts of one stage and waits until all are ready, or somebody wants to stop."""
    for one in stage:
        await one.start()
    ready = asyncio.create_task(_all_ready(stage))
    stop = asyncio.create_task(_wait(stopped))
    await asyncio.wait([ready, stop], return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    if ready.done():
        ready.result()
    else:
        ready.cancel()


async def _all_ready(stage: list[Running]) -> None:
    await asyncio.gather(*(one.until_ready() for one in stage))


async def _wait(event: asyncio.Event) -> None:
    await event.wait()


async def _stop(running: list[list[Running]], watchers: list[asyncio.Task[None]]) -> None:
    for stage in running:
        for one in stage:
            one.stopping = True
    for stage in reversed(running):
        await asyncio.gather(*(one.stop() for one in stage))
    for watcher in watchers:
        watcher.cancel()
    await asyncio.gather(*watchers, return_exceptions=True)


def stop(settings: Settings) -> int:
    """`make stop`: tells the launcher to stop and waits until it has."""
    path = settings.run / "launcher.pid"
    if not path.exists():
        print("sluice is not running.")
        return 0
    with path.open("r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.kill(int(file.read()), signal.SIGTERM)
            fcntl.flock(file, fcntl.LOCK_EX)  # free once the launcher has left
            print("stopped.")
            return 0
    print("sluice is not running.")
    return 0


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s: %(message)s", datefmt="%H:%M:%S")
    try:
        settings = read_settings()
        if sys.argv[1:] == ["stop"]:
            return stop(settings)
        if sys.argv[1:] == ["upgrade"]:
            return upgrade.ask(settings)
        asyncio.run(run(settings))
    except (CannotStart, BadTenant, BadSetting) as error:
        print(f"sluice cannot start: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
