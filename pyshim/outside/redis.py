"""Where is the state store, and how is it asked?

Whatever a process has to know of Redis' address is known here; nginx is told by for_nginx().
Scripts are files in lua/redis; they are sent by digest, and in full once when Redis does not know them yet.
"""

import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import hiredis

from pyshim.errors import RedisAway, RedisRefused, RedisTakesNothing
from pyshim.outside.pipeline import Pipeline
from pyshim.settings import ROOT, Settings
from pyshim.telemetry import trace

SCRIPTS = ROOT / "lua" / "redis"
FAILURES = (hiredis.ReplyError, OSError, TimeoutError)
# First words of a Redis that is there and takes nothing. lua/edge/redis.lua has the same.
TAKES_NOTHING = ("OOM ", "READONLY ", "LOADING ", "MASTERDOWN ", "MISCONF ", "NOREPLICAS ")


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


SHAPED: dict[bytes | str | int, Callable[[Any], Any]] = {"HGETALL": _fields, "XRANGE": _entries}


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
        self.where, self._writable = str(settings.redis), Script("writable-1")
        self._pipeline = Pipeline(self.where, max(at_least_s, settings.redis_timeout_ms / 1000))

    async def run(self, script: Script, *arguments: bytes | str | int) -> Any:
        """One script, one round trip. Raises RedisAway."""
        try:
            with trace.step(f"redis {script.name}", calls=True):
                return await self._run(script, *arguments)
        except FAILURES as error:
            raise away(error) from error

    async def _run(self, script: Script, *arguments: bytes | str | int) -> Any:
        try:
            return await self._pipeline.ask("EVALSHA", script.sha, script.keys, *arguments)
        except hiredis.ReplyError as error:
            if not str(error).startswith("NOSCRIPT"):
                raise
            return await self._pipeline.ask("EVAL", script.text, script.keys, *arguments)

    async def command(self, *arguments: bytes | str | int) -> Any:
        """One plain command. Fields come as a dict, entries of a stream as (id, dict). Raises RedisAway."""
        try:
            return SHAPED.get(arguments[0], _plain)(await self._pipeline.ask(*arguments))
        except FAILURES as error:
            raise away(error) from error

    async def check_writable(self) -> None:
        """Can a turn be written now? Raises RedisAway where not."""
        await self.run(self._writable, "{writable}")

    async def close(self) -> None:
        await self._pipeline.close()


@asynccontextmanager
async def opened(settings: Settings, at_least_s: float = 1.0) -> AsyncIterator[Redis]:
    """For one command, which has more patience than a turn."""
    redis = Redis(settings, at_least_s)
    try:
        yield redis
    finally:
        await redis.close()
