"""Where is the state store, and how is it asked?

Whatever a process has to know of Redis' address is known here; nginx is told by for_nginx(). A command goes to who has its first
key (pyshim/outside/cluster.py); all keys of a script lie in one slot.
Scripts are files in lua/redis; they are sent by digest, and in full once when Redis does not know them yet.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import hiredis

from pyshim.errors import RedisAway, RedisRefused, RedisTakesNothing
from pyshim.outside import access
from pyshim.outside.cluster import NOT_HERE, Cluster
from pyshim.outside.node import Alone, making
from pyshim.outside.pipeline import Argument, packed
from pyshim.settings import ROOT, Settings
from pyshim.telemetry import trace

SCRIPTS = ROOT / "lua" / "redis"
FAILURES = (hiredis.ReplyError, OSError, TimeoutError)
# First words of a Redis that is there and takes nothing; the last ones, of a cluster, led nowhere. So says lua/edge/redis.lua.
TAKES_NOTHING = (
    *("OOM ", "READONLY ", "LOADING ", "MASTERDOWN ", "MISCONF ", "NOREPLICAS "),
    *("CLUSTERDOWN ", "TRYAGAIN ", "MOVED ", "ASK ", NOT_HERE),
)


def away(error: Exception) -> RedisAway:
    """What an error means for a turn. One that cannot write is as good as none; the others are told apart for those who operate
    it."""
    text = str(error)
    if not isinstance(error, hiredis.ReplyError):
        return RedisAway(f"{type(error).__name__}: {text}")
    return RedisTakesNothing(f"cannot write: {text}") if text.startswith(TAKES_NOTHING) else RedisRefused(f"refused: {text}")


def _plain(answer: Any) -> Any:
    return answer


def _fields(answer: list[bytes]) -> dict[bytes, bytes]:
    return dict(zip(answer[::2], answer[1::2], strict=True))


def _entries(answer: list[tuple[bytes, list[bytes]]]) -> list[tuple[bytes, dict[bytes, bytes]]]:
    return [(entry, _fields(fields)) for entry, fields in answer]


def _lines(text: bytes) -> list[str]:
    return text.decode().splitlines()


SHAPED: dict[Argument, Callable[[Any], Any]] = {"HGETALL": _fields, "XRANGE": _entries}


class Script:
    """One file of lua/redis; its name ends in its number of keys."""

    def __init__(self, name: str) -> None:
        self.name = name
        path: Path = SCRIPTS / f"{name}.lua"
        self.text = path.read_text(encoding="utf-8")
        self.sha = hashlib.sha1(self.text.encode()).hexdigest()
        self.keys = int(name.rpartition("-")[2])


def for_nginx(settings: Settings) -> dict[str, Any]:
    """The address as lua/edge/node.lua connects to it."""
    about = {
        "nodes": settings.redis.nodes,
        "cluster": settings.redis.cluster,
        "tls": settings.redis.tls,
        "wait": settings.redis_wait,
    }
    return about | ({"credential": str(ROOT / settings.redis_credential)} if settings.redis_credential else {})


class Redis:
    """The state store, for the whole life of a process. at_least_s: for one command where SLUICE_REDIS_TIMEOUT_MS is less; where:
    its address, for those who are told that it is away."""

    def __init__(self, settings: Settings, at_least_s: float = 0.0) -> None:
        self.where, self._wait = str(settings.redis), settings.redis_wait
        timeout_s, nodes = max(at_least_s, settings.redis_timeout_ms / 1000), settings.redis.nodes
        make = making(timeout_s, access.of(settings))
        self._writable, self._is_cluster = Script("writable-0"), settings.redis.cluster
        self._nodes: Cluster | Alone = Cluster(nodes, make, timeout_s) if self._is_cluster else Alone(nodes[0], make)

    async def run(self, script: Script, *arguments: Argument) -> Any:
        """One script, one round trip, to who has its first key. Raises RedisAway."""
        return await self._run(script, arguments)

    async def run_covered(self, script: Script, *arguments: Argument) -> tuple[Any, bool]:
        """The same; and may it be relied on? With SLUICE_REDIS_WAIT only what a replica has, too. Raises RedisAway."""
        if not self._wait:
            return await self.run(script, *arguments), True
        answer: tuple[Any, bool] = await self._run(script, arguments, covered=True)
        return answer

    async def _run(self, script: Script, arguments: tuple[Argument, ...], covered: bool = False) -> Any:
        known = packed("EVALSHA", script.sha, script.keys, *arguments)
        try:
            with trace.step(f"redis {script.name}", calls=True):
                try:
                    return await self._nodes.send(arguments[0], known, covered)
                except hiredis.ReplyError as error:
                    if not str(error).startswith("NOSCRIPT"):
                        raise
                    whole = packed("EVAL", script.text, script.keys, *arguments)
                    return await self._nodes.send(arguments[0], whole, covered)
        except FAILURES as error:
            raise away(error) from error

    async def command(self, *arguments: Argument) -> Any:
        """One plain command, its key second. Fields come as a dict, entries of a stream as (id, dict). Raises RedisAway."""
        return SHAPED.get(arguments[0], _plain)(await self._command(arguments))

    async def command_covered(self, *arguments: Argument) -> tuple[Any, bool]:
        """The same; and may it be relied on, as in run_covered? Raises RedisAway."""
        if not self._wait:
            return await self.command(*arguments), True
        answer, covered = await self._command(arguments, covered=True)
        return SHAPED.get(arguments[0], _plain)(answer), covered

    async def _command(self, arguments: tuple[Argument, ...], covered: bool = False) -> Any:
        try:
            return await self._nodes.send(arguments[:2][-1], packed(*arguments), covered)
        except FAILURES as error:
            raise away(error) from error

    # -- what is asked of nodes, not of keys -----------------------------------------------------------------------------------

    async def masters(self) -> list[str]:
        """Names of the nodes that have all there is. Raises RedisAway."""
        try:
            return await self._nodes.masters()
        except FAILURES as error:
            raise away(error) from error

    def owner(self, slot: int) -> str:
        """Name of the node that has a slot; "" while that is not known."""
        return self._nodes.owner(slot)

    async def slots(self) -> dict[str, list[str]]:
        """By master, the slots it has, as it says itself: `0-5460`, `[5461->-id]` of one on its way. Raises RedisAway."""
        if not self._is_cluster:
            return {}
        said = {node: await self.on(node, "CLUSTER", "NODES") for node in await self.masters()}
        return {node: next(line.split()[8:] for line in _lines(text) if "myself" in line) for node, text in said.items()}

    async def on(self, node: str, *arguments: Argument) -> Any:
        """One plain command, answered by that node. Raises RedisAway."""
        try:
            return await self._nodes.on(node, *arguments)
        except FAILURES as error:
            raise away(error) from error

    async def check(self, node: str) -> None:
        """Does this one take what is written? Raises RedisAway where not."""
        await self.on(node, "EVAL", self._writable.text, 0)
        if self._is_cluster and b"cluster_state:ok" not in await self.on(node, "CLUSTER", "INFO"):
            raise RedisTakesNothing("cannot write: CLUSTERDOWN it says so")

    async def away_nodes(self) -> dict[str, str]:
        """Which masters take nothing now, and why. Raises RedisAway where nobody knows the masters."""
        return {node: str(fault) for node, fault in (await self._faults()).items() if fault}

    async def check_writable(self) -> None:
        """Can a turn be written now, be it not everybody's? Raises RedisAway where not."""
        faults = [*(await self._faults()).values()]
        if faults[0] and all(faults):
            raise faults[0]

    async def _faults(self) -> dict[str, RedisAway | None]:
        """Of each master. Raises RedisAway."""
        masters = await self.masters()
        return dict(zip(masters, await asyncio.gather(*map(self._fault, masters)), strict=True))

    async def _fault(self, node: str) -> RedisAway | None:
        try:
            await self.check(node)
        except RedisAway as error:
            return error
        return None

    async def close(self) -> None:
        self._nodes.close()


@asynccontextmanager
async def opened(settings: Settings, at_least_s: float = 1.0) -> AsyncIterator[Redis]:
    """For one command, which has more patience than a turn."""
    redis = Redis(settings, at_least_s)
    try:
        yield redis
    finally:
        await redis.close()
