"""Does a day that flows go as one does whose turns come one by one, and is nobody forgotten?"""

from dataclasses import replace
from math import inf
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from loadtest.capacity import day, fluid, policy, search
from loadtest.capacity.day import DAY_S, MIDNIGHT_S, Load
from loadtest.capacity.errors import OutOfReach
from loadtest.capacity.fleet import Replica
from loadtest.capacity.fluid import Day
from loadtest.capacity.policy import Lag, Policy, Window
from tests.loadtest.capacity import events

RUSH = Load(((0.0, 15.0), (100.0, 15.0), (105.0, 120.0), (180.0, 120.0), (200.0, 20.0), (600.0, 20.0)))
EVENING = Load((*RUSH.rows, (3000.0, 20.0)))
REPLICA = Replica(per_s=10.0, start_s=30.0)
RULE = Policy(base=3, lag_turns=100, lag_s=0.5, most=15)


def play(rule: Policy = RULE, load: Load = RUSH, replica: Replica = REPLICA, **more: Any) -> Day:
    return fluid.simulate(rule, load, replica, in_time_s=0.2, **more)


def test_a_day_of_a_sale_has_its_peak_right_after_midnight() -> None:
    sale = day.sale(280_000, rise_s=10)

    assert (sale.seconds, sale.peak, sale.peak_at) == (DAY_S, 280_000, MIDNIGHT_S + 10)
    assert sale.rise_at == MIDNIGHT_S
    assert sale.rate(MIDNIGHT_S - 1) < 280_000 / 5
    assert sale.rate(MIDNIGHT_S + 5) == pytest.approx((280_000 / 6 + 280_000) / 2)
    assert sale.rate(0) == pytest.approx(280_000 / 15)
    assert 1e9 < sale.until(DAY_S) < 1e10


@settings(max_examples=30)
@given(some.floats(0, 600), some.floats(0, 600))
def test_turns_until_a_moment_are_the_area_below_the_rate(one: float, other: float) -> None:
    start, end = sorted((one, other))
    steps = 1000
    area = sum(RUSH.rate(start + (at + 0.5) * (end - start) / steps) for at in range(steps)) * (end - start) / steps

    assert RUSH.until(end) - RUSH.until(start) == pytest.approx(area, rel=1e-2, abs=1e-1)
    assert RUSH.busiest(start, end) >= max(RUSH.rate(start), RUSH.rate(end))


@pytest.mark.parametrize(
    "rule", [RULE, replace(RULE, growth=1.2), Policy(base=4, ahead=Window(16, 60, 400)), Policy(base=1, most=2)]
)
@pytest.mark.parametrize("deadline_s", [0.5, 1.5, 5.0])
def test_whoever_comes_is_answered_lost_or_waiting(rule: Policy, deadline_s: float) -> None:
    found = play(rule, deadline_s=deadline_s)

    assert found.arrived == pytest.approx(RUSH.until(600))
    assert found.answered + found.lost + found.waiting == pytest.approx(found.arrived)
    assert sum(one.arrived for one in found.moments.values()) == pytest.approx(found.arrived)
    assert sum(one.answered + one.lost for one in found.moments.values()) == pytest.approx(found.answered + found.lost)
    assert all(one.longest_s <= deadline_s + fluid.FINE_S for one in found.moments.values())


@pytest.mark.long
@pytest.mark.parametrize(
    ("rule", "lost"), [(RULE, True), (Policy(base=6, lag_turns=1e9, lag_s=1e9), True), (Policy(base=15), False)]
)
def test_it_flows_as_single_turns_go(rule: Policy, lost: bool) -> None:
    flows = play(rule)
    one = events.day(rule, RUSH, REPLICA, 0.2, 1.5, seed=1)

    assert one.answered + one.lost + one.waiting == one.arrived
    assert flows.arrived == pytest.approx(one.arrived, rel=0.03)
    assert flows.hours == pytest.approx(one.hours, rel=0.05)
    assert flows.lost == pytest.approx(one.lost, rel=0.05, abs=0.002 * one.arrived)
    assert (flows.lost > 0.02 * flows.arrived) == lost


def test_the_same_seed_is_the_same_day_and_another_is_not() -> None:
    assert play() == play()
    assert play(seed=8) != play(seed=9)


def test_replicas_that_start_late_lose_turns_until_they_serve() -> None:
    soon, late = (play(replica=replace(REPLICA, start_s=start_s)) for start_s in (5.0, 60.0))

    assert soon.lost < late.lost
    assert max(one.starting for one in late.moments.values()) > 0


def test_a_window_ahead_is_there_when_the_rush_comes() -> None:
    found = play(Policy(base=3, ahead=Window(13, 50, 300)))

    assert found.keeps
    assert found.hours < play(Policy(base=13)).hours


def lag(**changes: Any) -> Lag:
    return Lag(
        **{"t": 0, "turns": 0, "seconds": 0, "ready": 10, "starting": 0, "since_s": 1e9, "calm_s": 0, "busy": 0.5, **changes}
    )


@pytest.mark.parametrize(
    ("seen", "wanted"),
    [
        (lag(), 10),
        (lag(turns=50_000), 10),
        (lag(turns=50_001), 20),
        (lag(seconds=0.21), 20),
        (lag(seconds=0.21, starting=5), 30),
        (lag(seconds=0.21, since_s=14), 10),
        (lag(seconds=9, ready=200), 300),
        (lag(calm_s=299), 10),
        (lag(calm_s=300), 9),
        (lag(calm_s=300, busy=0.85), 10),  # the rest would be too busy
        (lag(calm_s=300, ready=1), 1),
        (lag(calm_s=300, ready=2, busy=0.3), 1),
        (lag(seconds=1, calm_s=300), 20),
    ],
)
def test_the_rule_is_the_quoted_one(seen: Lag, wanted: int) -> None:
    assert policy.wanted(Policy(base=1), seen) == wanted


def test_a_rule_that_looks_at_how_busy_they_are_grows_before_anybody_waits() -> None:
    assert policy.wanted(Policy(base=1, busy=0.8, growth=1.5), lag(busy=0.81)) == 15
    assert policy.wanted(Policy(base=1, busy=0.8, growth=1.5), lag(busy=0.81, starting=1)) == 11


def test_a_window_holds_its_replicas_between_its_ends_only() -> None:
    rule = Policy(base=2, ahead=Window(7, 100, 200))
    assert [rule.least(t) for t in (99, 100, 199, 200)] == [2, 7, 7, 2]


@pytest.mark.parametrize(("per_s", "start_s", "in_time_s"), [(10.0, 40.0, 0.1), (25.0, 10.0, 0.3)])
def test_the_cheapest_policy_keeps_p99_in_its_own_day(per_s: float, start_s: float, in_time_s: float) -> None:
    replica = Replica(per_s, start_s)
    found = search.cheapest(RUSH, replica, in_time_s, 1.5, Policy(base=1))
    again = fluid.simulate(found.cheapest.policy, RUSH, replica, in_time_s, 1.5)

    assert again.keeps and again.worst() >= 0.99 and again.lost < 1e-6
    assert again.hours == found.cheapest.hours <= found.still.hours
    assert found.still.keeps


@pytest.mark.long
def test_the_quoted_rule_alone_loses_what_the_cheapest_does_not() -> None:
    found = search.cheapest(EVENING, REPLICA, 0.2, 1.5, Policy(base=1, lag_turns=200))

    assert found.reactive.lost > 100
    assert found.cheapest.lost == pytest.approx(0, abs=1e-6)
    assert found.cheapest.hours < 0.8 * found.still.hours


def test_a_peak_beyond_all_replicas_is_refused_with_the_numbers() -> None:
    with pytest.raises(OutOfReach, match="the peak needs 12 replicas, at most 10 are allowed"):
        search.cheapest(RUSH, REPLICA, 0.2, 1.5, Policy(base=1, most=10))


def test_a_day_that_is_given_up_is_not_taken_for_a_good_one() -> None:
    given_up = play(Policy(base=3), load=day.sale(300), give_up_at=20.0)

    assert not given_up.keeps or given_up.hours >= 20.0
    assert given_up.arrived < play(Policy(base=3), load=day.sale(300), give_up_at=inf).arrived
