"""Do edges that share a bucket admit what it allows, and no more? Clocks, nodes, crashes and lost messages are made up
(tests/edge/nodes.py); the Lua is the real one.

The bound, as docs/limits.md states it: in any time T, all edges together admit at most burst + rate * T + excess, where
excess = edges * (slice + credit), slice = floor(rate * 0.08 s / edges), credit = floor(rate * 0.02 s / edges), at least 1: what
edges hold, and what they owe. What breaks adds to it once: an edge that dies forgets what it owes; a Redis that is lost adds up
to a burst, what is born while edges find out, and once more what they hold and owe; a lost message the part of one edge of that.
"""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from redis.crc import key_slot

from tests.edge.nodes import Node, World, limit

FOUND_OUT_S = 0.3  # until every edge knows that Redis is lost, or back


class Story:
    """Some edges that share Redis, or a cluster, and when whom they admitted."""

    def __init__(self, edges: int, **about: Any) -> None:
        self.world = World(**about)
        self.nodes = [Node(self.world, f"node-{number}") for number in range(edges)]
        self.admitted: list[float] = []
        self.wait(0.5)

    def wait(self, seconds: float) -> None:
        """Time passes, and every edge looks after its accounts."""
        end = self.world.now + seconds
        while self.world.now < end:
            self.world.now = min(end, self.world.now + 0.05)
            for node in self.nodes:
                node.tick()

    def ask(self, edge: int, user: str = "ann") -> int:
        answer = self.nodes[edge % len(self.nodes)].ask(user)
        if answer == 0:
            self.admitted.append(self.world.now)
        return answer

    def crash(self, edge: int) -> None:
        node = self.nodes[edge % len(self.nodes)]
        node.crash()
        node.tick()

    def excess(self, rate: float, burst: int) -> float:
        """The most that was admitted in any time beyond burst + rate * that time."""
        worst, lowest = -float(burst), float("inf")
        for number, moment in enumerate(self.admitted):
            lowest = min(lowest, number - rate * moment)
            worst = max(worst, number + 1 - rate * moment - lowest - burst)
        return worst


def bound(rate: float, edges: int) -> float:
    return edges * (int(rate * 0.08 / edges + 1e-9) + credit(rate, edges))


def credit(rate: float, edges: int) -> int:
    return max(1, int(rate * 0.02 / edges + 1e-9))


RATES = st.sampled_from([0.5, 2.0, 7.0, 40.0, 200.0, 2000.0])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.integers(0, 3), st.integers(1, 60)),
        st.tuples(st.just("wait"), st.sampled_from([0.001, 0.01, 0.05, 0.2, 1.0, 4.0])),
        st.tuples(st.just("tick"), st.integers(0, 3)),
        st.tuples(st.just("meanwhile"), st.integers(1, 20)),
    ),
    min_size=1,
    max_size=60,
)
TROUBLE = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.integers(0, 3), st.integers(1, 60)),
        st.tuples(st.just("wait"), st.sampled_from([0.001, 0.05, 0.2, 1.0, 4.0])),
        st.tuples(st.just("crash"), st.integers(0, 3)),
        st.tuples(st.just("lose"), st.sampled_from(["asked", "answered"])),
        st.tuples(st.just("down"), st.just(None)),
        st.tuples(st.just("up"), st.just(None)),
    ),
    min_size=1,
    max_size=60,
)


def tell(story: Story, steps: list[Any]) -> dict[str, int]:
    """Plays the steps; returns how often what broke."""
    broke = dict.fromkeys(("crash", "lose", "down"), 0)
    world = story.world
    for what, *how in steps:
        if what == "ask":
            for _ in range(how[1]):
                story.ask(how[0])
        elif what == "wait":
            story.wait(how[0])
        elif what == "tick":
            story.nodes[how[0] % len(story.nodes)].tick()
        elif what == "meanwhile":  # while somebody waits for Redis, others of the same nginx ask

            def others(node: Node, count: int = how[0]) -> None:
                for _ in range(count):
                    spent = node.dict[b"get"](node.dict, b"=t:shop") or 0
                    if spent > 0 and node.ask() == 0:
                        story.admitted.append(world.now)

            world.between = others
        elif what == "crash" and world.up and not world.lose:
            story.crash(how[0])
            broke["crash"] += 1
        elif what == "lose" and world.up:
            world.lose = how[0]
            broke["lose"] += 1
        elif what == "down" and world.up:
            world.up = False
            broke["down"] += 1
        elif what == "up":
            world.up = True
    return broke


@pytest.mark.long
@settings(max_examples=60, deadline=None)
@given(edges=st.integers(2, 4), cluster=st.booleans(), rate=RATES, burst=st.integers(1, 50), steps=STEPS)
def test_edges_that_share_a_bucket_never_admit_more_than_the_bound(
    edges: int, cluster: bool, rate: float, burst: int, steps: Any
) -> None:
    story = Story(edges, tenant=limit(rate, burst), cluster=cluster)
    tell(story, steps)
    assert story.excess(rate, burst) <= bound(rate, edges) + 1e-6


@pytest.mark.long
@settings(max_examples=60, deadline=None)
@given(edges=st.integers(2, 4), cluster=st.booleans(), rate=RATES, burst=st.integers(1, 50), steps=TROUBLE)
def test_crashes_lost_messages_and_a_lost_redis_add_what_is_stated_and_no_more(
    edges: int, cluster: bool, rate: float, burst: int, steps: Any
) -> None:
    story = Story(edges, tenant=limit(rate, burst), cluster=cluster)
    broke = tell(story, steps)
    lost = max(burst, edges) + rate * FOUND_OUT_S + bound(rate, edges)
    allowed = (
        bound(rate, edges) + broke["crash"] * credit(rate, edges) + broke["down"] * lost + broke["lose"] * (lost / edges + 1)
    )
    assert story.excess(rate, burst) <= allowed + 1e-6
    # and nothing is lost for ever
    story.world.up, story.world.lose = True, ""
    story.wait(2 * (burst + bound(rate, edges) * 10) / rate + 5)
    assert story.ask(0) == 0


@pytest.mark.long
@settings(max_examples=80, deadline=None)
@given(
    edges=st.integers(1, 4),
    cluster=st.booleans(),
    rate=st.sampled_from([0.5, 1.0, 3.0, 7.0, 100.0]),
    burst=st.integers(1, 8),
    whole=st.integers(1, 8),
    steps=st.lists(st.tuples(st.integers(0, 3), st.sampled_from([0.0, 0.001, 0.03, 0.3])), min_size=5, max_size=60),
)
def test_who_waits_as_told_is_never_refused_twice_wherever_they_come_back(
    edges: int, cluster: bool, rate: float, burst: int, whole: int, steps: Any
) -> None:
    story = Story(edges, user=limit(rate, burst), tenant=limit(rate * 1.5, whole), cluster=cluster)
    for edge, pause in steps:
        told = story.ask(edge)
        if told:
            story.wait(told)
            assert story.ask(edge + 1) == 0
        elif pause:
            story.wait(pause)


# -- stories ----------------------------------------------------------------------------------------------------------


def test_an_nginx_that_is_alone_leases_nothing() -> None:
    story = Story(1, tenant=limit(10, 5))
    assert story.nodes[0].sharing == 0
    before = story.world.calls
    assert [story.ask(0) for _ in range(6)] == [0] * 5 + [1]
    assert story.world.calls == before


def test_a_second_edge_is_found_and_what_was_taken_before_it_came_counts() -> None:
    story = Story(1, tenant=limit(1, 10))
    for _ in range(9):
        assert story.ask(0) == 0
    story.nodes.append(Node(story.world, "second"))
    story.wait(0.25)
    assert [node.sharing for node in story.nodes] == [2, 2]
    story.ask(0)
    story.wait(0.25)
    assert sum(story.ask(1) == 0 for _ in range(9)) <= 2  # its token of credit, and what was born


def test_an_edge_that_falls_silent_leaves_its_share_to_the_others() -> None:
    story = Story(3, tenant=limit(100, 10))
    assert story.nodes[0].sharing == 3
    del story.nodes[2]
    story.wait(2.5)
    assert [node.sharing for node in story.nodes] == [2, 2]
    assert story.nodes[0].gauge("sluice_edges") == 2


def test_what_an_edge_does_not_need_any_more_it_gives_back() -> None:
    story = Story(2, tenant=limit(1000, 100))
    for _ in range(100):
        story.wait(0.005)
        for _ in range(4):
            story.ask(0)
    account = story.nodes[0].dict
    assert account[b"get"](account, b"=t:shop") > 5
    story.wait(3)
    assert account[b"get"](account, b"=t:shop") == 0
    story.world.now += 0.01
    tokens = story.world.runtime.eval(b"function(r) return r('GET', '{meter}:t:shop') end")(
        story.world.runtime.globals()[b"redis"][b"call"]
    )
    assert tokens is False  # the bucket is full again


@pytest.mark.long
@pytest.mark.parametrize(
    ("cluster", "calls_a_turn"), [(False, 0.05), (True, 0.08)]
)  # three buckets here, in a cluster in three slots
def test_full_rate_needs_few_calls_and_wastes_nothing_whoever_has_the_callers(cluster: bool, calls_a_turn: float) -> None:
    rate, seconds = 2000, 20
    story = Story(4, tenant=limit(rate, rate), cluster=cluster)
    shares = [0] * 11 + [1] * 6 + [2] * 2 + [3]  # 55, 30, 10, 5 %
    number = 0

    def run(until: float) -> None:
        nonlocal number
        while story.world.now < until:
            for _ in range(30):  # 3,000 a second
                story.ask(shares[number * 7 % 20])
                number += 1
            story.world.now += 0.01
            for node in story.nodes:
                node.tick()

    run(story.world.now + 5)
    began, calls, asked, before = story.world.now, story.world.calls, number, len(story.admitted)
    run(began + seconds)
    admitted = len(story.admitted) - before
    assert abs(admitted / (rate * seconds) - 1) <= 0.01
    assert (story.world.calls - calls) / admitted <= calls_a_turn
    assert number > asked


@pytest.mark.long
def test_while_redis_is_lost_each_edge_goes_on_with_its_share_and_settles_when_it_is_back() -> None:
    rate = 400
    story = Story(4, tenant=limit(rate, 400))

    def hammer(seconds: float) -> int:
        before, end = len(story.admitted), story.world.now + seconds
        while story.world.now < end:
            story.world.now += 0.01
            for edge, node in enumerate(story.nodes):
                node.tick()
                for _ in range(3):
                    story.ask(edge)
        return len(story.admitted) - before

    hammer(5)
    story.world.up = False
    assert 0.95 <= hammer(30) / (30 * rate) <= 1.1
    assert [node.sharing for node in story.nodes] == [-4] * 4
    assert story.nodes[0].gauge("sluice_edges_lost") == 1
    story.world.up = True
    assert 0.9 <= hammer(10) / (10 * rate) <= 1.1
    assert [node.sharing for node in story.nodes] == [4] * 4


def test_a_call_that_redis_gets_to_too_late_does_nothing() -> None:
    story = Story(2, tenant=limit(1, 5))
    keys = ["{meter}:edges", "{meter}:"]
    late = f"{(1.7e9 + story.world.now - 1) * 1e6:.0f}".encode()
    answer = story.world.eval(keys, [b"somebody", 2000, late, b"t:shop", 1, 5, 3, 2])
    assert len(answer) == 2
    assert sum(story.ask(0) == 0 for _ in range(9)) == 5


# -- a cluster, where buckets lie in many slots ---------------------------------------------------------------------------


def prefix_of(bucket: str) -> str:
    """How its key begins."""
    return f"{{meter:{key_slot(bucket.encode()) % 32}}}:"


def test_buckets_of_a_cluster_lie_in_many_slots_and_edges_in_one() -> None:
    story = Story(2, cluster=True)
    for number in range(200):
        story.ask(number, f"user-{number}")
    story.wait(1)
    spread = story.world.asked - {"{meter}:"}
    assert len(spread) == 32
    assert all(prefix.startswith("{meter:") for prefix in spread)
    assert [node.sharing for node in story.nodes] == [2, 2]


def test_debts_of_many_users_are_paid_with_a_call_for_each_slot() -> None:
    story = Story(2, cluster=True)
    story.wait(0.5)
    before = story.world.calls
    for number in range(1000):
        story.ask(0, f"user-{number}")
    story.wait(0.45)
    assert story.world.calls - before <= 32 + 8  # and those that say who is there


def test_one_slot_that_is_away_leaves_each_edge_its_share_until_it_is_back() -> None:
    story = Story(2, user=limit(1, 10), cluster=True)
    story.world.away = {prefix_of("u:shop:ann")}
    for _ in range(3):
        story.ask(0)
    story.wait(0.5)
    assert [node.sharing for node in story.nodes] == [-2, 2], "who asked for nothing there has noticed nothing"
    assert story.ask(0, "bob") == 0
    story.wait(2.5)
    assert story.nodes[1].sharing == 2, "an edge that lost a slot is there still"
    story.world.away = set()
    story.wait(0.5)
    assert [node.sharing for node in story.nodes] == [2, 2]
    assert 1 <= sum(story.ask(1) == 0 for _ in range(20)) <= 12  # what it spent meanwhile is paid, and it was refilled


# -- a limit that changes ---------------------------------------------------------------------------------------------


def change(story: Story, **limits: Any) -> None:
    for name, value in limits.items():
        setattr(story.world, name, value)
    for node in story.nodes:
        node.configure()


@pytest.mark.parametrize("edges", [1, 2])
def test_a_changed_rate_counts_from_now_on_and_refills_nothing(edges: int) -> None:
    story = Story(edges, user=limit(1, 10))
    while story.ask(0) == 0:
        pass
    change(story, user=limit(50, 10))
    assert sum(story.ask(0) == 0 for _ in range(9)) < edges  # a token of credit where edges share
    story.wait(0.5)
    assert 10 <= sum(story.ask(0) == 0 for _ in range(40)) < 10 + edges
    change(story, user=limit(0.1, 10))
    assert sum(story.ask(0) == 0 for _ in range(9)) < edges
    story.wait(10.2 + edges * 10)
    assert story.ask(0) == 0


@pytest.mark.parametrize("edges", [1, 2])
def test_a_changed_burst_neither_fills_an_empty_bucket_nor_leaves_a_full_one_larger(edges: int) -> None:
    story = Story(edges, user=limit(0.01, 4))
    for _ in range(4):
        story.ask(0)
    assert story.ask(0) > 0
    change(story, user=limit(0.01, 400))
    assert story.ask(0) > 0
    change(story, user=limit(0.01, 2))
    assert sum(story.ask(0, "bob") == 0 for _ in range(9)) in (2, 3)


def test_a_limit_in_shadow_mode_counts_and_refuses_nobody() -> None:
    for edges in (1, 2):
        story = Story(edges, user=limit(0.01, 2, shadow=True), tenant=limit(0.01, 5))
        assert [story.ask(0) for _ in range(7)][:5] == [0] * 5
        node = story.nodes[0]
        node.lua.execute(b"require('edge.metrics').flush()")
        assert (node.dict[b"get"](node.dict, b'sluice_limit_shadow_total{tenant="shop",bucket="user"}') or 0) >= 3


def test_a_refused_turn_takes_nothing_from_any_bucket() -> None:
    for edges in (1, 2):
        story = Story(edges, user=limit(0.001, 1), tenant=limit(0.001, 4))
        for _ in range(20):
            story.ask(0, "hasty")
            story.wait(0.11)
        served = sum(story.ask(0, f"user-{number}") == 0 for number in range(9))
        assert 3 <= served <= 3 + edges - 1  # a token of credit where edges share
