"""How does the shim talk to the state store?

Scripts are files in lua/redis; they are sent by digest, and in full once when Redis does not know them yet.
"""

import hashlib
from pathlib import Path
from typing import Any

import redis.asyncio as redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisError

from pyshim import trace
from pyshim.config import ROOT
from pyshim.errors import RedisAway

SCRIPTS = ROOT / "lua" / "redis"


class Script:
    """One file of lua/redis; its name ends in its number of keys."""

    def __init__(self, name: str) -> None:
        self.name = name
        path: Path = SCRIPTS / f"{name}.lua"
        self.text = path.read_text(encoding="utf-8")
        self.sha = hashlib.sha1(self.text.encode()).hexdigest()
        self.keys = int(name.rpartition("-")[2])


class Redis:
    """The state store behind one unix socket. timeout_s: for one command."""

    def __init__(self, socket: Path, timeout_s: float) -> None:
        self._client = redis.Redis(
            unix_socket_path=str(socket), socket_timeout=timeout_s, socket_connect_timeout=timeout_s, retry=Retry(NoBackoff(), 0)
        )

    async def run(self, script: Script, *arguments: bytes | str | int) -> Any:
        """One script, one round trip. Raises RedisAway."""
        try:
            with trace.step(f"redis {script.name}", calls=True):
                return await self._run(script, *arguments)
        except (RedisError, OSError, TimeoutError) as error:
            raise RedisAway(f"{type(error).__name__}: {error}") from error

    async def _run(self, script: Script, *arguments: bytes | str | int) -> Any:
        try:
            return await self._send("EVALSHA", script.sha, script.keys, *arguments)
        except NoScriptError:
            return await self._send("EVAL", script.text, script.keys, *arguments)

    async def command(self, *arguments: bytes | str | int) -> Any:
        """One plain command. Raises RedisAway."""
        try:
            return await self._send(*arguments)
        except (RedisError, OSError, TimeoutError) as error:
            raise RedisAway(f"{type(error).__name__}: {error}") from error

    async def _send(self, *arguments: bytes | str | int) -> Any:
        return await self._client.execute_command(*arguments)  # type: ignore[no-untyped-call]

    async def ready(self) -> bool:
        try:
            return bool(await self.command("PING"))
        except RedisAway:
            return False

    async def close(self) -> None:
        await self._client.aclose()
