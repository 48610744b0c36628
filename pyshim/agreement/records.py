"""What has everybody agreed on?

A record in Redis that all processes follow: which version of the model serves, which of the configuration. Whoever changes it
names the seq it was made from, and a change that comes second is not written. Each process asks once a second whether it changed;
without Redis everybody serves on by what they last knew.
"""

import asyncio
import getpass
import logging
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import ClassVar, Generic, Protocol, TypeVar

import msgspec

from pyshim.errors import RedisAway
from pyshim.outside.redis import Redis, Script

log = logging.getLogger(__name__)

BEAT_S = 1.0


class Record(Protocol):
    """Every change has a higher seq."""

    @property
    def seq(self) -> int: ...


R = TypeVar("R", bound=Record)


class Records(Generic[R]):
    """One record, as far as Redis is there. key: where it stands; decode: from JSON. All methods raise RedisAway."""

    key: ClassVar[str]
    decode: Callable[[bytes], R]

    def __init__(self, redis: Redis) -> None:
        self._redis, self._swap = redis, Script("swap-1")

    async def read(self) -> R | None:
        text = await self._redis.command("GET", self.key)
        return self.decode(text) if text else None

    async def write(self, after: R, before: R | None) -> bool:
        """False when somebody else changed it since before was read."""
        seq = before.seq if before else 0
        return bool(await self._redis.run(self._swap, self.key, seq, msgspec.json.encode(after)))


async def follow(what: str, beat: Callable[[], Awaitable[None]]) -> None:
    """For the life of the process: a beat a second, whatever becomes of it."""
    while True:
        try:
            await beat()
        except RedisAway as error:
            log.info("serving on by the %s that was known: %s", what, error)
        except Exception:  # whatever is wrong with a record: what serves now serves on
            log.exception("could not follow the %s", what)
        await asyncio.sleep(BEAT_S)


def me() -> str:
    """Who changes a record from a terminal."""
    user = "somebody"
    with suppress(OSError, KeyError):  # a container's user need not have a name
        user = getpass.getuser()
    return f"{user}@{socket.gethostname()}"
