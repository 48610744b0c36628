"""How does a command reach the running system?

Through the rollout's record in Redis, which the shims follow, and through Triton, which is only asked. A command changes the
record and watches what the shims make of it; should it be interrupted, they go on.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from rich.text import Text

from pyshim.config import Settings
from pyshim.errors import RedisAway, TritonAway
from pyshim.outside.redis import Redis
from pyshim.outside.repository import Repository
from pyshim.rollout.record import Event, Records, Rollout
from pyshim.terminal import fail, out

PAUSE_S = 0.25
START = "`make run` starts sluice"


class Desk:
    """The record and Triton of the running system."""

    def __init__(self, settings: Settings, redis: Redis) -> None:
        self.settings, self._records = settings, Records(redis)
        self.repository = Repository(settings)

    async def record(self) -> Rollout:
        """Fails the command where nothing runs."""
        where = self.settings.redis_socket
        try:
            found = await self._records.read()
        except RedisAway:
            raise fail(f"nothing answers at {where}; {START}") from None
        if found is None:
            raise fail(f"{where}: no rollout's record yet: the shims write it once they serve; try again in a second")
        return found

    async def change(self, changed: Callable[[Rollout], Rollout]) -> Rollout:
        """Writes what changed() makes of the record, again where somebody else was faster. changed() may fail the command."""
        while True:
            before = await self.record()
            after = changed(before)
            if await self._records.write(after, before):
                return after

    async def until(self, done: Callable[[Rollout], bool], since: float, patience_s: float) -> Rollout:
        """The record once done(), with its events since then printed as they come."""
        said, deadline = since, time.monotonic() + patience_s
        while True:
            record = await self.record()
            for event in record.events:
                if event.at > said:
                    said = event.at
                    out.print(line(event))
            if done(record):
                return record
            if time.monotonic() > deadline:
                raise fail(f"nothing happened for {patience_s:.0f} s; is a shim running? {self.settings.log} has its log")
            await asyncio.sleep(PAUSE_S)

    async def served(self) -> set[int]:
        try:
            return await self.repository.served()
        except TritonAway:
            raise fail(f"nothing answers at 127.0.0.1:{self.settings.triton_port} (Triton); {START}") from None


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Desk]:
    redis = Redis(settings.redis_socket, max(1.0, settings.redis_timeout_ms / 1000))
    desk = Desk(settings, redis)
    try:
        yield desk
    finally:
        await redis.close()
        await desk.repository.close()


def run(settings: Settings, work: Callable[[Desk], Coroutine[Any, Any, None]]) -> None:
    """One command from its beginning to its end."""

    async def whole() -> None:
        async with opened(settings) as desk:
            await work(desk)

    asyncio.run(whole())


def line(event: Event) -> Text:
    at = time.strftime("%m-%d %H:%M:%S", time.localtime(event.at))
    return Text(f"{at}  ", style="dim") + Text(event.what) + Text(f"  ({event.who})", style="dim")
