"""Which calls that change something were sent, by whose consent, and which of them is it not known of what became?

A call is written down before it is sent, so that whoever comes later knows of it, even where the process dies over it:

  c:{t:u}          hash by Idempotency-Key: calls whose outcome the customer has not heard (Sent, MessagePack); the turn that
                   tells it forgets it (lua/redis/commit-3.lua)
  {calls}          sorted set of [tenant, user, key] (JSON) by when somebody asks about it next
  consents:{t}     stream of the tenant's consents, and of what came of them

They lie in three slots of a cluster: {calls} is written first, and what stands in it alone is dropped when it is due.
"""

import asyncio
import logging
import time
from typing import NamedTuple

import msgspec

from pyshim.errors import RedisAway
from pyshim.outside.redis import Redis, Script
from pyshim.turns.turn import Consent, Sent, Turn

log = logging.getLogger(__name__)

LIFE_S = 7 * 24 * 3600  # of a call nobody heard of, as of a history
CONSENTS_S = 400 * 24 * 3600
FIRST_DUE_S = 4.0  # longer than a turn takes
MINE_S = 30.0  # how long whoever took one has it for itself
MOST = 20
INDEX = "{calls}"

_write = msgspec.msgpack.encode
_read = msgspec.msgpack.Decoder(Sent).decode
_read_member = msgspec.json.Decoder(tuple[str, str, str]).decode


class Whose(NamedTuple):
    """A call of a user."""

    tenant: str
    user: str
    key: str

    @property
    def calls(self) -> str:
        return f"c:{{{self.tenant}:{self.user}}}"


def read(values: list[bytes]) -> list[Sent]:
    """Values of c:{t:u}, oldest first."""
    return sorted((_read(value) for value in values), key=lambda sent: sent.at)


def consents_of(tenant: str) -> str:
    """Key of a tenant's consents."""
    return f"consents:{{{tenant}}}"


class Journal:
    """Written by turns, read by turns and by pyshim/dialogue/doubts.py."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._due, self._settle = Script("due-1"), Script("settle-1")
        self._unwritten: dict[Whose, Sent] = {}

    async def begin(self, turn: Turn, sent: Sent, consent: Consent) -> bool:
        """Before the call. False: it could not be written down for sure, and must not be sent. Raises RedisAway: it was not
        written down at all."""
        whose = Whose(turn.tenant.id, turn.user_id, sent.key)
        await self._redis.command("ZADD", INDEX, int((time.time() + FIRST_DUE_S) * 1000), msgspec.json.encode(whose))
        try:
            await self._redis.command("HSET", whose.calls, sent.key, _write(sent))
            await self._redis.command("EXPIRE", whose.calls, LIFE_S)
            await self._keep(turn, consent)
        except RedisAway as error:
            log.warning("a call could not be written down, and is not sent: %s turn_id=%s", error, turn.id)
            self.remember(whose, msgspec.structs.replace(sent, outcome="refused"))
            return False
        return True

    async def _keep(self, turn: Turn, consent: Consent) -> None:
        entry = msgspec.json.encode(consent)
        oldest = int((time.time() - CONSENTS_S) * 1000)
        named = ("user", turn.user_id, "turn", turn.id, "session", turn.state.session or turn.session_id or turn.id)
        await self._redis.command("XADD", consents_of(turn.tenant.id), "MINID", "~", oldest, "*", *named, "consent", entry)

    def remember(self, whose: Whose, sent: Sent) -> None:
        """An outcome that has to reach Redis when it is back."""
        self._unwritten[whose] = sent

    async def ended(self, whose: Whose, sent: Sent) -> None:
        """Its outcome is known: whoever waits for it hears it with the next turn. Raises RedisAway."""
        await self._redis.run(self._settle, whose.calls, sent.key, _write(sent))
        await self.noted(whose, sent)

    async def noted(self, whose: Whose, sent: Sent) -> None:
        """Nobody has to ask about it any more. Raises RedisAway."""
        outcome = msgspec.json.encode({"key": sent.key, "outcome": sent.outcome, "code": sent.code})
        await self._redis.command("XADD", consents_of(whose.tenant), "*", "user", whose.user, "outcome", outcome)
        await self._redis.command("ZREM", INDEX, msgspec.json.encode(whose))

    async def again(self, whose: Whose, sent: Sent, wait_s: float) -> None:
        """It is not known yet: somebody asks again later. Raises RedisAway."""
        await self._redis.run(self._settle, whose.calls, sent.key, _write(sent))
        await self._redis.command("ZADD", INDEX, "XX", int((time.time() + wait_s) * 1000), msgspec.json.encode(whose))

    async def due(self) -> list[tuple[Whose, Sent]]:
        """What to ask about now. Raises RedisAway."""
        for whose, sent in list(self._unwritten.items()):
            await self.ended(whose, sent)
            self._unwritten.pop(whose, None)
        now = time.time()
        members = await self._redis.run(self._due, INDEX, int(now * 1000), int((now + MINE_S) * 1000), MOST)
        found = []
        for member in members:
            whose = Whose(*_read_member(member))
            value = await self._redis.command("HGET", whose.calls, whose.key)
            if value is None or (sent := _read(value)).outcome:
                await self._redis.command("ZREM", INDEX, member)
            else:
                found.append((whose, sent))
        return found

    async def end_soon(self, whose: Whose, sent: Sent) -> None:
        """noted, by a turn that has told it: where Redis is slow or away, the index is put in order when it is due. Forgets it,
        too, should another shim have made the same call and written it down again."""
        try:
            async with asyncio.timeout(1):
                await self._redis.command("HDEL", whose.calls, sent.key)
                await self.noted(whose, sent)
        except (RedisAway, TimeoutError):
            log.info("a call that ended stands in the index until it is due")
