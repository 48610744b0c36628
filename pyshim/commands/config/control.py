"""How does a command make a version of the configuration serve?

It stores the version, has everybody load it, and only then changes which one serves; should it be interrupted before, nothing has
changed. Whoever says that it cannot load it stops it.
"""

import asyncio
import time
from collections.abc import Callable

from pyshim.agreement.presence import gone
from pyshim.agreement.records import me
from pyshim.commands.control import Control
from pyshim.commands.terminal import START, fail
from pyshim.configuration import presence
from pyshim.configuration.configuration import SEEN, Configuration, Records
from pyshim.configuration.store import Event, Store
from pyshim.outside.redis import Redis
from pyshim.settings import Settings

PAUSE_S = 0.1
LOAD_S, FOLLOW_S = 20.0, 10.0


class ConfigControl(Control[Configuration]):
    """The record and the stored versions of the running system."""

    none_yet = f"no configuration's record yet; {START}"

    def __init__(self, settings: Settings, redis: Redis) -> None:
        super().__init__(settings, redis, Records(redis))
        self.store = Store(redis)

    async def beats(self) -> presence.Beats:
        """Of all that are there, or were a minute ago."""
        now = time.time()
        beats = presence.read(await self._redis.command("HGETALL", SEEN))
        for name in gone(beats, now):
            await self._redis.command("HDEL", SEEN, name)
            del beats[name]
        return beats

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
            wrong = presence.without(beats, number, self.settings, time.time())
            if not wrong:
                return
            if any(beat.fault.startswith(f"version {number}:") for beat in beats.values()):
                break
            await asyncio.sleep(PAUSE_S)
        await self.change(lambda record: record.but(preparing=0) if record.preparing == number else record.but())
        await self.note("refused", number, "; ".join(wrong))
        raise fail(f"version {number} is refused, nothing was changed: not loaded by {'; '.join(wrong)}")

    async def serve(self, changed: Callable[[Configuration], Configuration]) -> str:
        """Changes what serves, and waits until everybody does so. Returns how many seconds that took, and who they are."""
        began = time.monotonic()
        seq = (await self.change(changed)).seq
        late: list[str] = []
        while time.monotonic() - began < FOLLOW_S:
            beats = await self.beats()
            late = presence.elsewhere(beats, seq, self.settings, time.time())
            if not late:
                return f"{time.monotonic() - began:.1f} s: {presence.counted(beats)}"
            await asyncio.sleep(PAUSE_S)
        raise fail(f"the change is made, but after {FOLLOW_S:.0f} s these do not follow it: {', '.join(late)}")

    async def note(self, what: str, version: int, why: str = "", changes: list[str] | None = None) -> None:
        await self.store.note(Event(round(time.time(), 3), me(), what, version, why, changes or []))
