"""Where does the load go? A sluice of its own and a plain service beside it, on free ports, in a temporary folder.

The limits are wide: what is measured is answering, not refusing. They are checked all the same, for every turn.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import httpx
import yaml

from pyshim.settings import PREFIX, ROOT, read_settings

PORTS = ("PORT", "OPERATIONS_PORT", "TRITON_PORT", "TRITON_METRICS_PORT", "BACKEND_PORT")
WIDE = {"rate_per_s": 1_000_000, "burst": 1_000_000}
START_S = 120.0
HUNDREDS = range(10_000, 32_000, 100)  # below those that the kernel gives to whoever connects (ip_local_port_range)


class CannotStart(Exception):
    """A part did not come up; the text ends with what it said."""


@dataclass(frozen=True, slots=True)
class Service:
    """Something that answers POST /v1/chat."""

    url: str
    pid: int


def _claimed(first: int) -> bool:
    """Takes a hundred of ports, by a name that the kernel frees when this process ends; False where it is somebody's."""
    claim = socket.socket(socket.AF_UNIX)
    try:
        claim.bind(f"\0sluice-ports-{first}")
    except OSError:
        claim.close()
        return False
    _claims.append(claim)
    return True


def _own_ports() -> Iterator[int]:
    """Ports that no other process is given here: each takes whole hundreds."""
    for first in HUNDREDS:
        if _claimed(first):
            yield from range(first, first + HUNDREDS.step)


_claims: list[socket.socket] = []
_ports = _own_ports()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError:
            return False
        return True


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on, and nobody is given again. Raises CannotStart when there are none."""
    found = list(islice(filter(_is_free, _ports), count))
    if len(found) < count:
        raise CannotStart(f"no port from {HUNDREDS.start} to {HUNDREDS.stop} is free")
    return found


def paired_ports(count: int, apart: int) -> list[int]:
    """Ports nobody listens on, and nobody so many further up, as nodes of a Redis Cluster want them. Raises CannotStart."""
    for first in reversed(HUNDREDS):
        if first + apart in HUNDREDS and _claimed(first) and _claimed(first + apart):
            wanted = range(first, first + count)
            if all(_is_free(port) and _is_free(port + apart) for port in wanted):
                return list(wanted)
    raise CannotStart(f"no ports from {HUNDREDS.start} to {HUNDREDS.stop} are free, with those {apart} further up")


def wide_tenants(folder: Path) -> Path:
    """The shipped tenants with limits nobody meets."""
    shutil.copytree(ROOT / "gateway" / "tenants", folder)
    for path in folder.glob("*/tenant.yaml"):
        about = yaml.safe_load(path.read_text(encoding="utf-8"))
        about["limits"] = {"tenant": WIDE, "user": WIDE}
        path.write_text(yaml.safe_dump(about, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return folder


def environment(folder: Path, workers: int) -> dict[str, str]:
    """Settings of a sluice that lives in folder; everything else as it is shipped or set outside."""
    chosen = dict(zip(PORTS, map(str, free_ports(len(PORTS))), strict=True)) | {
        "HOST": "127.0.0.1",
        "VAR": str(folder / "v"),
        "TENANTS": str(wide_tenants(folder / "tenants")),
        "EDGE_WORKERS": str(workers),
        "TENANTS_LISTED": "1",
        "UNDERSTOOD_MB": "0",  # a question that is asked again is to be asked of Triton again
        "ADDRESS_GUESTS_PER_DAY": "1000000000",
        "EVERYTHING_RATE_PER_S": "1000000",
        "EVERYTHING_BURST": "1000000",
        "ADDRESS_RATE_PER_S": "1000000",
        "ADDRESS_BURST": "1000000",
    }
    return {**os.environ, **{PREFIX + name: value for name, value in chosen.items()}}


@contextmanager
def _running(command: list[str], said: Path, env: dict[str, str], ready: Callable[[], bool]) -> Iterator[int]:
    """Starts a command, waits until it is ready, stops it at the end. Raises CannotStart."""
    with said.open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        deadline = time.monotonic() + START_S
        while not ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise CannotStart(f"{' '.join(command)} did not start:\n{said.read_text(errors='replace')}")
            time.sleep(0.1)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


@contextmanager
def sluice(folder: Path, env: dict[str, str]) -> Iterator[Service]:
    """A whole sluice. env: environment()."""
    settings = read_settings(env)
    said = folder / "launcher.out"
    command = [sys.executable, "-m", "gateway.launcher"]
    with _running(command, said, env, lambda: "is ready" in said.read_text()) as pid:
        yield Service(f"http://{settings.host}:{settings.port}", pid)


@contextmanager
def peer(folder: Path, env: dict[str, str], workers: int, app: str = "plain") -> Iterator[Service]:
    """The plain service, on the Redis and the Triton of the sluice that env describes. app: which of loadtest/peers."""
    port = free_ports(1)[0]
    arguments = {"host": "127.0.0.1", "port": port, "workers": workers, "loop": "uvloop", "http": "httptools"}
    flags = [f"--{name}={value}" for name, value in arguments.items()]
    command = [sys.executable, "-m", "uvicorn", f"loadtest.peers.{app}:app", *flags, "--no-access-log", "--log-level=warning"]
    url = f"http://127.0.0.1:{port}"
    with _running(command, folder / f"peer-{app}.out", env, lambda: _answers(f"{url}/healthz")) as pid:
        yield Service(url, pid)
