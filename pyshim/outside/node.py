"""What leads to one Redis?

Two lanes, a connection each: in the one commands are answered as they come, in the other each trip waits for a replica.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from pyshim.outside.access import Access
from pyshim.outside.pipeline import Argument, Pipeline


class Node(NamedTuple):
    """name: "unix:/path" or "host:port"."""

    name: str
    plain: Pipeline
    covered: Pipeline

    def lane(self, covered: bool) -> Pipeline:
        """covered: whose answers come with whether a replica has what was written."""
        return self.covered if covered else self.plain

    def close(self) -> None:
        self.plain.close()
        self.covered.close()


Made = Callable[[str], Node]


def making(timeout_s: float, access: Access) -> Made:
    """Makes nodes by their names; nothing is connected before it is asked."""

    def make(name: str) -> Node:
        return Node(name, Pipeline(name, timeout_s, access), Pipeline(name, timeout_s, access, covers=True))

    return make


class Alone:
    """A Redis that has every key: what pyshim/outside/cluster.py is where there are several."""

    def __init__(self, name: str, make: Made) -> None:
        self._node = make(name)

    async def send(self, key: Argument, text: bytes, covered: bool = False) -> Any:
        return await self._node.lane(covered).send(text)

    async def on(self, name: str, *arguments: Argument) -> Any:
        return await self._node.plain.ask(*arguments)

    async def masters(self) -> list[str]:
        return [self._node.name]

    def owner(self, slot: int) -> str:
        return self._node.name

    def close(self) -> None:
        self._node.close()
