"""What if a process dies in the middle? One of a sluice that this run itself has started is killed, with SIGKILL."""

import os
import signal
from pathlib import Path

from loadtest.seen.memory import family
from pyshim.settings import Settings

PARTS = ("shim", "triton", "redis", "nginx", "nginx-worker")
FILES = {"shim": "shim-0.pid", "triton": "triton.pid", "redis": "redis.pid", "nginx": "nginx.pid", "nginx-worker": "nginx.pid"}


class NotThere(Exception):
    """The process that was to be killed is not there."""


def victim(settings: Settings, part: str) -> int:
    """Its process id. Raises NotThere."""
    path: Path = settings.run / FILES[part]
    try:
        pid = int(path.read_text())
        return family(pid)[1] if part == "nginx-worker" else pid
    except (OSError, ValueError, IndexError) as error:
        raise NotThere(f"{path}: no {part} to be killed: {error}") from None


def kill(settings: Settings, part: str) -> str:
    """Kills it. Returns what was killed, for the record. Raises NotThere."""
    pid = victim(settings, part)
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        raise NotThere(f"{part}, pid {pid}: ended already") from None
    return f"{part} pid {pid}"
