"""Is what was put in found again?"""

import numpy as np
import pytest

from loadtest.capacity import fit
from loadtest.capacity.service import Part
from tests.loadtest.capacity import costs
from tests.loadtest.capacity.costs import BATCHES, CORES, EDGE, TRITON


@pytest.mark.parametrize(("name", "part"), list(costs.service().parts.items()))
def test_work_and_wakes_are_told_apart(name: str, part: Part) -> None:
    found = fit.part(name, costs.loads(name, part), CORES, BATCHES)

    assert (found.hot_us, found.deep_us) == (pytest.approx(part.hot_us, abs=1e-6), pytest.approx(part.deep_us))
    assert (found.wake_us, found.batch_us) == (pytest.approx(part.wake_us), pytest.approx(part.batch_us, abs=1e-6))
    assert found.error < 1e-6


def test_noise_is_said_and_does_not_turn_the_figures() -> None:
    found = fit.part("edge", costs.loads("edge", EDGE, noise=(0.05, -0.05, 0.03, -0.04, 0.01)), CORES, BATCHES)

    assert found.hot_us == pytest.approx(EDGE.hot_us, rel=0.25)
    assert 0.01 < found.error < 0.06


def test_nothing_is_below_its_floor() -> None:
    """The straight line through these falls."""
    rows, wanted = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]), np.array([3.0, 2.0, 1.0])

    (flat, slope), error = fit.least(rows, wanted, np.zeros(2))
    assert slope == 0 and 1 < flat < 3 and error > 0.3

    (flat, slope), _ = fit.least(rows, wanted, np.array([2.5, 0.0]))
    assert (flat, slope) == (2.5, 0)


def test_work_is_never_explained_away_and_the_plan_says_so() -> None:
    """A part that would cost nothing but wakes is not believed."""
    found = fit.part("edge", costs.loads("edge", Part(0.5, 60.0, 50.0, 2.0, 4.0)), CORES, BATCHES)
    cheapest = 0.5 + 50 * 2 * 0.3 * 0.3

    assert found.hot_us == pytest.approx(cheapest / 4)
    assert not found.apart
    assert fit.part("edge", costs.loads("edge", EDGE), CORES, BATCHES).apart


def test_too_little_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="shim was busy in 0 of 4 loads, 4 are wanted"):
        fit.part("shim", costs.loads("edge", EDGE)[:4], CORES, BATCHES)


def test_executions_have_a_fixed_and_a_growing_part() -> None:
    found = fit.batches([(size, 700 + 180 * size) for size in (1, 3, 8, 20, 40)], most=40, delay_us=1000)

    assert (found.fixed_us, found.each_us) == (pytest.approx(700), pytest.approx(180))
    assert found.per_s == pytest.approx(40 / 0.0079)


def test_a_busy_part_is_cheaper_and_so_is_one_on_a_core_that_does_not_sleep() -> None:
    assert EDGE.us(0.0, idle=0.3) == pytest.approx(40 + 20 * 2 * 0.3 * 0.3)
    assert EDGE.us(0.0, idle=0.3) < EDGE.us(0.0, idle=0.9)
    assert EDGE.us(0.0, idle=0.9, asleep=0.0) == 40


def test_a_batch_shares_its_cost() -> None:
    assert TRITON.us(1.0, idle=0.0, batch=7) == 180 + 100
    assert TRITON.us(0.08, idle=0.0, batch=7) == pytest.approx(0.08 * 280)
