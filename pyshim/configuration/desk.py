"""How does a command make a version serve?

It stores the version, has everybody load it, and only then changes which one serves; should it be interrupted before, nothing has
changed. Whoever says that it cannot load it stops it.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from pyshim.config import Settings
from pyshim.configuration import presence
from pyshim.configuration.record import SEEN, Configuration, Records
from pyshim.configuration.store import Event, Store
from pyshim.errors import RedisAway
from pyshim.outside.redis import Redis
from pyshim.rollout.record import me
from pyshim.terminal import fail

PAUSE_S = 0.1
LOAD_S, FOLLOW_S = 20.0, 10.0
START = "`make run` starts sluice"


class Desk:
    """The record and the stored versions of the running system."""

    def __init__(self, settings: Settings, redis: Redis) -> None:
        self.settings, self._redis = settings, redis
        self.records, self.store = Records(redis), Store(redis)

    async def record(self) -> Configuration:
        """Fails the command where nothing runs."""
        found = await self.records.read()
        if found is None:
            raise fail(f"{self.settings.redis_socket}: no configuration's record yet; {START}")
        return found

    async def change(self, changed: Callable[[Configuration], Configuration]) -> Configuration:
        """Writes what changed() makes of the record, again where somebody else was faster. changed() may fail the command."""
        while True:
            before = await self.record()
            after = changed(before)
            if await self.records.write(after, before):
                return after

    async def beats(self) -> presence.Beats:
        now = time.time()
        beats = presence.read(await self._redis.command("HGETALL", SEEN))
        for name in presence.gone(beats, now):
            await self._redis.command("HDEL", SEEN, name)
        return presence.fresh(beats, now)

    async def prepare(self, number: int) -> None:
        """Has everybody load this version. Fails the command, and takes that back, where somebody cannot."""
        began = time.time()

        def begin(record: Configuration) -> Configuration:
            if record.preparing and record.preparing != number and began - record.since < LOAD_S:
                raise fail(f"version {record.preparing} is being applied by somebody else; nothing was changed")
            return record.but(preparing=number, since=began)

        await self.change(begin)
        wrong: list[str] = ["nobody answers"]
        while time.time() - began < LOAD_S:
            beats = await self.beats()
            wrong = presence.without(beats, number, self.settings)
            if not wrong:
                return
            if any(beat.fault.startswith(f"version {number}:") for beat in beats.values()):
                break
            await asyncio.sleep(PAUSE_S)
        await self.change(lambda record: record.but(preparing=0) if record.preparing == number else record.but())
        await self.note("refused", number, "; ".join(wrong))
        raise fail(f"version {number} is refused, nothing was changed: not loaded by {'; '.join(wrong)}")

    async def serve(self, changed: Callable[[Configuration], Configuration]) -> float:
        """Changes what serves, and waits until everybody does so. Returns how many seconds that took."""
        began = time.monotonic()
        seq = (await self.change(changed)).seq
        late: list[str] = []
        while time.monotonic() - began < FOLLOW_S:
            late = presence.elsewhere(await self.beats(), seq, self.settings)
            if not late:
                return time.monotonic() - began
            await asyncio.sleep(PAUSE_S)
        raise fail(f"the change is made, but after {FOLLOW_S:.0f} s these do not follow it: {', '.join(late)}")

    async def note(self, what: str, version: int, why: str = "", changes: list[str] | None = None) -> None:
        await self.store.note(Event(round(time.time(), 3), me(), what, version, why, changes or []))


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Desk]:
    redis = Redis(settings.redis_socket, max(1.0, settings.redis_timeout_ms / 1000))
    try:
        yield Desk(settings, redis)
    finally:
        await redis.close()


def run(settings: Settings, work: Callable[[Desk], Coroutine[Any, Any, None]]) -> None:
    """One command from its beginning to its end."""

    async def whole() -> None:
        async with opened(settings) as desk:
            try:
                await work(desk)
            except RedisAway:
                raise fail(f"nothing answers at {settings.redis_socket}; {START}") from None

    asyncio.run(whole())
