"""Which late turns does Redis refuse for good, and how are they tried again?

A turn that waited for Redis and was refused each time is set aside, so that those behind it are written: a line of JSON in
var/run/aside-<who>, readable by its owner only. Shims and nginx (lua/edge/late.lua) write them, `sluice late` reads them.
A shim's line has the arguments of commit-3, in base64; nginx's has the whole command, as Redis reads it.

Who changes what is there already (an erasure, `sluice late`) does so alone, and takes a file under a name of its own first: who
sets another turn aside meanwhile waits for nobody and begins a new one.
"""

import base64
import os.path
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import NamedTuple

import msgspec

from pyshim.agreement.files import put as replace

TAKEN = ".taken-"
ARGUMENTS = 15  # of commit-3, at least
BULK = re.compile(rb"\$(\d+)\r\n")


class Line(msgspec.Struct, omit_defaults=True):
    """at: seconds since 1970; why: what Redis said; one of arguments and command. An unreadable entry of nginx has text alone."""

    at: float
    by: str
    why: str
    arguments: list[str] = []
    command: str = ""
    text: str = ""


class Turn(NamedTuple):
    """One that was set aside. arguments: of commit-3, its three keys first; none where nobody can read them."""

    raw: bytes
    at: float
    by: str
    why: str
    arguments: list[bytes]

    @property
    def whose(self) -> str:
        """tenant:user"""
        return self.arguments[0].decode(errors="replace")[3:-1] if self.arguments else "?"

    @property
    def keys(self) -> list[bytes]:
        """Of Redis, of which one is not as it should be."""
        return self.arguments[:3]

    @property
    def turn_id(self) -> str:
        return self.arguments[5].decode(errors="replace") if self.arguments else "?"


def put(path: Path, line: Line) -> None:
    """Appends a line. Raises OSError."""
    file = _opened(path)
    try:
        text = msgspec.json.encode(line) + b"\n"
        if os.write(file, text) < len(text):
            raise OSError(f"{path}: the disk is full")
    finally:
        os.close(file)


def _opened(path: Path) -> int:
    """The file of that name, locked, to be appended to: not one that was taken since it was opened. Raises OSError."""
    while True:
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            flock(file, LOCK_EX | LOCK_NB)
            if os.path.samestat(os.fstat(file), os.stat(path)):
                return file
        except (BlockingIOError, FileNotFoundError):  # somebody is just taking it
            pass
        except OSError:
            os.close(file)
            raise
        os.close(file)


@contextmanager
def alone(run: Path) -> Iterator[None]:
    """While nobody else changes what was set aside; waits for whoever does. Raises OSError."""
    if not run.is_dir():  # nothing ever ran here
        yield
        return
    file = os.open(run / ".aside", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        flock(file, LOCK_EX)
        yield
    finally:
        os.close(file)


def put_arguments(path: Path, at: float, why: str, arguments: tuple[bytes | str | int, ...]) -> None:
    """Raises OSError."""
    coded = [base64.b64encode(one if isinstance(one, bytes) else str(one).encode()).decode() for one in arguments]
    put(path, Line(at, path.name.removeprefix("aside-"), why, arguments=coded))


def files(run: Path) -> list[Path]:
    return sorted(run.glob("aside-*"))


def taken(path: Path) -> Path:
    """The file under a name of its own, once what is being appended stands there. Raises OSError."""
    if TAKEN in path.name:
        return path
    mine = path.rename(path.with_name(f"{path.name}{TAKEN}{time.time_ns()}"))
    with mine.open("rb") as file:
        flock(file, LOCK_EX)
    return mine


def keep(path: Path, turns: list[Turn]) -> None:
    """What stays of a file that was taken. Raises OSError."""
    if turns:
        replace(path, b"".join(turn.raw + b"\n" for turn in turns), secret=True)
    else:
        path.unlink()


def drop(run: Path, tenant: str, user: str) -> int:
    """Erases that user's turns; how many there were on this machine. Raises OSError."""
    return discard(run, lambda turn: turn.whose == f"{tenant}:{user}")


def discard(run: Path, is_meant: Callable[[Turn], bool]) -> int:
    """Erases turns; how many there were on this machine. Raises OSError."""
    dropped = 0
    with alone(run):
        for path in files(run):
            if not any(map(is_meant, read(path))):
                continue
            mine = taken(path)
            found = list(read(mine))
            stay = [turn for turn in found if not is_meant(turn)]
            keep(mine, stay)
            dropped += len(found) - len(stay)
    return dropped


def read(path: Path) -> Iterator[Turn]:
    """What is in a file; nothing where somebody took it meanwhile. Raises OSError."""
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return
    for raw in lines:
        try:
            line = msgspec.json.decode(raw, type=Line)
            yield Turn(raw, line.at, line.by, line.why, _arguments(line))
        except (msgspec.DecodeError, ValueError) as error:
            yield Turn(raw, 0.0, path.name, f"this line cannot be read: {error}", [])


def _arguments(line: Line) -> list[bytes]:
    found = [base64.b64decode(one) for one in line.arguments] or list(_bulks(line.command.encode()))[3:]
    return found if len(found) >= ARGUMENTS else []


def _bulks(command: bytes) -> Iterator[bytes]:
    """The parts of a command in RESP; the first ones of an EVALSHA are its name, digest and number of keys."""
    position = command.find(b"$")
    while position >= 0 and (head := BULK.match(command, position)):
        yield command[head.end() : head.end() + int(head[1])]
        position = head.end() + int(head[1]) + 2
