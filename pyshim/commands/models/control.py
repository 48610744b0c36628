"""How does a command reach the versions of the model?

Through the rollout's record in Redis, which the shims follow, and through Triton, which is only asked. Should the command be
interrupted, they go on.
"""

import asyncio
import time
from collections.abc import Callable

from rich.text import Text

from pyshim.commands.control import Control
from pyshim.commands.terminal import START, fail, out
from pyshim.errors import TritonAway
from pyshim.outside.redis import Redis
from pyshim.outside.repository import Repository
from pyshim.rollout.rollout import Event, Records, Rollout
from pyshim.settings import Settings

PAUSE_S = 0.25


class ModelControl(Control[Rollout]):
    """The record and Triton of the running system."""

    none_yet = "no rollout's record yet: the shims write it once they serve; try again in a second"

    def __init__(self, settings: Settings, redis: Redis) -> None:
        super().__init__(settings, redis, Records(redis))
        self.repository = Repository(settings)

    async def close(self) -> None:
        await self.repository.close()

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

    def asks_triton(self) -> None:
        """Before anything is changed. Fails the command on a machine that has no Triton to ask."""
        if not self.settings.triton and not self.settings.own_triton:
            raise fail("only nginx runs here: a command that asks Triton is typed on a machine with shims; nothing was changed")

    async def served(self) -> set[int]:
        self.asks_triton()
        try:
            return await self.repository.served()
        except TritonAway:
            raise fail(f"nothing answers at {self.settings.triton_address} (Triton); {START}") from None


def line(event: Event) -> Text:
    at = time.strftime("%m-%d %H:%M:%S", time.localtime(event.at))
    return Text(f"{at}  ", style="dim") + Text(event.what) + Text(f"  ({event.who})", style="dim")
