"""Is a turn that was set aside erased once, and none lost, whoever else writes or erases at the same moment?"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pyshim.turns import aside

USERS = [f"u{number}" for number in range(24)]


def put(path: Path, user: str) -> None:
    whose = f"{{shop:{user}}}"
    aside.put_arguments(path, 1.0, "refused", (f"d:{whose}", f"h:{whose}", f"i:{whose}", *["x"] * aside.ARGUMENTS))


def left(run: Path) -> list[str]:
    return sorted(turn.whose for path in aside.files(run) for turn in aside.read(path))


def test_many_erasures_at_once_erase_what_each_means(tmp_path: Path) -> None:
    for number, user in enumerate([*USERS, "stays"]):
        put(tmp_path / f"aside-shim-{number % 3}", user)
    with ThreadPoolExecutor(8) as pool:
        erased = list(pool.map(lambda user: aside.drop(tmp_path, "shop", user), USERS))
    assert erased == [1] * len(USERS)
    assert left(tmp_path) == ["shop:stays"]


def test_what_is_set_aside_while_a_file_is_taken_is_in_the_next_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "aside-shim-0"
    put(path, "first")
    lock, meanwhile = aside.flock, [path]

    def taken_meanwhile(file: int, how: int) -> None:
        if meanwhile:  # the writer has opened it, and has not locked it yet
            taken = aside.taken(meanwhile.pop())
            aside.keep(taken, [])
        lock(file, how)

    monkeypatch.setattr(aside, "flock", taken_meanwhile)
    put(path, "second")
    assert left(tmp_path) == ["shop:second"]


def test_a_file_that_is_gone_is_empty(tmp_path: Path) -> None:
    assert list(aside.read(tmp_path / "aside-shim-0")) == []
