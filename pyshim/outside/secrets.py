"""What does a file of one secret hold now?

One line, readable by its owner only. It is read again when it changes, so that it can be replaced while serving; what cannot be
used leaves the one of before in force. Nothing of it is in a fault, a log or a record.
"""

import logging
import os
import re
import stat
from pathlib import Path

log = logging.getLogger(__name__)

BYTES_MOST = 8192
PRINTED = re.compile(rb"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?")


class Unusable(Exception):
    """A sentence that names the file and what was wanted."""


def read(path: Path) -> str:
    """Raises Unusable."""
    try:
        with path.open("rb") as file:
            about = os.fstat(file.fileno())
            content = file.read(BYTES_MOST + 1).strip()
    except OSError as error:
        raise Unusable(f"{path}: {error.strerror}") from None
    if not stat.S_ISREG(about.st_mode) or about.st_mode & 0o077:
        raise Unusable(f"{path}: a file that only its owner can read is wanted (chmod 600)")
    if about.st_uid not in (0, os.geteuid()):
        raise Unusable(f"{path}: it belongs to somebody else")
    if len(content) > BYTES_MOST or not PRINTED.fullmatch(content):
        raise Unusable(f"{path}: one line of printable ASCII is wanted, {BYTES_MOST} bytes at most")
    return content.decode("ascii")


class Secret:
    """A file, read when it is wanted and is not what it was."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = ""
        self._mark: tuple[int, ...] = ()
        self.fault = ""

    def now(self) -> str:
        """Raises Unusable where it never could be used."""
        self.look()
        if not self._known:
            raise Unusable(f"{self._path} holds no secret that can be used")
        return self._known

    def look(self) -> str:
        """What is wrong with the file as it is now, "" where nothing is; said in the log once."""
        mark = self._stand()
        if mark != self._mark:
            self._mark, self.fault = mark, ""
            try:
                self._known = read(self._path)
            except Unusable as error:
                self.fault = str(error)
                log.error("%s; %s", error, "the one before stays in force" if self._known else "no call can be made with it")
        return self.fault

    def _stand(self) -> tuple[int, ...]:
        try:
            about = self._path.stat()
        except OSError:
            return (0,)
        return about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns
