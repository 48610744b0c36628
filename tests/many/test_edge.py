"""What does the edge do while the cluster behind it changes and breaks? Hot questions, answered and written by the edge alone."""

from collections.abc import Callable

import pytest

from loadtest.place.edges import Edge
from tests.conftest import wait_until
from tests.many.conftest import House

pytestmark = pytest.mark.real


def test_slots_that_move_under_load_fail_no_turn(house: House, fronts: Callable[..., Edge]) -> None:
    edge = fronts()
    with house.crowd(edge) as crowd:
        source, target, *_ = house.redis.masters()
        first, last = next(span for span, owner in house.redis.owners().items() if owner == source)
        moved = list(range(first, last, max(1, (last - first) // 60)))
        house.redis.move(source, target, moved)
        crowd.more()
        house.redis.move(target, source, moved)
        crowd.more()
    assert set(crowd.statuses) == {200}
    house.whole(crowd, edge)


def test_a_master_that_is_killed_costs_its_own_users_a_late_turn_and_nobody_else_anything(
    house: House, fronts: Callable[..., Edge]
) -> None:
    edge = fronts(REDIS_WAIT="1")  # without it, a turn that was on its way to the replica may be lost
    with house.crowd(edge) as crowd:
        lost = house.redis.masters()[0]
        slots = house.spans_of(lost)
        house.redis.kill(lost)
        crowd.more()
        wait_until(lambda: lost not in house.redis.owners().values(), 60)
        crowd.more(200)
    house.redis.start(lost)
    assert set(crowd.statuses) == {200}
    assert crowd.degraded, "its users were answered all the same"
    assert crowd.degraded <= house.within(slots, crowd.users)
    assert crowd.said[-1].degraded is False
    house.whole(crowd, edge)


def test_a_master_that_hangs_holds_nobody_elses_turns(house: House, fronts: Callable[..., Edge]) -> None:
    edge = fronts(REDIS_TIMEOUT_MS="1000", REDIS_WAIT="1")
    with house.crowd(edge) as crowd:
        hung = house.redis.masters()[0]
        slots = house.spans_of(hung)
        with house.redis.paused(hung):
            crowd.more(200)
    assert set(crowd.statuses) == {200}
    assert crowd.degraded <= house.within(slots, crowd.users)
    house.whole(crowd, edge)


def test_what_no_replica_had_is_written_again_where_it_would_have_been_lost(house: House, fronts: Callable[..., Edge]) -> None:
    """A replica that is behind takes the place of a master that dies: what it lacks comes from the edge."""
    edge = fronts(REDIS_WAIT="1")
    with house.crowd(edge) as crowd:
        master = house.redis.masters()[0]
        replica = house.redis.replica_of(master)
        with house.redis.paused(replica):
            wait_until(lambda: edge.metrics().get("sluice_redis_uncovered_turns_total", 0) > 20, 60)
            house.redis.kill(master)
        wait_until(lambda: master not in house.redis.owners().values(), 60)
        crowd.more(100)
    house.redis.start(master)
    assert set(crowd.statuses) == {200}
    house.whole(crowd, edge)
    wait_until(lambda: edge.metrics()["sluice_late_copies"] == 0, 60)
