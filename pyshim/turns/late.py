"""Which answered turns wait for the state store?

They wait in memory and in a file of this shim, so that a shim that dies loses none, even while Redis is away. A turn is in the
file before its answer leaves; the file is emptied when everything in it was written, and written anew where most of it was.
Writing one twice is harmless: the commit script looks for its turn_id. The file is readable by its owner only: it holds what
customers said.

There is a queue for each slot of a cluster: a user's turns stay in order, and those of others do not wait for them. What a node
has and no replica had yet is a copy, in a queue of slot and node: it is written again where another node is the owner, and waits
no more once a replica has it.
"""

import logging
import os
from collections import Counter, deque
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from pyshim.agreement import files
from pyshim.outside.slots import slot_of
from pyshim.telemetry import metrics
from pyshim.turns import aside

log = logging.getLogger(__name__)

Arguments = tuple[bytes | str | int, ...]
Waiting = tuple[float, Arguments]  # seconds since 1970 from which it may be written, what
LENGTH_BYTES = 4


class Queue(NamedTuple):
    """Whose turns: of a slot; had: by the node that has them, "" where none has."""

    slot: int
    had: str = ""


SPARE = 1000  # entries of the file that wait no more and may lie there, or as many as wait
TRIES = 3  # who is refused so often, a second apart, is refused for good
_decoder = msgspec.msgpack.Decoder(tuple[float, tuple[Any, ...]])


class Late:
    """Queues with a file behind them. path: None for memory alone; left_behind: files of shims that are no more."""

    def __init__(self, path: Path | None = None, left_behind: tuple[Path, ...] = ()) -> None:
        self._path, self._left_behind = path, left_behind
        self._queues: dict[Queue, deque[Waiting]] = {}  # none is empty
        self._count = self._lying = 0  # how many wait, and how many the files hold
        self._file: int | None = None
        self._refused: Counter[Queue] = Counter()  # how often its first one was
        for one in (*left_behind, *([path] if path else [])):
            for waiting in _read(one):
                self._put(waiting)
        self._lying = self._count

    def __len__(self) -> int:
        return self._count

    def queues(self) -> list[Queue]:
        """That of who waits longest is among the first, and copies are the last."""
        return sorted(self._queues, key=lambda queue: queue.had != "")

    def length(self, queue: Queue) -> int:
        return len(self._queues.get(queue, ()))

    def first(self, queue: Queue) -> Waiting | None:
        waiting = self._queues.get(queue)
        return waiting[0] if waiting else None

    def keep(self, due: float, arguments: Arguments, had: str = "") -> None:
        """had: the node that has it, where one does."""
        one = (due, arguments)
        self._append(one)
        self._put(one, had)

    def _put(self, one: Waiting, had: str = "") -> None:
        self._queues.setdefault(Queue(slot_of(one[1][0]), had), deque()).append(one)
        self._count += 1
        metrics.late.set(self._count)

    def uncovered(self, queue: Queue, node: str) -> None:
        """The queue's first one is with this node now, and with no replica."""
        one = self._queues[queue][0]
        self._put(one, node)
        self.written(queue)

    def refused(self, which: Queue, why: str) -> bool:
        """Redis is there and refuses the first one. Is it out of the others' way?"""
        self._refused[which] += 1
        if self._refused[which] < TRIES:
            return False
        try:
            if self._path is not None:
                due, arguments = self._queues[which][0]
                aside.put_arguments(self._path.with_name(f"aside-{self._path.name.removeprefix('late-')}"), due, why, arguments)
        except OSError as error:  # it stays, and lets the others pass
            log.error("a turn that Redis refuses could not be set aside: %s", error)
            del self._refused[which]
            queue = self._queues.pop(which)
            queue.rotate(-1)
            self._queues[which] = queue
            return True
        log.error("a turn that Redis refuses was set aside, `sluice late` shows it: %s", why)
        metrics.late_aside.inc()
        self.written(which)
        return True

    def written(self, which: Queue) -> None:
        """The queue's first one waits no more."""
        queue = self._queues[which]
        queue.popleft()
        if not queue:
            del self._queues[which]
        self._refused.pop(which, None)
        self._count -= 1
        metrics.late.set(self._count)
        if not self._count:
            self._empty()
        elif self._lying - self._count > max(SPARE, self._count):
            self._write_anew()

    def _append(self, one: Waiting) -> None:
        if self._path is None:
            return
        try:
            if self._file is None:
                self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            whole = os.fstat(self._file).st_size
            entry = _entry(one)
            if os.write(self._file, entry) < len(entry):
                os.ftruncate(self._file, whole)  # what follows half an entry could not be read
                raise OSError("the disk is full")
            self._lying += 1
        except OSError as error:  # it still waits in memory
            log.warning("a turn that waits for Redis could not be kept on disk: %s", error)

    def _write_anew(self) -> None:
        """The file without what waits no more."""
        if self._path is None:
            return
        self._close()
        try:
            files.put(self._path, b"".join(_entry(one) for queue in self._queues.values() for one in queue), secret=True)
        except OSError as error:  # what is found again is not written twice
            log.warning("%s: what waited for Redis is written, and stays in it: %s", self._path, error)
        else:
            self._remove(*self._left_behind)
            self._left_behind = ()
        self._lying = self._count

    def _empty(self) -> None:
        self._close()
        self._remove(*self._left_behind, *([self._path] if self._path else []))
        self._left_behind, self._lying = (), 0

    def _close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    @staticmethod
    def _remove(*paths: Path) -> None:
        for one in paths:
            try:
                one.unlink(missing_ok=True)
            except OSError as error:  # what is found again is not written twice
                log.warning("%s: what waited for Redis is written, and cannot be removed: %s", one, error)


def _entry(one: Waiting) -> bytes:
    text = msgspec.msgpack.encode(one)
    return len(text).to_bytes(LENGTH_BYTES, "big") + text


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
