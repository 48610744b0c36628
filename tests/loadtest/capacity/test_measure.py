"""Can a real sluice be measured, and planned for?"""

from pathlib import Path

import pytest

from loadtest.capacity import __main__ as command
from loadtest.capacity import outcome, service
from loadtest.capacity.order import Order


@pytest.mark.real
@pytest.mark.timeout(300)
def test_a_short_measurement_makes_a_plan(tmp_path: Path) -> None:
    file = tmp_path / "service.json"
    assert command.main(["measure", "--quick", "--service", str(file)]) == 0

    found = service.read(file)
    assert {round(load.share, 1) for load in found.loads} == {0.0, 0.2, 1.0}  # what came, not what was meant
    for name, part in found.parts.items():
        assert part.us(0.5, idle=0.5) > 1, name
    assert found.parts["shim"].us(0.0, idle=1.0) == 0
    assert found.parts["shim"].us(1.0, idle=0.0) > found.parts["edge"].us(1.0, idle=0.0)  # Python, and C
    assert found.batches.seconds(40) < 40 * found.batches.seconds(1)
    assert found.memory.user_bytes["1"] < found.memory.user_bytes["10"] < found.memory.user_bytes["100"]
    assert outcome.outcome(found, Order(turns_per_second=1000, p99_ms=1000), None).cores > 0


def test_nonsense_is_refused_before_anything_starts(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["validate", "--p99-ms", "0"]) == 2
    assert "1 to 60000 is wanted" in capsys.readouterr().err


def test_nothing_is_validated_without_service_times(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["validate", "--service", str(tmp_path / "none.json"), "--result", str(tmp_path / "plan.json")]) == 1
    assert "python -m loadtest.capacity measure" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
