"""Who was forgotten, should Redis lose that, too?

f:{t:u} says it in Redis, where it goes with everything else. So whoever erases notes it in a file of its machine, too
(var/erased, one for each month): a backup from before is then restored without them. A line is the tenant's and the user's
name, when it was, and whether the consents went; the files of a month go when nothing from before it can be kept any more.
"""

import logging
import os
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import msgspec

from pyshim.turns.journal import CONSENTS_S

log = logging.getLogger(__name__)

KEPT_S = CONSENTS_S + 32 * 24 * 3600  # to the end of a month
SUFFIX = ".jsonl"


class Erasure(msgspec.Struct, frozen=True):
    """at: milliseconds since 1970, by the clock of the Redis that had it."""

    tenant: str
    user: str
    at: int
    consents: Literal["kept", "erased"]

    @property
    def whose(self) -> str:
        return f"{self.tenant}:{self.user}"


_read = msgspec.json.Decoder(Erasure).decode


def note(folder: Path, erasure: Erasure) -> None:
    """Behind the erasing itself, which stands whether or not this can be written; then the log says so."""
    month = datetime.fromtimestamp(erasure.at / 1000, UTC).strftime("%Y-%m")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"{month}{SUFFIX}"
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            if os.geteuid() == 0:  # typed by root on a system of somebody else's, who goes on writing here
                _give(folder, path)
            os.write(descriptor, msgspec.json.encode(erasure) + b"\n")  # in one piece, beside other processes
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        _tidy(folder)
    except OSError as error:
        log.error("who was forgotten is not noted in %s, and a backup from before would bring it back: %s", folder, error)


def _give(folder: Path, path: Path) -> None:
    owner = folder.parent.stat()
    for one in (folder, path):
        os.chown(one, owner.st_uid, owner.st_gid)


def _tidy(folder: Path) -> None:
    oldest = time.time() - KEPT_S
    for path in folder.glob(f"*{SUFFIX}"):
        with suppress(ValueError):  # not one of these
            if datetime.strptime(path.stem, "%Y-%m").replace(tzinfo=UTC).timestamp() < oldest:
                path.unlink(missing_ok=True)


def noted(path: Path) -> Iterator[Erasure]:
    """Of a file, or of all in a folder. A line that is only half there was not written to its end. Raises OSError."""
    for one in sorted(path.glob(f"*{SUFFIX}")) if path.is_dir() else [path]:
        for line in one.read_bytes().splitlines():
            with suppress(msgspec.MsgspecError):
                yield _read(line)
