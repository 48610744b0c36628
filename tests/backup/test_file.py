"""Is a backup that is not whole refused by name, and does half a one never look whole?"""

import gzip
import os
import stat
from pathlib import Path

import pytest

from pyshim.backup import file
from pyshim.backup.file import NAME, Backup, writing
from pyshim.backup.record import FORMAT, Forgotten, Header, Piece, Record, write_header
from pyshim.errors import BadBackup

HEADER = Header(NAME, FORMAT, "0.1.0", 1_800_000_000.0, "ann@here", "/run/redis.sock")
RECORDS: list[Record] = [
    *(Piece(f"{{config}}:part:{number}", os.urandom(300)) for number in range(20)),
    Forgotten("shop:ann", 1_800_000_000_000, 1_900_000_000_000),
]


def written(path: Path, header: Header = HEADER) -> bytes:
    with writing(path, header) as writer:
        for record in RECORDS:
            writer.write(record)
    return path.read_bytes()


def refused(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(BadBackup) as found:
        file.opened(path)
    said = str(found.value)
    assert said.startswith(f"{path}: "), said
    return said.removeprefix(f"{path}: ")


def test_what_was_written_is_read_as_often_as_wanted(tmp_path: Path) -> None:
    written(tmp_path / "b")
    backup = file.opened(tmp_path / "b")
    assert (backup.header, backup.counts) == (HEADER, {"Piece": 20, "Forgotten": 1})
    assert [list(backup.records()) for _ in range(2)] == [RECORDS, RECORDS]
    assert stat.S_IMODE((tmp_path / "b").stat().st_mode) == 0o600
    assert gzip.decompress((tmp_path / "b").read_bytes()).partition(b"\n")[0] == write_header(HEADER)


def test_wherever_it_was_cut_off_it_is_refused(tmp_path: Path) -> None:
    whole = written(tmp_path / "b")
    for length in (*range(2, 40), *range(40, len(whole), 97), *range(len(whole) - 12, len(whole))):
        said = refused(tmp_path / "cut", whole[:length])
        assert "cut off" in said and "the end is missing" in said, (length, said)
    assert "after 21 records" in said
    assert refused(tmp_path / "cut", b"") == "this is no backup of sluice (it is empty)"


def test_one_byte_that_is_another_is_seen(tmp_path: Path) -> None:
    whole = written(tmp_path / "b")
    for place in (*range(60), *range(60, len(whole), 61), *range(len(whole) - 8, len(whole))):
        for bit in (1, 0x80):
            broken = bytearray(whole)
            broken[place] ^= bit
            (tmp_path / "flipped").write_bytes(broken)
            try:
                backup = Backup(tmp_path / "flipped")
            except BadBackup:
                continue
            assert list(backup.records()) == RECORDS, f"byte {place} is none that says anything: a time, a name"
            backup.close()


def test_what_its_end_does_not_count_or_sum_up_is_damaged(tmp_path: Path) -> None:
    """Whole gzip, and not what was written: a record that is gone, or another."""
    text = gzip.decompress(written(tmp_path / "b"))
    begins = text.index(b"\n") + 1
    first = 4 + int.from_bytes(text[begins : begins + 4], "big")
    assert "damaged" in refused(tmp_path / "less", gzip.compress(text[:begins] + text[begins + first :]))
    other = text.replace(b"shop:ann", b"shop:bob")
    assert "what it says at its end is not what is in it" in refused(tmp_path / "other", gzip.compress(other))
    assert "something stands behind its end" in refused(tmp_path / "more", gzip.compress(text + b"x"))
    huge = text[:begins] + b"\xff\xff\xff\xff" + text[begins + 4 :]
    assert refused(tmp_path / "huge", gzip.compress(huge)) == "it is damaged after 0 records (a record of 4294967295 bytes)"


@pytest.mark.parametrize(
    "content",
    [b"hello", b"REDIS0011\xfa", gzip.compress(b"hello\n"), gzip.compress(b'{"a":1}\n'), b"\x1f\x8bx"],
    ids=["text", "Redis' own", "text in gzip", "JSON in gzip", "the beginning of gzip"],
)
def test_what_is_none_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    said = refused(tmp_path / "foreign", content)
    assert "this is no backup of sluice" in said or "cut off within its first line" in said


def test_another_format_is_named(tmp_path: Path) -> None:
    later = Header(NAME, FORMAT + 1, "2.0", 1.8e9, "ann@here", "/run/redis.sock")
    said = refused(tmp_path / "later", written(tmp_path / "b", later))
    assert said == "it has format 2, written by sluice 2.0; this sluice reads format 1"


def test_a_backup_that_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    backup = writing(tmp_path / "b", HEADER)
    backup.__enter__().write(RECORDS[0])
    assert [path.name for path in tmp_path.iterdir()] == [f".b.{os.getpid()}"], "it has no name of a backup yet"
    full = OSError("the disk is full")
    assert not backup.__exit__(type(full), full, None)
    assert list(tmp_path.iterdir()) == []


def test_none_is_written_over(tmp_path: Path) -> None:
    before = written(tmp_path / "b")
    with pytest.raises(BadBackup, match="is there already: another name is wanted"), writing(tmp_path / "b", HEADER):
        pass
    assert (tmp_path / "b").read_bytes() == before


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadBackup, match="none cannot be read: No such file or directory"):
        file.opened(tmp_path / "none")
