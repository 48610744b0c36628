"""Which answered turns wait for the state store?

They wait in memory and in a file of this shim, so that a shim that dies loses none, even while Redis is away. A turn is in the
file before its answer leaves; the file is emptied when everything in it was written. Writing one twice is harmless: the commit
script looks for its turn_id. The file is readable by its owner only: it holds what customers said.
"""

import logging
import os
from collections import deque
from pathlib import Path
from typing import Any

import msgspec

from pyshim.telemetry import metrics
from pyshim.turns import aside

log = logging.getLogger(__name__)

Arguments = tuple[bytes | str | int, ...]
Waiting = tuple[float, Arguments]  # seconds since 1970 from which it may be written, what
LENGTH_BYTES = 4
TRIES = 3  # who is refused so often, a second apart, is refused for good
_decoder = msgspec.msgpack.Decoder(tuple[float, tuple[Any, ...]])


class Late:
    """A queue with a file behind it. path: None for memory alone; left_behind: files of shims that are no more."""

    def __init__(self, path: Path | None = None, left_behind: tuple[Path, ...] = ()) -> None:
        self._path, self._left_behind = path, left_behind
        self._queue: deque[Waiting] = deque()
        self._file: int | None = None
        self._refused = 0  # how often the first one was
        for one in (*left_behind, *([path] if path else [])):
            self._queue.extend(_read(one))
        metrics.late.set(len(self._queue))

    def __len__(self) -> int:
        return len(self._queue)

    def first(self) -> Waiting:
        return self._queue[0]

    def keep(self, due: float, arguments: Arguments) -> None:
        one = (due, arguments)
        self._append(one)
        self._queue.append(one)
        metrics.late.set(len(self._queue))

    def refused(self, why: str) -> bool:
        """Redis is there and refuses the first one. Does the queue go on without it?"""
        self._refused += 1
        if self._refused < TRIES:
            return False
        try:
            if self._path is not None:
                due, arguments = self.first()
                aside.put_arguments(self._path.with_name(f"aside-{self._path.name.removeprefix('late-')}"), due, why, arguments)
        except OSError as error:  # it stays, and lets the others pass
            log.error("a turn that Redis refuses could not be set aside: %s", error)
            self._queue.rotate(-1)
            self._refused = 0
            return len(self._queue) > 1
        log.error("a turn that Redis refuses was set aside, `sluice late` shows it: %s", why)
        metrics.late_aside.inc()
        self.written()
        return True

    def written(self) -> None:
        """The first one waits no more."""
        self._queue.popleft()
        self._refused = 0
        metrics.late.set(len(self._queue))
        if not self._queue:
            self._empty()

    def _append(self, one: Waiting) -> None:
        if self._path is None:
            return
        text = msgspec.msgpack.encode(one)
        try:
            if self._file is None:
                self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            whole = os.fstat(self._file).st_size
            entry = len(text).to_bytes(LENGTH_BYTES, "big") + text
            if os.write(self._file, entry) < len(entry):
                os.ftruncate(self._file, whole)  # what follows half an entry could not be read
                raise OSError("the disk is full")
        except OSError as error:  # it still waits in memory
            log.warning("a turn that waits for Redis could not be kept on disk: %s", error)

    def _empty(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
        for one in (*self._left_behind, *([self._path] if self._path else [])):
            try:
                one.unlink(missing_ok=True)
            except OSError as error:  # what is found again is not written twice
                log.warning("%s: what waited for Redis is written, and cannot be removed: %s", one, error)
        self._left_behind = ()


def _read(path: Path) -> list[Waiting]:
    """What a file holds. Its last entry may be half: its answer never left."""
    try:
        content = path.read_bytes()
    except OSError:
        return []
    found, position = [], 0
    while position + LENGTH_BYTES <= len(content):
        begins = position + LENGTH_BYTES
        position = begins + int.from_bytes(content[position:begins], "big")
        try:
            found.append(_decoder.decode(content[begins:position]))
        except msgspec.DecodeError:
            break
    return found
