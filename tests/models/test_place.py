"""Is a version folder ever seen half-done?"""

from __future__ import annotations

from pathlib import Path

import pytest

from pyshim.settings import ROOT
from pyshim.understanding.folder import FILES, IncompleteVersion
from triton_models.build.place import check_fits, new_version, next_version


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


def test_the_next_version_has_the_next_number(tmp_path):
    assert next_version(tmp_path / "student") == tmp_path / "student/1"
    for name in ("1", "9", "10", ".11.new", "warmup"):
        (tmp_path / "student" / name).mkdir(parents=True)
    assert next_version(tmp_path / "student") == tmp_path / "student/11"


CONFIG = ROOT / "triton_models/repository/student/config.pbtxt"


def test_the_shipped_configuration_fits_any_number_of_labels():
    check_fits(CONFIG, 85, 128)
    check_fits(CONFIG, 12, 128)


@pytest.mark.parametrize(
    ("here", "instead", "says"),
    [
        ('name: "TEXT"', 'name: "IDS"', "the input is .*IDS.*; TEXT, TYPE_STRING"),
        ("TYPE_STRING", "TYPE_INT64", "the input is .*TYPE_INT64.*; TEXT, TYPE_STRING"),
        ('name: "LOGITS"', 'name: "SCORES"', "LOGITS is None; TYPE_FP32"),
        ("TYPE_FP32", "TYPE_FP16", "LOGITS is .*TYPE_FP16.*; TYPE_FP32"),
        ("output", "outputs", "config.pbtxt: "),
    ],
)
def test_a_configuration_that_has_triton_expect_other_tensors_is_named(tmp_path, here, instead, says):
    config = tmp_path / "config.pbtxt"
    config.write_text(CONFIG.read_text(encoding="utf-8").replace(here, instead), encoding="utf-8")
    with pytest.raises(IncompleteVersion, match=says) as fault:
        check_fits(config, 85, 128)
    assert str(config) in str(fault.value)


def test_a_configuration_for_another_number_of_labels_is_named(tmp_path):
    config = tmp_path / "config.pbtxt"
    text = CONFIG.read_text(encoding="utf-8").replace("TYPE_FP32 dims: [ -1 ]", "TYPE_FP32 dims: [ 85 ]")
    config.write_text(text, encoding="utf-8")
    check_fits(config, 85, 128)
    with pytest.raises(IncompleteVersion, match=r"LOGITS is .*85.*; TYPE_FP32, dims \[ 12 \]"):
        check_fits(config, 12, 128)
