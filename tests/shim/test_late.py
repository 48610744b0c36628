"""Do turns that wait for Redis outlive the process that keeps them?"""

from pathlib import Path

import pytest

from pyshim.outside.slots import slot_of
from pyshim.settings import read_settings
from pyshim.turns.late import SPARE, Late, Queue

ONE, TWO = (1.0, ("d:{a:b}", b"\x80\xff", 7)), (2.0, ("d:{a:c}", "你好", 8))


def kept(late: Late) -> list[object]:
    found = []
    while late:
        [queue, *_] = late.queues()
        found.append(late.first(queue))
        late.written(queue)
    return found


def test_the_next_process_finds_them_and_the_file_goes_when_all_are_written(tmp_path: Path) -> None:
    path = tmp_path / "late"
    first = Late(path)
    first.keep(*ONE)
    first.keep(*TWO)
    assert path.stat().st_mode & 0o077 == 0, "what customers said is its owner's alone"
    assert kept(Late(path)) == [ONE, TWO]
    assert not path.exists()
    assert kept(Late(path)) == []


def test_what_is_written_by_one_that_is_then_killed_is_found_again(tmp_path: Path) -> None:
    late = Late(tmp_path / "late")
    late.keep(*ONE)
    late.keep(*TWO)
    late.written(late.queues()[0])
    assert len(Late(tmp_path / "late")) == 2  # written twice, which the commit script makes harmless


@pytest.mark.parametrize("cut", [1, 3, 9])
def test_a_last_entry_that_is_half_is_left_out(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "late"
    late = Late(path)
    late.keep(*ONE)
    whole = path.stat().st_size
    late.keep(*TWO)
    path.write_bytes(path.read_bytes()[: whole + cut])
    assert kept(Late(path)) == [ONE]


def test_a_disk_that_does_not_take_them_leaves_them_in_memory(tmp_path: Path) -> None:
    late = Late(tmp_path / "no folder" / "late")
    late.keep(*ONE)
    assert kept(late) == [ONE]


def test_the_first_shim_takes_over_from_shims_that_are_no_more(tmp_path: Path) -> None:
    settings = read_settings({"SLUICE_VAR": str(tmp_path), "SLUICE_SHIMS": "2"})
    settings.run.mkdir()
    for number in range(4):
        Late(settings.late_files(number)[0]).keep(*ONE)
    assert [len(Late(*settings.late_files(number))) for number in range(2)] == [3, 1]
    assert kept(Late(*settings.late_files(0))) == [ONE] * 3
    assert [path.name for path in settings.run.iterdir()] == ["late-shim-1"]


def test_turns_of_one_slot_stay_in_order_and_those_of_others_do_not_wait_for_them() -> None:
    late = Late()
    for number in range(6):
        late.keep(float(number), (f"d:{{a:{'bc'[number % 2]}}}", number))
    first, second = late.queues()
    late.written(second)
    assert [late.first(queue) for queue in (first, second)] == [(0.0, ("d:{a:b}", 0)), (3.0, ("d:{a:c}", 3))]
    assert [one[1][1] for one in kept(late)] == [0, 2, 4, 3, 5]  # type: ignore[index]


def test_the_file_is_written_anew_where_most_of_it_waits_no_more(tmp_path: Path) -> None:
    path = tmp_path / "late"
    Late(tmp_path / "before").keep(*TWO)
    late = Late(path, (tmp_path / "before",))
    late.keep(3.0, ("d:{a:stays}", 0))
    for number in range(2 * SPARE):
        late.keep(*ONE)
        late.written(Queue(slot_of("{a:b}")))
        assert path.stat().st_size < (SPARE + 5) * 40
        assert number < SPARE or not (tmp_path / "before").exists()
    assert path.stat().st_mode & 0o077 == 0
    assert {one[1][0] for one in kept(Late(path))} == {"d:{a:b}", "d:{a:c}", "d:{a:stays}"}  # type: ignore[index]
