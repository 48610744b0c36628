"""Are the formulas those of the books, and how far is the tail from what happens?"""

import math
import random

import numpy as np
import pytest

from loadtest.capacity import queueing, triton_queue, waits
from tests.loadtest.capacity import events
from tests.loadtest.capacity.costs import BATCHES

TAIL = 0.15  # what loadtest/capacity/queueing.py states


@pytest.mark.parametrize("busy", [0.1, 0.5, 0.9])
def test_m_m_1_is_exact(busy: float) -> None:
    wait = queueing.waiting(1, busy, service=2.0)

    assert wait.chance == pytest.approx(busy)
    assert wait.mean == pytest.approx(2.0 * busy / (1 - busy))
    assert wait.percentile(99) == pytest.approx(max(0.0, 2.0 / (1 - busy) * math.log(busy / 0.01)))


@pytest.mark.parametrize(("servers", "busy", "wanted"), [(2, 0.5, 1 / 3), (2, 0.75, 9 / 14), (3, 2 / 3, 4 / 9), (1, 0.3, 0.3)])
def test_the_chance_to_wait_is_erlangs(servers: int, busy: float, wanted: float) -> None:
    assert queueing.erlang_c(servers, busy) == pytest.approx(wanted)


def test_constant_times_halve_the_wait_and_a_full_server_never_catches_up() -> None:
    assert queueing.waiting(1, 0.8, 1.0, scv=0.0).mean == pytest.approx(queueing.waiting(1, 0.8, 1.0).mean / 2)
    assert queueing.waiting(4, 1.0, 1.0).mean == math.inf
    assert queueing.erlang_c(4, 1.2) == 1.0


@pytest.mark.long
@pytest.mark.parametrize(
    ("servers", "busy", "scv"), [(1, 0.7, 1.0), (1, 0.7, 0.0), (1, 0.6, 3.0), (2, 0.8, 1.0), (4, 0.8, 0.5), (8, 0.8, 1.0)]
)
def test_the_tail_is_near_what_happens(servers: int, busy: float, scv: float) -> None:
    seen = np.concatenate([events.waits(servers, busy, _times(scv, seed), 1.0, 40_000, seed) for seed in (1, 2, 3)])
    wait = queueing.waiting(servers, busy, 1.0, scv)

    assert wait.mean == pytest.approx(seen.mean(), rel=TAIL)
    assert wait.percentile(99) == pytest.approx(np.percentile(seen, 99), rel=TAIL)


def _times(scv: float, seed: int):  # type: ignore[no-untyped-def]
    """Times of mean 1 with this spread: constant, gamma."""
    chance = random.Random(f"times:{seed}")
    return (lambda: 1.0) if scv == 0 else (lambda: chance.gammavariate(1 / scv, scv))


def test_two_kinds_of_turns_spread_more_than_each() -> None:
    assert queueing.mixture_scv([(1.0, 5.0)]) == pytest.approx(1.0)
    assert queueing.mixture_scv([(0.5, 1.0), (0.5, 9.0)], scv=0.0) == pytest.approx(0.64)
    assert queueing.mixture_scv([(0.08, 400.0)]) == pytest.approx(1.0)  # only some of the turns come here at all
    assert queueing.mixture_scv([(0.92, 40.0), (0.08, 60.0)]) > 1.0


@pytest.mark.parametrize(("load", "users"), [(0.1, 6), (0.7, 6), (3.0, 6), (1.0, 3)])
def test_shared_servers_stretch_work_as_the_machine_repairman_waits(load: float, users: int) -> None:
    """M/M/2//N, state by state. load: work over the time between."""
    chance = [1.0]
    for count in range(1, users + 1):
        chance.append(chance[-1] * load * (users - count + 1) / min(2, count))
    served = sum(min(2, count) * one for count, one in enumerate(chance)) / sum(chance)
    working = sum(count * one for count, one in enumerate(chance)) / sum(chance)
    assert queueing.stretch(2, users, served / 2) == pytest.approx(working / served, rel=1e-3)


def test_nobody_is_stretched_who_has_a_server() -> None:
    assert queueing.stretch(4, 3, 0.9) == 1.0
    assert queueing.stretch(2, 6, 0.0) == pytest.approx(1.0)
    assert queueing.stretch(2, 6, 1.0) == pytest.approx(3.0, rel=1e-3)


@pytest.mark.long
@pytest.mark.parametrize("busy", [0.02, 0.3, 0.6, 0.8, 0.92])
def test_batches_take_what_they_take_event_by_event(busy: float) -> None:
    per_s = busy * BATCHES.per_s
    seen, batch = events.batched(BATCHES, per_s, 100_000)
    took, mean = triton_queue.sojourn(BATCHES, per_s, step_ms=0.05)

    assert mean == pytest.approx(batch, rel=0.04)
    assert took.chance.sum() == pytest.approx(1.0, abs=1e-3)
    for percent in (50, 99):
        assert took.percentile(percent) == pytest.approx(1e3 * np.percentile(seen, percent), rel=0.06)


def test_more_questions_than_an_instance_can_answer_have_no_wait_at_all() -> None:
    with pytest.raises(ValueError, match="more than 95%"):
        triton_queue.sojourn(BATCHES, BATCHES.per_s, 0.1)


def test_waits_are_added_and_mixed() -> None:
    step = 0.1
    both = waits.exponential(step, 1.0, 3.0) + waits.exponential(step, 1.0, 3.0)
    erlang = next(t for t in np.arange(0, 60, 0.01) if math.exp(-t / 3) * (1 + t / 3) <= 0.01)
    assert both.percentile(99) == pytest.approx(erlang, abs=2 * step)

    mixed = waits.constant(step, 1.0).mixed(waits.constant(step, 9.0), 0.02)
    assert (mixed.percentile(97), mixed.percentile(99)) == (pytest.approx(1.0), pytest.approx(9.0))
    assert waits.constant(step, 1e6).percentile(50) == math.inf
