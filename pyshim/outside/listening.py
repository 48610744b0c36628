"""What is said on a channel of Redis?

By a connection of its own to one of the nodes; on a cluster, what is published reaches all of them. What was said while there
was no connection is not heard: who listens has another way to find it out.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from pyshim.errors import Away
from pyshim.outside import access
from pyshim.outside.pipeline import Connection, Pipeline
from pyshim.outside.redis import FAILURES, Redis
from pyshim.settings import Settings

log = logging.getLogger(__name__)
AGAIN_S, TIMEOUT_S = 1.0, 2.0
Heard = Callable[[bytes], None]


class _Hears(Connection):
    def __init__(self, heard: Heard) -> None:
        super().__init__(TIMEOUT_S)
        self._heard = heard

    def _hear(self, answer: Any) -> None:
        if isinstance(answer, list) and answer[0] == b"message":
            self._heard(answer[2])
        else:
            super()._hear(answer)


class _Listening(Pipeline):
    def __init__(self, node: str, settings: Settings, heard: Heard) -> None:
        super().__init__(node, TIMEOUT_S, access.of(settings))
        self._heard = heard

    def _new(self) -> Connection:
        return _Hears(self._heard)


async def listen(redis: Redis, settings: Settings, channel: str, heard: Heard) -> None:
    """For ever. heard: is told each message."""
    times = 0
    while True:
        try:
            nodes = await redis.masters()
            listening = _Listening(nodes[times % len(nodes)], settings, heard)
            try:
                while True:  # said again it changes nothing, and finds out whether the node is there
                    await listening.ask("SUBSCRIBE", channel)
                    await asyncio.sleep(AGAIN_S)
            finally:
                listening.close()
        except (Away, *FAILURES) as error:
            log.info("%s is not heard: %s", channel, error)
            times += 1
            await asyncio.sleep(AGAIN_S)
