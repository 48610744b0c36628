"""Is a file of service times read whole, or refused with what is wrong?"""

import json
from pathlib import Path
from typing import Any

import pytest

from loadtest.capacity import outcome, service
from loadtest.capacity.errors import BadService
from tests.loadtest.capacity import costs


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return service.write(tmp_path / "service.json", costs.service())


def test_what_is_written_is_read_again(file: Path) -> None:
    assert service.read(file) == costs.service()
    assert [path.name for path in file.parent.iterdir()] == ["service.json"]


def test_one_that_is_not_there_says_who_makes_it(tmp_path: Path) -> None:
    with pytest.raises(BadService, match=r"nothing.json: No such file.*`python -m loadtest.capacity measure` makes it"):
        service.read(tmp_path / "nothing.json")


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"\xff\xfe", b'{"machine": {}}', b"null"])
def test_half_a_file_is_refused(file: Path, text: bytes) -> None:
    file.write_bytes(text)
    with pytest.raises(BadService, match="is not what"):
        service.read(file)


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (("parts", "edge", "hot_us"), -1, ">= 0"),
        (("parts", "edge", "hot_us"), "many", "float"),
        (("batches", "most"), 0, ">= 1"),
        (("batches", "each_us"), 0, "> 0"),
        (("hot", "p99_ms"), None, "float"),
    ],
)
def test_what_cannot_be_is_named(file: Path, path: tuple[str, ...], value: Any, says: str) -> None:
    _change(file, path, value)
    with pytest.raises(BadService, match=says):
        service.read(file)


@pytest.mark.parametrize("path", [("parts", "redis"), ("memory", "part_mb", "shim"), ("memory", "user_bytes", "100")])
def test_what_is_missing_is_named(file: Path, path: tuple[str, ...]) -> None:
    found = json.loads(file.read_text())
    inner = found
    for name in path[:-1]:
        inner = inner[name]
    del inner[path[-1]]
    file.write_text(json.dumps(found))
    with pytest.raises(BadService, match=f"nothing is said of {path[-1]}"):
        service.read(file)


def test_the_band_is_the_spread_of_the_ratios(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    assert outcome.band(file) is None

    file.write_text('{"cases": [{"ratio": 0.9}, {"ratio": 1.1}, {"ratio": 1.0}], "machine": {"date": "2026-11-28T10:00"}}')
    found = outcome.band(file)
    assert found is not None and (found.low, found.high) == (0.9, 1.1)
    assert "3 mixes" in found.told and "2026-11-28" in found.told


@pytest.mark.parametrize("text", ["{}", '{"cases": []}', '{"cases": [{"ratio": 0}]}', '{"cases": [{"ratio": "good"}]}', "{"])
def test_a_broken_validation_is_not_passed_over(tmp_path: Path, text: str) -> None:
    file = tmp_path / "plan.json"
    file.write_text(text)
    with pytest.raises(BadService, match="validate"):
        outcome.band(file)


def _change(file: Path, path: tuple[str, ...], value: Any) -> None:
    found = json.loads(file.read_text())
    inner = found
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    file.write_text(json.dumps(found))
