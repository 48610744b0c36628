"""What does the map of a cluster make of what nodes say? Real ones are in tests/redis."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

import hiredis
import pytest

from pyshim.outside import cluster as clusters
from pyshim.outside.cluster import HOPS, Cluster, NobodyHas, NodeLost
from pyshim.outside.node import Node
from pyshim.outside.pipeline import Pipeline
from pyshim.outside.slots import SLOTS, slot_of

HALF = SLOTS // 2
Said = Callable[[], Any]


class Told:
    """A node that says what it is told to: to a command, and who has the slots."""

    connected = True

    def __init__(self) -> None:
        self.says: Said = lambda: b"OK"
        self.slots: Said = lambda: []
        self.asked: list[str] = []
        self.closed = False

    async def send(self, text: bytes, asking: bool = False) -> Any:
        self.asked.append("asking" if asking else "command")
        return self._said(self.says())

    async def ask(self, *arguments: Any) -> Any:
        self.asked.append("slots")
        return self._said(self.slots())

    def close(self) -> None:
        self.closed = True

    @staticmethod
    def _said(what: Any) -> Any:
        if isinstance(what, Exception):
            raise what
        return what


class Town:
    """Nodes by their names, made as they are heard of."""

    def __init__(self) -> None:
        self.nodes: dict[str, Told] = {}

    def __getitem__(self, name: str) -> Told:
        return self.nodes.setdefault(name, Told())

    def make(self, name: str) -> Node:
        lane = cast(Pipeline, self[name])
        return Node(name, lane, lane)

    def tell(self, *nodes: str, slots: Any) -> None:
        for name in nodes:
            self[name].slots = lambda: slots


@pytest.fixture(autouse=True)
def as_often_as_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "REFRESH_S", 0.0)


@pytest.fixture
def town() -> Town:
    made = Town()
    made.tell("a:1", "b:1", slots=[[0, HALF - 1, [b"a", 1, b"id"]], [HALF, SLOTS - 1, [b"b", 1, b"id"]]])
    return made


@pytest.fixture
def cluster(town: Town) -> Cluster:
    return Cluster(("a:1", "b:1"), town.make, 0.5)


def key(owner_is_first: bool) -> str:
    return next(f"k{number}" for number in range(100) if (slot_of(f"k{number}") < HALF) is owner_is_first)


def error(text: str) -> Said:
    return lambda: hiredis.ReplyError(text)


async def test_the_map_is_learned_once_for_all_who_wait(town: Town, cluster: Cluster) -> None:
    await asyncio.gather(*(cluster.send(f"k{number}", b"") for number in range(100)))
    assert [town[name].asked.count("slots") for name in ("a:1", "b:1")] == [1, 0]
    assert await cluster.masters() == ["a:1", "b:1"]


async def test_a_node_without_a_name_is_where_it_was_asked(town: Town, cluster: Cluster) -> None:
    town.tell("a:1", slots=[[0, HALF - 1, [b"", 7, b"id"]], [HALF, SLOTS - 1, [None, 8, b"id"], [b"::1", 9, b"id"]]])
    await cluster.send("k", b"")
    assert await cluster.masters() == ["a:7", "a:8"]
    assert "[::1]:9" in town.nodes
    town["a:7"].says = error(f"MOVED {slot_of(key(True))} :8")
    assert await cluster.send(key(True), b"") == b"OK"
    assert cluster.owner(slot_of(key(True))) == "a:8"


async def test_who_has_a_slot_is_dropped_for_another_one_only(town: Town, cluster: Cluster) -> None:
    await cluster.send("k", b"")
    town.tell("a:1", "b:1", slots=[[0, HALF - 1, [b"c", 1, b"id"]]])
    await cluster.refresh()
    assert await cluster.masters() == ["b:1", "c:1"]
    assert not town["b:1"].closed


async def test_a_node_that_nobody_names_any_more_is_let_go(town: Town, cluster: Cluster) -> None:
    town.tell("a:1", slots=[[0, SLOTS - 1, [b"a", 1, b"id"], [b"c", 1, b"id"]]])
    await cluster.send("k", b"")
    town.tell("a:1", slots=[[0, SLOTS - 1, [b"a", 1, b"id"]]])
    await cluster.refresh()
    assert (town["c:1"].closed, town["b:1"].closed) == (True, False), "a seed stays"


async def test_the_one_that_failed_is_not_asked_who_has_what(town: Town, cluster: Cluster) -> None:
    await cluster.send("k", b"")
    town["a:1"].says = lambda: OSError("refused")
    town.tell("b:1", slots=[[0, SLOTS - 1, [b"b", 1, b"id"]]])
    with pytest.raises(NodeLost, match="a:1: refused"):
        await cluster.send(key(True), b"")
    assert await cluster.send(key(False), b"") == b"OK"
    assert cluster._learning is not None
    await cluster._learning
    assert town["a:1"].asked.count("slots") == 1
    assert await cluster.send(key(True), b"") == b"OK"


async def test_who_knows_better_is_asked_next(town: Town, cluster: Cluster) -> None:
    await cluster.send("k", b"")
    town["b:1"].says = error("MOVED 1 c:1")
    town.tell("c:1", slots=[[0, SLOTS - 1, [b"c", 1, b"id"]]])
    assert await cluster.send(key(False), b"") == b"OK"
    assert cluster._learning is not None
    await cluster._learning
    assert await cluster.masters() == ["c:1"]


async def test_ask_is_for_this_once(town: Town, cluster: Cluster) -> None:
    town["a:1"].says = error("ASK 1 c:1")
    assert await cluster.send(key(True), b"") == b"OK"
    assert town["c:1"].asked == ["asking"]
    assert cluster.owner(slot_of(key(True))) == "a:1"


async def test_nodes_that_send_each_other_round_are_followed_so_far(town: Town, cluster: Cluster) -> None:
    await cluster.send("k", b"")
    before = town["a:1"].asked.count("command") + town["b:1"].asked.count("command")
    town["a:1"].says, town["b:1"].says = error("MOVED 1 b:1"), error("MOVED 1 a:1")
    with pytest.raises(hiredis.ReplyError, match="MOVED"):
        await cluster.send(key(True), b"")
    assert town["a:1"].asked.count("command") + town["b:1"].asked.count("command") - before == HOPS + 1


async def test_where_the_cluster_is_down_that_is_heard_at_once(town: Town, cluster: Cluster) -> None:
    town["a:1"].says = error("CLUSTERDOWN Hash slot not served")
    with pytest.raises(hiredis.ReplyError, match="CLUSTERDOWN"):
        await cluster.send(key(True), b"")
    assert town["a:1"].asked.count("command") == 1


async def test_what_nobody_has_is_said_to_be_so(town: Town, cluster: Cluster) -> None:
    town.tell("a:1", slots=[[HALF, SLOTS - 1, [b"b", 1, b"id"]]])
    with pytest.raises(NobodyHas, match=str(slot_of(key(True)))):
        await cluster.send(key(True), b"")
    assert await cluster.send(key(False), b"") == b"OK"


async def test_where_nobody_tells_the_first_says_why(town: Town, cluster: Cluster) -> None:
    town["a:1"].slots, town["b:1"].slots = error("NOAUTH Authentication required."), lambda: OSError("refused")
    with pytest.raises(hiredis.ReplyError, match="NOAUTH"):
        await cluster.send("k", b"")
