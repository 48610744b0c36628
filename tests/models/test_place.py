"""Is a version folder ever seen half-done?"""

from __future__ import annotations

from pathlib import Path

import pytest

from triton_models.build.place import new_version
from triton_models.version import FILES, IncompleteVersion


def fill(folder: Path, text: str, names: tuple[str, ...] = FILES) -> None:
    for name in names:
        (folder / name).write_text(text)


def test_a_complete_version_takes_the_place_of_the_old_one(tmp_path):
    target = tmp_path / "student/1"
    for text in ("first", "second"):
        with new_version(target) as folder:
            fill(folder, text)
            assert not target.exists() or (target / "card.json").read_text() == "first"
    assert (target / "card.json").read_text() == "second"
    assert [path.name for path in target.parent.iterdir()] == ["1"]


def test_an_incomplete_version_changes_nothing(tmp_path):
    target = tmp_path / "1"
    with new_version(target) as folder:
        fill(folder, "old")
    with pytest.raises(IncompleteVersion, match=r"lacks router\.bin"), new_version(target) as folder:
        fill(folder, "new", FILES[:4] + FILES[5:])
    assert (target / "card.json").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["1"]


def test_a_failed_build_changes_nothing(tmp_path):
    target = tmp_path / "1"
    with pytest.raises(RuntimeError), new_version(target):
        raise RuntimeError("out of memory")
    assert list(tmp_path.iterdir()) == []


def test_a_version_that_is_too_large_is_refused(tmp_path):
    with pytest.raises(IncompleteVersion, match="at most"), new_version(tmp_path / "1") as folder:
        fill(folder, "x" * 12_000_000)
