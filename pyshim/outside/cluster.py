"""Which node of a cluster has a key, and what if it has it no more?

A map says who has each slot; any node tells it (CLUSTER SLOTS). It is put right where a node says so: MOVED for good, ASK for
this once, and TRYAGAIN means a little later, within the command's time. When something failed it is asked for anew behind those
who go on, never of the node that failed. Whose slot's node is away hears of it at once; nobody else does: each node has
connections of its own. An owner is dropped only for another one: during a failover nobody has the slot, and the old one says why.
"""

import asyncio
import logging
from typing import Any

import hiredis

from pyshim.hosts import at, host_and_port
from pyshim.outside.node import Made, Node
from pyshim.outside.pipeline import Argument, shared
from pyshim.outside.slots import SLOTS, slot_of

log = logging.getLogger(__name__)

HOPS = 5
AGAIN_S = 0.02  # after TRYAGAIN: some of the command's keys are still on their way
REFRESH_S, EVERY_S = 0.1, 10.0  # the map is asked for at most so often, and at least
TELLERS = 4  # how many are asked within a command's time, one after another
FAILURES = (hiredis.ReplyError, OSError, TimeoutError)
# A script met a key that it does not name, and whose slot is about to go: the same as TRYAGAIN.
NOT_HERE = "ERR Script attempted to access a non local key"
LOST = ("CLUSTERDOWN", "READONLY", "LOADING", "MASTERDOWN")  # says a node that may have lost its slots to another one


class NobodyHas(OSError):
    """No node is known to have the slot."""


class NodeLost(OSError):
    """A node did not answer, or not in time."""


class Cluster:
    """seeds: names of some of its nodes; timeout_s: for a command, with all its ways."""

    def __init__(self, seeds: tuple[str, ...], make: Made, timeout_s: float) -> None:
        self._make, self._timeout_s = make, timeout_s
        self._seeds = {name: make(name) for name in seeds}
        self._nodes: dict[str, Node] = {}
        self._owners: list[Node | None] = [None] * SLOTS
        self._teller = ""
        self._learning: asyncio.Task[None] | None = None
        self._learned_at = -REFRESH_S  # the loop's clock
        self._next: asyncio.TimerHandle | None = None
        self._closed = self._nobody = False

    async def send(self, key: Argument, text: bytes, covered: bool = False) -> Any:
        """A command's answer from who has its key. Raises OSError; hiredis.ReplyError where it is refused."""
        slot, until = slot_of(key), asyncio.get_running_loop().time() + self._timeout_s
        node = self._owners[slot]
        if node is None:
            node = await self._first(slot)
        lane = node.lane(covered)
        try:
            if lane.connected:
                return await lane.send(text)
            async with asyncio.timeout_at(until):
                return await lane.send(text)
        except hiredis.ReplyError as error:
            return await self._follow(error, node, slot, text, covered, until)
        except (OSError, TimeoutError) as error:
            raise self._lost(node, error) from error

    async def _follow(self, error: hiredis.ReplyError, node: Node, slot: int, text: bytes, covered: bool, until: float) -> Any:
        """Where an answer leads that is none. Raises as send()."""
        loop = asyncio.get_running_loop()
        hops = 0
        while hops < HOPS and loop.time() < until:
            kind, _, rest = str(error).partition(" ")
            if kind in ("MOVED", "ASK"):
                hops += 1
                before, node = node, self._node(_at(rest, node.name))
                if kind == "MOVED":
                    self._owners[slot], self._teller = node, node.name  # it knows better than who was asked last
                    self.refresh(before.name)
            elif (kind == "TRYAGAIN" or str(error).startswith(NOT_HERE)) and loop.time() + 2 * AGAIN_S < until:
                await asyncio.sleep(AGAIN_S)
                hops, node = 0, self._owners[slot] or node
            else:
                if kind in LOST:
                    self.refresh(node.name)
                break
            try:
                async with asyncio.timeout_at(until):
                    return await node.lane(covered).send(text, asking=kind == "ASK")
            except hiredis.ReplyError as further:
                error = further
            except TimeoutError:
                self.refresh(node.name)
                break
            except OSError as failure:
                raise self._lost(node, failure) from failure
        raise error

    def _lost(self, node: Node, error: Exception) -> NodeLost:
        if not self._closed:
            self.refresh(node.name)
        return NodeLost(f"{node.name}: {str(error) or 'no answer in time'}")

    async def on(self, name: str, *arguments: Argument) -> Any:
        """What one node answers. Raises as send()."""
        node = self._node(name)
        try:
            return await node.plain.ask(*arguments)
        except (OSError, TimeoutError) as error:
            raise self._lost(node, error) from error

    async def masters(self) -> list[str]:
        """Names of who has slots. Raises OSError where nobody tells."""
        if not any(self._owners):
            await self._first(0)
        return sorted({node.name for node in self._owners if node is not None})

    def owner(self, slot: int) -> str:
        """The name of who has it; "" while that is not known."""
        node = self._owners[slot]
        return node.name if node else ""

    def close(self) -> None:
        self._closed = True
        for waits in (self._learning, self._next):
            if waits is not None:
                waits.cancel()
        for node in (*self._nodes.values(), *self._seeds.values()):
            node.close()

    # -- the map -----------------------------------------------------------------------------------------------------------

    def _node(self, name: str) -> Node:
        node = self._nodes.get(name)
        if node is None:
            node = self._nodes[name] = self._seeds.get(name) or self._make(name)
        return node

    async def _first(self, slot: int) -> Node:
        """Who has a slot of which nobody was known to. Learned once for all who wait, where nothing is known yet."""
        learning = self.refresh()
        if not any(self._owners):
            try:
                async with asyncio.timeout(self._timeout_s):
                    await shared(learning)
            except TimeoutError:
                raise TimeoutError(f"no node told within {self._timeout_s:g} s who has what") from None
        node = self._owners[slot]
        if node is None:
            raise NobodyHas(f"no node has slot {slot}")
        return node

    def refresh(self, but: str = "") -> asyncio.Task[None]:
        """Asks for the map behind whoever goes on. but: the node that failed."""
        if self._learning is None:
            self._learning = asyncio.create_task(self._learn(but))
            self._learning.add_done_callback(self._learnt)
        return self._learning

    def _learnt(self, task: asyncio.Task[None]) -> None:
        self._learning = None
        if task.cancelled():
            return
        error = task.exception()
        if error and not self._nobody:
            log.info("nobody tells who has which slot of the cluster: %s", error)  # who asks hears of it
        self._nobody = error is not None
        if self._next is not None:
            self._next.cancel()
        self._next = task.get_loop().call_later(EVERY_S, self.refresh)

    async def _learn(self, but: str) -> None:
        """Raises what the first node that was asked did, where none told."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(self._learned_at + REFRESH_S - loop.time())
        self._learned_at = loop.time()
        why: Exception = NobodyHas(f"there is no other node than {but}")
        for node in self._tellers(but):
            try:
                async with asyncio.timeout(self._timeout_s / TELLERS):
                    told = await node.plain.ask("CLUSTER", "SLOTS")
                self._take(told, node)
            except FAILURES as error:
                why = why if not isinstance(why, NobodyHas) else error
            else:
                return
        raise why

    def _tellers(self, but: str) -> list[Node]:
        """Whom to ask, one after another: who told last, those that are known, and those of the beginning."""
        known = {**self._nodes, **{name: node for name, node in self._seeds.items() if name not in self._nodes}}
        known.pop(but, None)
        return sorted(known.values(), key=lambda node: node.name != self._teller)

    def _take(self, told: list[Any], teller: Node) -> None:
        """Raises NobodyHas where it says nothing."""
        if not told:
            raise NobodyHas(f"{teller.name} knows of no slots")
        listed = set()
        for first, last, *nodes in told:  # the master, then its replicas
            names = [name for node in nodes if (name := _name(node, teller.name))]
            listed.update(names)
            for name in reversed(names):
                node = self._node(name)
            if names:
                self._owners[first : last + 1] = [node] * (last - first + 1)
        self._teller = teller.name
        owning = {node.name for node in self._owners if node is not None}
        for name in set(self._nodes) - listed - owning - set(self._seeds):
            self._nodes.pop(name).close()


def _name(node: list[Any], teller: str) -> str:
    """Of a node in CLUSTER SLOTS; "" where that node has no name yet."""
    host, port = (node[0] or b"").decode(), int(node[1])
    return "" if host == "?" else _beside(host, port, teller)


def _at(rest: str, teller: str) -> str:
    """rest: `slot host:port` of a redirection."""
    host, _, port = rest.partition(" ")[2].rpartition(":")
    return _beside(host, int(port), teller)


def _beside(host: str, port: int, teller: str) -> str:
    """No host: the teller's own."""
    return at(host or host_and_port(teller)[0], port)
