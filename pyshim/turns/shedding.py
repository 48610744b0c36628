"""What goes first where Redis has little memory left?

From BEGIN of its maxmemory on, until END: the histories of guests, those first that were added to longest ago; then every history
is cut, shorter and shorter. Open dialogues and calls whose end is not known never go; Redis itself evicts nothing (noeviction).
One shim of all that share the Redis does it, a little at a time, so that turns go on beside it. Of a cluster, each master is full
on its own.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, NamedTuple

from pyshim.errors import RedisAway, RedisTakesNothing
from pyshim.outside.redis import Redis, Script
from pyshim.settings import Settings
from pyshim.telemetry import metrics

log = logging.getLogger(__name__)

BEGIN, END = 0.8, 0.75  # of maxmemory
PAUSE_S = 5.0
CLAIM, CLAIM_S = "{shed}", 30
KEYS_AT_ONCE = 200  # looked at before turns have their turn again
GUESTS = "h:{*:guest-????????????????}"  # as pyshim/serve/http.py names them
AGES = (0.25, 0.5, 0.75, 1.0)  # of a history's life: what has so much left at most goes
LENGTHS = (50, 20, 10, 5, 1)


class _Step(NamedTuple):
    """what: guests or turns; of which keys; how many turns stay; how much of a history's life is left at most."""

    what: str
    pattern: str
    stay: int
    left: float


STEPS = (*(_Step("guests", GUESTS, 0, age) for age in AGES), *(_Step("turns", "h:{*}", length, 1.0) for length in LENGTHS))


class Shedding:
    """Watches for the life of a shim."""

    def __init__(self, settings: Settings, redis: Redis, number: int) -> None:
        self._settings, self._redis, self._mine = settings, redis, f"{settings.node}:{number}"
        self._script = Script("shed-3")

    async def run(self) -> None:
        while True:
            try:
                full = [node for node, share in (await self.shares()).items() if share > BEGIN]
                if full and await self._claimed():
                    await self.shed(*full)
            except RedisAway as error:
                log.warning("nobody knows how full Redis is: %s", error)
            await asyncio.sleep(PAUSE_S)

    async def shares(self) -> dict[str, float]:
        """How full each master is, 0 to 1; 0 where it has no maxmemory. One that does not answer is left out, and sheds nothing.
        Raises RedisAway where none does."""
        masters = await self._redis.masters()
        found = await asyncio.gather(*map(self._share, masters), return_exceptions=True)
        shares = {node: share for node, share in zip(masters, found, strict=True) if not isinstance(share, BaseException)}
        if not shares:
            raise RedisAway(str(found[0]))
        metrics.redis_memory.set(max(shares.values()))
        return shares

    async def _share(self, node: str) -> float:
        said = _text(await self._redis.on(node, "INFO", "memory"))
        about = dict(line.split(":", 1) for line in said.splitlines() if ":" in line)
        most = int(about.get("maxmemory", 0))
        return int(about.get("used_memory", 0)) / most if most else 0.0

    async def share(self) -> float:
        """Of the fullest. Raises RedisAway."""
        return max((await self.shares()).values())

    async def _claimed(self) -> bool:
        """A Redis that is full takes no claim either: then whoever sees it makes room, which two may do beside each other."""
        with suppress(RedisTakesNothing):
            return await self._claim()
        return True

    async def _claim(self) -> bool:
        if await self._redis.command("SET", CLAIM, self._mine, "NX", "EX", CLAIM_S):
            return True
        return bool(_text(await self._redis.command("GET", CLAIM) or b"") == self._mine)

    async def shed(self, *nodes: str) -> None:
        """Until these, or all, have room again, or nothing is left that may go. Raises RedisAway."""
        for node in nodes or await self._redis.masters():
            if not await self._enough(node):
                await self._shed(node)

    async def _shed(self, node: str) -> None:
        for step in STEPS:
            gone = 0
            async for key in self._keys(node, step.pattern):
                gone += await self._one(key, step)
                if gone and await self._enough(node):
                    break
            if gone:
                log.warning("Redis is short of memory: %d turns went (%s, %d stay)", gone, step.what, step.stay)
            if await self._enough(node):
                return
        log.error("Redis is short of memory, and nothing is left that may go: it needs more, or shorter lives")

    async def _enough(self, node: str) -> bool:
        return await self._share(node) <= END

    async def _keys(self, node: str, pattern: str) -> AsyncIterator[str]:
        cursor: Any = 0
        while True:
            asked = ("MATCH", pattern, "COUNT", KEYS_AT_ONCE, "TYPE", "list")
            cursor, found = await self._redis.on(node, "SCAN", cursor, *asked)
            for key in found:
                yield _text(key)
            if int(cursor) == 0:
                return
            with suppress(RedisTakesNothing):
                await self._redis.command("SET", CLAIM, self._mine, "EX", CLAIM_S)
            await asyncio.sleep(0)

    async def _one(self, history: str, step: _Step) -> int:
        whose = history.removeprefix("h:")
        left = int(self._settings.history_ttl_s * step.left)
        gone = int(await self._redis.run(self._script, f"d:{whose}", history, f"i:{whose}", step.stay, left))
        metrics.shed.labels(step.what).inc(gone)
        return gone


def _text(value: Any) -> str:
    return value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else str(value)
