"""Which tokens were taken back, by whom and why?

A log in Redis ({revoked}:log), written here and read by every nginx worker once a second (lua/edge/revoked.lua says what it means
there). Nothing in it is changed: restoring is said, too, and of two things said about the same tokens the later one counts. It
ends after the longest life of a token, when none it is about can be good any more.
"""

import msgspec
import redis

from pyshim.config import Settings
from pyshim.errors import RedisAway
from pyshim.outside.redis import Script

KEYS = ("{revoked}:log", "{revoked}:ends", "{revoked}:epoch")
REVOKE = Script("revoke-3")
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
    """The log, as an operator uses it."""

    def __init__(self, settings: Settings) -> None:
        self._life_s = settings.token_life_max_s + settings.token_leeway_s
        self._client = redis.Redis(unix_socket_path=str(settings.redis_socket), socket_timeout=PATIENCE_S)

    def __enter__(self) -> "Revocations":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def say(self, tenant: str, kind: str, value: str, by: str, why: str = "", restored: bool = False) -> Said:
        """Writes it down; the moment is that of Redis' clock. Raises RedisAway."""
        try:
            seconds, microseconds = self._client.time()
            until = int(seconds) + self._life_s + 1
            said = Said(tenant, kind, value, seconds + microseconds / 1e6, until, by, why, restored)
            self._client.eval(REVOKE.text, REVOKE.keys, *KEYS, msgspec.json.encode(said), until)
        except redis.RedisError as error:
            raise RedisAway(f"{type(error).__name__}: {error}") from error
        return said

    def standing(self, tenant: str | None = None) -> list[Said]:
        """What is in force, oldest first. Raises RedisAway."""
        try:
            now, _ = self._client.time()
            texts: list[bytes] = self._client.execute_command("ZRANGE", KEYS[0], 0, -1)  # type: ignore[no-untyped-call]
        except redis.RedisError as error:
            raise RedisAway(f"{type(error).__name__}: {error}") from error
        latest: dict[tuple[str, str, str], Said] = {}
        for said in sorted((msgspec.json.decode(text, type=Said) for text in texts), key=lambda said: said.at):
            latest.pop(said.meant, None)
            latest[said.meant] = said
        return [said for said in latest.values() if not said.restored and said.until > now and tenant in (None, said.tenant)]
