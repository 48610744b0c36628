"""What was it measured on?"""

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import tritonclient.grpc as triton

from gateway.nginx import binary
from pyshim.settings import Settings


def _first_line(command: list[str]) -> str:
    """What a program says of its version, wherever it writes it; some leave with an error after it."""
    try:
        said = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "not there"
    return (said.stdout or said.stderr).splitlines()[0]


def _field(path: str, name: str) -> str:
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "unknown")


def cpu() -> str:
    return _field("/proc/cpuinfo", "model name")


def triton_version(settings: Settings) -> str:
    with triton.InferenceServerClient(f"127.0.0.1:{settings.triton_port}") as client:
        return str(client.get_server_metadata().version)


def generator() -> dict[str, str | int | float]:
    """Where the load came from, when what it went to is elsewhere."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "generator": cpu(),
        "cores": len(os.sched_getaffinity(0)),
        "python": platform.python_version(),
    }


def about(settings: Settings, triton: bool = True) -> dict[str, str | int | float]:
    """The machine and the versions of what ran on it; triton: whether one did."""
    found: dict[str, str | int | float] = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": cpu(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_mb": int(_field("/proc/meminfo", "MemTotal").split()[0]) // 1024,
        "kernel": platform.release(),
        "nginx": _first_line([binary(settings), "-v"]),
        "redis": _first_line(["redis-server", "--version"]),
        "python": platform.python_version(),
        "wrk": _first_line(["wrk", "-v"]),
    }
    return found | {"triton": triton_version(settings)} if triton else found
