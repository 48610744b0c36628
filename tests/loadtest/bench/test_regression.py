"""Does the gate find what is slower, and nothing else?"""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from loadtest.bench import regression
from loadtest.bench.regression import LEAST, noise, slower

QUIET, NOISY = [0.200, 0.202, 0.198, 0.201, 0.199], [0.20, 0.24, 0.16, 0.22, 0.18]


class Measuring:
    """A bench whose measurements are given."""

    def __init__(self, *ratios: dict[str, float]) -> None:
        self._ratios = list(ratios)

    def measure(self, how_often: int) -> dict[str, float]:
        return self._ratios.pop(0)


def checked(baseline: dict[str, list[float]], *ratios: dict[str, float]) -> dict[str, str]:
    bench: Any = Measuring(*ratios)
    return regression._checked(bench, baseline, 1)


def test_noise_is_what_repetition_found_and_never_nothing() -> None:
    assert noise(QUIET) == LEAST
    assert noise(NOISY) == pytest.approx(3 * 0.0316 / 0.20, rel=0.01)


def test_what_lies_below_the_noise_is_slower_and_is_named_with_its_figures() -> None:
    found = slower({"hot": QUIET, "mix": QUIET}, {"hot": 0.17, "mix": 0.185})
    assert list(found) == ["hot"]
    assert "0.1700 of an empty handler, 15.0% below 0.2000; noise is 10.0%" in found["hot"]
    assert not slower({"hot": NOISY}, {"hot": 0.12})
    assert not slower({"hot": QUIET}, {"hot": 0.4})


def test_slow_once_is_a_busy_neighbour_and_slow_every_time_is_not() -> None:
    slow, well = {"hot": 0.1}, {"hot": 0.2}
    assert not checked({"hot": QUIET}, slow, slow, well)
    assert list(checked({"hot": QUIET}, slow, slow, slow)) == ["hot"]


def test_another_case_that_is_slow_only_later_does_not_count() -> None:
    one, other = {"hot": 0.1, "mix": 0.2}, {"hot": 0.2, "mix": 0.1}
    assert not checked({"hot": QUIET, "mix": QUIET}, one, other)


def test_without_a_baseline_nothing_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["regression", "--result", str(tmp_path / "none.json")])
    assert regression.main() == 2
    (tmp_path / "none.json").write_bytes(msgspec.json.encode({"other": 1}))
    assert regression.main() == 2


def measured_baseline(path: Path, cpu: str, monkeypatch: pytest.MonkeyPatch, hot: float, more: bool = False) -> None:
    monkeypatch.setattr(regression.machine, "about", lambda settings: {"cpu": cpu})
    bench: Any = Measuring(*[{"hot": hot, "mix": 0.08}] * regression.BASELINE)
    bench.settings = None
    regression._measure_baseline(bench, 1, path, more)


def test_another_hour_is_kept_beside_what_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "gate.json"
    measured_baseline(path, "one", monkeypatch, hot=0.14)
    measured_baseline(path, "one", monkeypatch, hot=0.18, more=True)
    found = regression.read(path, "one")
    assert found["hot"] == [0.14] * regression.BASELINE + [0.18] * regression.BASELINE
    assert noise(found["hot"]) > LEAST


def test_each_processor_has_its_own_and_for_an_unknown_one_the_slowest_stands_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "gate.json"
    measured_baseline(path, "fast", monkeypatch, hot=0.18)
    measured_baseline(path, "slow", monkeypatch, hot=0.12)
    measured_baseline(path, "slow", monkeypatch, hot=0.13)
    assert regression.read(path, "fast")["hot"] == [0.18] * regression.BASELINE
    assert regression.read(path, "slow")["hot"] == regression.read(path, "new")["hot"] == [0.13] * regression.BASELINE
