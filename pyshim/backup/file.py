"""How does a backup lie on the disk?

A gzip stream: the header as a line of JSON, then each record as its length (4 bytes, big-endian) and its MessagePack. The last
record is the end, with the counts and a digest of all before it; behind it is nothing. It is written under another name, put on
the disk, and renamed: what has the name of a backup is a whole one. Whoever reads it looks at all of it first, and says what is
wrong by name: cut off, damaged, another format, or no backup at all.
"""

import gzip
import hashlib
import os
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import msgspec

from pyshim.backup.record import FORMAT, End, Header, Record, decode, encode, read_header, write_header
from pyshim.errors import BadBackup

NAME = "sluice backup"
LEVEL = 4  # of gzip: a quarter more than the smallest, in a third of the time
RECORD_MAX = 256 * 2**20
HEADER_MAX = 4096
LENGTH = 4


class Writer:
    """counts: of what was written, by kind."""

    def __init__(self, file: IO[bytes], header: Header) -> None:
        self._file, self._digest, self.counts = file, hashlib.sha256(), Counter[str]()
        self._say(write_header(header) + b"\n")

    def write(self, record: Record) -> None:
        """Raises BadBackup where one record is larger than any reader would take."""
        text = encode(record)
        if len(text) > RECORD_MAX:
            raise BadBackup(f"one {type(record).__name__} of {len(text)} bytes: {RECORD_MAX} at most are wanted")
        self._say(len(text).to_bytes(LENGTH, "big") + text)
        self.counts[type(record).__name__] += 1

    def end(self) -> None:
        text = encode(End(dict(self.counts), self._digest.digest()))
        self._file.write(len(text).to_bytes(LENGTH, "big") + text)

    def _say(self, text: bytes) -> None:
        self._digest.update(text)
        self._file.write(text)


@contextmanager
def writing(path: Path, header: Header) -> Iterator[Writer]:
    """A new backup: whole under its name when this ends well, nothing at all when it does not. Raises BadBackup, OSError."""
    if path.exists():
        raise BadBackup(f"{path} is there already: another name is wanted")
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            with gzip.GzipFile(path.name, "wb", LEVEL, fileobj=file) as packed:
                writer = Writer(cast(IO[bytes], packed), header)
                yield writer
                writer.end()
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    _keep_name(path.parent)


def _keep_name(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Backup:
    """One that was looked at and is whole. Its records can be read again and again, always of the file that was looked at."""

    def __init__(self, path: Path) -> None:
        """Raises BadBackup, OSError."""
        self.path, self._file = path, path.open("rb")
        try:
            self.header, self.counts = self._checked()
        except BaseException:
            self._file.close()
            raise

    def close(self) -> None:
        self._file.close()

    def records(self) -> Iterator[Record]:
        """All but the end."""
        with self._unpacked() as file:
            file.readline()
            while not isinstance(record := decode(_next(file)), End):
                yield record

    def _unpacked(self) -> gzip.GzipFile:
        self._file.seek(0)
        return gzip.GzipFile(fileobj=self._file)

    def _checked(self) -> tuple[Header, dict[str, int]]:
        counts = Counter[str]()
        header: Header | None = None
        try:
            with self._unpacked() as file:
                header = self._header(first := file.readline(HEADER_MAX))
                digest = hashlib.sha256(first)
                while not isinstance(record := decode(text := _next(file)), End):
                    counts[type(record).__name__] += 1
                    digest.update(len(text).to_bytes(LENGTH, "big") + text)
                if file.read(1):
                    raise self._bad("something stands behind its end: it is damaged")
        except EOFError:
            whole = f"after {counts.total()} records" if header else "within its first line"
            raise self._bad(f"it was cut off {whole}: the end is missing") from None
        except (gzip.BadGzipFile, zlib.error, msgspec.MsgspecError, UnicodeDecodeError) as error:
            if header is None:
                raise self._bad(f"this is no backup of sluice ({error})") from None
            raise self._bad(f"it is damaged after {counts.total()} records ({error})") from None
        if record.digest != digest.digest() or record.counts != dict(counts):
            raise self._bad("it is damaged: what it says at its end is not what is in it")
        return header, record.counts

    def _header(self, line: bytes) -> Header:
        """Raises BadBackup."""
        if not line:
            raise self._bad("this is no backup of sluice (it is empty)")
        header = read_header(line)
        if header.sluice != NAME:
            raise self._bad(f"this is no backup of sluice (it says it is {header.sluice!r})")
        if header.format != FORMAT:
            raise self._bad(
                f"it has format {header.format}, written by sluice {header.version}; this sluice reads format {FORMAT}"
            )
        return header

    def _bad(self, why: str) -> BadBackup:
        return BadBackup(f"{self.path}: {why}")


def _next(file: gzip.GzipFile) -> bytes:
    """A record. Raises EOFError, MsgspecError."""
    length = int.from_bytes(_exactly(file, LENGTH), "big")
    if length > RECORD_MAX:
        raise msgspec.DecodeError(f"a record of {length} bytes")
    return _exactly(file, length)


def _exactly(file: gzip.GzipFile, count: int) -> bytes:
    found = file.read(count)
    if len(found) < count:
        raise EOFError
    return found


def opened(path: Path) -> Backup:
    """Raises BadBackup: it is not there, not to be read, or not whole."""
    try:
        return Backup(path)
    except OSError as error:
        raise BadBackup(f"{path} cannot be read: {error.strerror or error}") from None
