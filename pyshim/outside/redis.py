"""Where is the state store, and how is it asked?

Whatever a process has to know of Redis' address is known here; nginx is told by for_nginx().
Scripts are files in lua/redis; they are sent by digest, and in full once when Redis does not know them yet.
"""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import redis.asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    BusyLoadingError,
    MasterDownError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)

from pyshim.errors import RedisAway, RedisRefused, RedisTakesNothing
from pyshim.settings import ROOT, Settings
from pyshim.telemetry import trace

SCRIPTS = ROOT / "lua" / "redis"
CONNECTIONS = 50
FAILURES = (RedisError, OSError, TimeoutError)
# Answers of a Redis that is there and takes nothing; redis-py drops the first word of most. lua/edge/redis.lua has the same.
TAKES_NOTHING: dict[type[RedisError], str] = {
    OutOfMemoryError: "OOM ",
    ReadOnlyError: "READONLY ",
    BusyLoadingError: "LOADING ",
    MasterDownError: "MASTERDOWN ",
}
SAID_WHOLE = ("MISCONF ", "NOREPLICAS ")


def away(error: BaseException) -> RedisAway:
    """What an error of the client library means for a turn. One that cannot write is as good as none; the others are told apart
    for those who operate it."""
    text = str(error)
    for kind, code in TAKES_NOTHING.items():
        if isinstance(error, kind) or isinstance(error.__cause__, kind):  # a cause: said while connecting
            return RedisTakesNothing(f"cannot write: {code}{text}")
    if text.startswith(SAID_WHOLE):
        return RedisTakesNothing(f"cannot write: {text}")
    if isinstance(error, ResponseError):
        return RedisRefused(f"refused: {text}")
    return RedisAway(f"{type(error).__name__}: {text}")


class Script:
    """One file of lua/redis; its name ends in its number of keys."""

    def __init__(self, name: str) -> None:
        self.name = name
        path: Path = SCRIPTS / f"{name}.lua"
        self.text = path.read_text(encoding="utf-8")
        self.sha = hashlib.sha1(self.text.encode()).hexdigest()
        self.keys = int(name.rpartition("-")[2])


def for_nginx(settings: Settings) -> str:
    """The address as lua/edge/redis.lua connects to it."""
    return f"unix:{settings.redis_socket}"


class Redis:
    """The state store, for the whole life of a process. at_least_s: for one command where SLUICE_REDIS_TIMEOUT_MS is less; where:
    its address, for those who are told that it is away."""

    def __init__(self, settings: Settings, at_least_s: float = 0.0) -> None:
        self.where, self._writable = str(settings.redis_socket), Script("writable-1")
        timeout_s = max(at_least_s, settings.redis_timeout_ms / 1000)
        pool = redis.BlockingConnectionPool(  # who finds all in use waits its turn, as long as for an answer
            CONNECTIONS,
            timeout_s,
            redis.UnixDomainSocketConnection,
            path=self.where,
            socket_timeout=timeout_s,
            socket_connect_timeout=timeout_s,
            retry=Retry(NoBackoff(), 0),
        )
        self._client = redis.Redis.from_pool(pool)

    async def run(self, script: Script, *arguments: bytes | str | int) -> Any:
        """One script, one round trip. Raises RedisAway."""
        try:
            with trace.step(f"redis {script.name}", calls=True):
                return await self._run(script, *arguments)
        except FAILURES as error:
            raise away(error) from error

    async def _run(self, script: Script, *arguments: bytes | str | int) -> Any:
        try:
            return await self._send("EVALSHA", script.sha, script.keys, *arguments)
        except NoScriptError:
            return await self._send("EVAL", script.text, script.keys, *arguments)

    async def command(self, *arguments: bytes | str | int) -> Any:
        """One plain command. Raises RedisAway."""
        try:
            return await self._send(*arguments)
        except FAILURES as error:
            raise away(error) from error

    async def _send(self, *arguments: bytes | str | int) -> Any:
        return await self._client.execute_command(*arguments)  # type: ignore[no-untyped-call]

    async def check_writable(self) -> None:
        """Can a turn be written now? Raises RedisAway where not."""
        await self.run(self._writable, "{writable}")

    async def close(self) -> None:
        await self._client.aclose()


@asynccontextmanager
async def opened(settings: Settings, at_least_s: float = 1.0) -> AsyncIterator[Redis]:
    """For one command, which has more patience than a turn."""
    redis = Redis(settings, at_least_s)
    try:
        yield redis
    finally:
        await redis.close()
