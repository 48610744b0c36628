"""Which tokens were taken back, by whom and why?

A log in Redis ({revoked}:log), written here and read by every nginx worker once a second (lua/edge/revoked.lua says what it means
there). Nothing in it is changed: restoring is said, too, and of two things said about the same tokens the later one counts. It
ends after the longest life of a token, when none it is about can be good any more.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from pyshim.outside.redis import Redis, Script, opened
from pyshim.settings import Settings

KEYS = ("{revoked}:log", "{revoked}:ends", "{revoked}:epoch")
REVOKE, NOW = Script("revoke-3"), Script("now-1")
PATIENCE_S = 5.0


class Said(msgspec.Struct, frozen=True, omit_defaults=True):
    """Tokens of `tenant` that are meant: kind "token" with a jti, "user" with a user_id, "tenant" for all. at, until: seconds
    since 1970; a token of a user or a tenant is meant when it was issued up to `at`."""

    tenant: str
    kind: str
    value: str
    at: float
    until: int
    by: str
    why: str = ""
    restored: bool = False

    @property
    def meant(self) -> tuple[str, str, str]:
        return self.tenant, self.kind, self.value


class Revocations:
    """The log, as an operator uses it. All methods raise RedisAway."""

    def __init__(self, settings: Settings, redis: Redis) -> None:
        self._life_s = settings.token_life_max_s + settings.token_leeway_s
        self._redis = redis

    async def say(self, tenant: str, kind: str, value: str, by: str, why: str = "", restored: bool = False) -> Said:
        """Writes it down; the moment is that of Redis' clock, in a cluster of the node that has the log."""
        seconds, microseconds = map(int, await self._redis.run(NOW, KEYS[0]))
        until = seconds + self._life_s + 1
        said = Said(tenant, kind, value, seconds + microseconds / 1e6, until, by, why, restored)
        await self._redis.run(REVOKE, *KEYS, msgspec.json.encode(said), until)
        return said

    async def standing(self, tenant: str | None = None) -> list[Said]:
        """What is in force, oldest first."""
        now = int((await self._redis.run(NOW, KEYS[0]))[0])
        texts: list[bytes] = await self._redis.command("ZRANGE", KEYS[0], 0, -1)
        latest: dict[tuple[str, str, str], Said] = {}
        for said in sorted((msgspec.json.decode(text, type=Said) for text in texts), key=lambda said: said.at):
            latest.pop(said.meant, None)
            latest[said.meant] = said
        return [said for said in latest.values() if not said.restored and said.until > now and tenant in (None, said.tenant)]


@asynccontextmanager
async def revocations(settings: Settings) -> AsyncIterator[Revocations]:
    """For one command."""
    async with opened(settings, PATIENCE_S) as redis:
        yield Revocations(settings, redis)
