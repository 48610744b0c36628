"""What is said a thousand times a second, and how is it said once?

Of the same sentence, whatever it is filled with, FEW are written in EVERY_S; then one line says how many more there were.
"""

import logging
import sys
import time
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from typing import IO

EVERY_S, FEW = 10.0, 3
FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
KINDS_MOST = 1000  # of sentences that are counted; what a library puts together itself may have no end


@dataclass(slots=True)
class _Said:
    since: float
    times: int
    last: logging.LogRecord


class Counted(logging.StreamHandler[IO[str]]):
    """Writes to standard error. tell() is to be called now and then: what is over is said then."""

    def __init__(self, stream: IO[str] | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(stream or sys.stderr)
        self._clock = clock
        self._said: dict[tuple[str, int, str], _Said] = {}

    def emit(self, record: logging.LogRecord) -> None:
        self.tell()
        kind = (record.name, record.levelno, str(record.msg))
        said = self._said.get(kind)
        if said is None:
            if len(self._said) < KINDS_MOST:
                self._said[kind] = _Said(self._clock(), 1, record)
        else:
            said.times, said.last = said.times + 1, record
            if said.times > FEW:
                return
        super().emit(record)

    def tell(self) -> None:
        """Says how many there were of each whose time is over."""
        now = self._clock()
        over = [kind for kind, said in self._said.items() if now - said.since >= EVERY_S]
        for kind in over:
            said = self._said.pop(kind)
            if said.times > FEW:
                line = copy(said.last)
                line.msg = f"{said.last.getMessage()} (the last of {said.times - FEW} more in {now - said.since:.0f} s)"
                line.args, line.exc_info, line.exc_text = (), None, None
                super().emit(line)


def begin(handler: Counted | None = None) -> Counted:
    """All that this process says goes through it."""
    handler = handler or Counted()
    logging.basicConfig(level=logging.INFO, format=FORMAT, handlers=[handler])
    return handler
