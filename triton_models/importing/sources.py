"""Where do the bytes of a set come from, and how many may there be?

A file, a folder or a zip archive is a set of named members. Nothing is ever unpacked to disk; what is larger than the limits,
encrypted or named outside its archive is a fault.
"""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from triton_models.importing.faults import Faults

FILE_BYTES, SET_BYTES, MEMBERS = 64 << 20, 256 << 20, 20_000
Members = dict[str, bytes]
DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, NotImplementedError, RuntimeError)


def file_bytes(path: Path, faults: Faults) -> bytes:
    try:
        if path.stat().st_size > FILE_BYTES:
            faults.add(str(path), f"{path.stat().st_size} bytes", f"at most {FILE_BYTES}")
            return b""
        return path.read_bytes()
    except OSError as error:
        faults.add(str(path), f"cannot be read: {error.strerror}", "a file or folder that is there")
        return b""


def folder_members(folder: Path, suffixes: tuple[str, ...], faults: Faults) -> Members:
    """Files below the folder by relative path, but for hidden ones. A link that leads out of it is a fault."""
    found: Members = {}
    size = 0
    for path in sorted(path for path in folder.rglob("*") if path.suffix.lower() in suffixes and path.is_file()):
        if hidden(path.relative_to(folder).parts):
            continue
        if not path.resolve().is_relative_to(folder.resolve()):
            faults.add(str(path), "a link that leads out of the folder", "files inside it")
            continue
        size += path.stat().st_size
        if size > SET_BYTES or len(found) >= MEMBERS:
            faults.add(str(folder), "too much of it", f"at most {MEMBERS} files and {SET_BYTES} bytes")
            break
        found[path.relative_to(folder).as_posix()] = file_bytes(path, faults)
    return found


def zip_members(path: Path, suffixes: tuple[str, ...], faults: Faults) -> Members:
    """Its members by name, but for hidden ones; none where the archive cannot be trusted."""
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [info for info in archive.infolist() if not info.filename.endswith("/")]
            before = faults.count
            _check(path, infos, faults)
            if faults.count > before:
                return {}
            wanted = [info for info in infos if info.filename.lower().endswith(suffixes)]
            return {one.filename: archive.read(one) for one in wanted if not hidden(PurePosixPath(one.filename).parts)}
    except (*DAMAGE, OSError, ValueError) as error:
        faults.add(str(path), f"not a zip archive that can be read: {error}", "a Dialogflow ES export or a Rasa project")
        return {}


def hidden(parts: tuple[str, ...]) -> bool:
    """.git, ._name and __MACOSX: what file managers and version control leave beside."""
    return any(part.startswith(".") or part == "__MACOSX" for part in parts)


def _check(path: Path, infos: list[zipfile.ZipInfo], faults: Faults) -> None:
    if len(infos) > MEMBERS:
        faults.add(str(path), f"{len(infos)} members", f"at most {MEMBERS}")
    if sum(info.file_size for info in infos) > SET_BYTES:
        faults.add(str(path), "unpacks to too much", f"at most {SET_BYTES} bytes in all")
    seen: set[str] = set()
    for info in infos:
        parts = PurePosixPath(info.filename.replace("\\", "/")).parts
        place = f"{path}!{ascii(info.filename)[1:-1]}"
        if ".." in parts or not parts or parts[0] == "/":
            faults.add(place, "a member outside the archive", "relative names without ..")
        if info.filename in seen:
            faults.add(place, "there twice", "each member once")
        if info.file_size > FILE_BYTES:
            faults.add(place, f"{info.file_size} bytes", f"at most {FILE_BYTES}")
        if info.flag_bits & 1:
            faults.add(place, "encrypted", "an archive without a password")
        seen.add(info.filename)


def lines(raw: bytes, place: str, faults: Faults) -> Iterator[tuple[str, str]]:
    """(place:number, line) of each line that is not blank; a line that is not UTF-8 is a fault."""
    for number, line in enumerate(raw.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        try:
            text = line.decode("utf-8").removesuffix("\r")
        except UnicodeDecodeError as error:
            faults.add(f"{place}:{number}", f"not UTF-8 at byte {error.start + 1} of the line", "UTF-8")
            continue
        if text.strip():
            yield f"{place}:{number}", text


def decoded(raw: bytes, place: str, faults: Faults) -> str | None:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        faults.add(f"{place}:{raw[: error.start].count(10) + 1}", "not UTF-8", "UTF-8")
        return None
