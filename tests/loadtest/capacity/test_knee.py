"""Is the knee where the cores are used up, and is it found where it is?"""

from typing import Any

import pytest

from loadtest.capacity import knee, validate
from loadtest.capacity.service import PARTS, Part
from loadtest.capacity.validate import Pace, Plan
from tests.loadtest.capacity import costs

NOTHING = Part(0.0, 0.0, 0.0, 0.0, 0.0)


def with_parts(**parts: Part) -> Any:
    return costs.service(parts={**dict.fromkeys(PARTS, NOTHING), **parts})


def test_the_cores_are_used_up_by_the_sum_of_all_parts() -> None:
    """75 us of work a hot turn on two cores; nobody is woken when all are busy."""
    shared = with_parts(edge=Part(40, 0, 20, 2, 0), redis=Part(25, 0, 10, 1, 0), generator=Part(10, 0, 10, 1, 0))
    found = knee.predicted(shared, 0.0, cores=2, p99_ms=180)

    assert found.part == "all cores"
    assert found.saturated_per_s == pytest.approx(2e6 / 75, rel=0.03)
    assert sum(found.busy.values()) <= 2.001


def test_one_process_cannot_use_two_cores() -> None:
    found = knee.predicted(with_parts(edge=Part(10, 0, 0, 0, 0), redis=Part(50, 0, 0, 0, 0)), 0.0, cores=2, p99_ms=180)

    assert found.part == "redis"
    assert found.saturated_per_s == pytest.approx(1e6 / 50, rel=0.001)


def test_a_p99_that_breaks_before_the_cores_are_used_up_is_the_knee() -> None:
    wide, strict = (knee.predicted(costs.service(), 0.0, 2, bound) for bound in (180, 2.3))

    assert strict.saturated_per_s == pytest.approx(wide.saturated_per_s)
    assert strict.per_s < 0.95 * wide.per_s
    assert wide.per_s > 0.97 * wide.saturated_per_s
    assert knee.turns(costs.service(), 0.0, 2, strict.per_s, 2.3).percentile(99) <= 2.3


@pytest.mark.long
def test_more_questions_for_triton_are_a_lower_knee_and_larger_batches() -> None:
    found = [knee.predicted(costs.service(), share, 2, 180) for share in (0.0, 0.08, 0.3)]

    assert [one.per_s for one in found] == sorted((one.per_s for one in found), reverse=True)
    assert 1 < found[1].batch < found[2].batch <= 40


def test_a_machine_with_more_cores_holds_more() -> None:
    two, four = (knee.predicted(costs.service(), 0.0, cores, 180).per_s for cores in (2, 4))
    assert 1.2 * two < four <= 2.1 * two


def machine(holds_to: float):  # type: ignore[no-untyped-def]
    """One that holds so many turns a second."""
    return lambda rate: Pace(rate, min(rate, holds_to), 50.0 if rate <= holds_to else 500.0, rate <= holds_to)


@pytest.mark.parametrize("holds_to", [760.0, 930.0, 1000.0, 1040.0, 400.0, 200.0])
def test_the_knee_is_found_between_two_paces(holds_to: float) -> None:
    paces = validate.found(machine(holds_to), flat=1000.0, plan=Plan(halvings=4))
    held = max(one.reached_per_s for one in paces if one.holds)

    assert 0.97 * holds_to <= held <= holds_to
    assert len(paces) <= 14


def test_a_machine_that_holds_nothing_is_given_up() -> None:
    paces = validate.found(machine(0.0), flat=1000.0, plan=Plan())
    assert not any(one.holds for one in paces)
    assert min(one.per_s for one in paces) > 50
