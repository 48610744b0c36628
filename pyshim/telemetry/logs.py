"""How do logs not fill the disk, and how are they read while they are written?

A log that has grown to SLUICE_LOG_MB is put aside as name.1, and those before as name.2 and so on, SLUICE_LOGS_KEPT of them.
Whoever writes it then opens it anew: nginx and shims on USR1. The others (Redis, Triton, the example back end) only know the file
they were started with, so theirs is copied and emptied; a line that is written between the two is lost.
"""

import os
import shutil
import signal
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from pyshim.settings import Settings

STANDARD = (1, 2)  # file descriptors


def of(settings: Settings) -> list[Path]:
    return sorted(settings.log.glob("*.log"))


def grown(settings: Settings) -> list[Path]:
    """Those that are large enough."""
    most = settings.log_mb * 2**20
    found = []
    for path in of(settings):
        with suppress(OSError):
            if path.stat().st_size >= most:
                found.append(path)
    return found


def rotate(settings: Settings, paths: Iterable[Path]) -> list[Path]:
    """Puts these aside. Returns those that had something in them. Raises OSError."""
    moved = []
    for path in paths:
        if not path.stat().st_size:
            continue
        for number in range(settings.logs_kept, 1, -1):
            with suppress(FileNotFoundError):
                _numbered(path, number - 1).replace(_numbered(path, number))
        if _reopened(path):
            path.replace(_numbered(path, 1))
        else:
            shutil.copy(path, _numbered(path, 1))
            os.truncate(path, 0)
        moved.append(path)
    if moved:
        reopen(settings)
    return moved


def reopen(settings: Settings) -> None:
    """Has nginx and the shims open theirs anew, wherever somebody put the old ones."""
    names = ["nginx", *(f"shim-{number}" for number in range(settings.shims) if settings.shim_socket(number).exists())]
    for name in names:
        with suppress(OSError, ValueError):
            os.kill(int((settings.run / f"{name}.pid").read_text()), signal.SIGUSR1)


def _reopened(path: Path) -> bool:
    return path.name in ("nginx.log", "access.log") or path.name.startswith("shim-")


def _numbered(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}")


def open_anew(path: Path) -> None:
    """In a process whose output goes to a log: from here on it goes to this path, which may be another file by now."""
    if not stat.S_ISREG(os.fstat(STANDARD[1]).st_mode):
        return  # somebody looks on
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    for one in STANDARD:
        os.dup2(file, one)
    os.close(file)
