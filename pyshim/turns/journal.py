"""Which calls that change something were sent, by whose consent, and which of them is it not known of what became?

A call is written down before it is sent, so that whoever comes later knows of it, even where the process dies over it:

  c:{t:u}          hash by Idempotency-Key: calls whose outcome the customer has not heard (Sent, MessagePack); the turn that
                   tells it forgets it (lua/redis/commit-3.lua)
  {calls}          sorted set of [tenant, user, key] (JSON) by when somebody asks about it next
  consents:{t}     stream of the tenant's consents, and of what came of them
  a:{t:u}          list: which entries of that stream are this user's, for who wants to be forgotten (pyshim/turns/forgetting.py)

They lie in three slots of a cluster: {calls} is written first, and what stands in it alone or is known is dropped when due.
"""

import asyncio
import logging
import time
from typing import NamedTuple

import msgspec

from pyshim.errors import Conflict, RedisAway
from pyshim.outside.redis import Redis, Script
from pyshim.telemetry import metrics
from pyshim.turns.turn import Consent, Sent, Turn

log = logging.getLogger(__name__)

LIFE_S = 7 * 24 * 3600  # of a call nobody heard of, as of a history
CONSENTS_S = 400 * 24 * 3600
FIRST_DUE_S, LONGER_S = 4.0, 2.0  # when it is first asked about: at least, and longer than its turn may take
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

    @property
    def agreed(self) -> str:
        return agreed_by(self.tenant, self.user)

    @property
    def forgotten(self) -> str:
        return f"f:{{{self.tenant}:{self.user}}}"

    @property
    def state(self) -> str:
        return f"d:{{{self.tenant}:{self.user}}}"


def read(values: list[bytes]) -> list[Sent]:
    """Values of c:{t:u}, oldest first. One that a later version wrote and this one cannot read is for that one to tell."""
    found = []
    for value in values:
        try:
            found.append(_read(value))
        except msgspec.MsgspecError as error:
            log.error("a call that was sent cannot be read: %s", error)
    return sorted(found, key=lambda sent: sent.at)


def consents_of(tenant: str) -> str:
    """Key of a tenant's consents."""
    return f"consents:{{{tenant}}}"


def agreed_by(tenant: str, user: str) -> str:
    """Key of the list of a user's consents."""
    return f"a:{{{tenant}:{user}}}"


class Journal:
    """Written by turns, read by turns and by pyshim/dialogue/doubts.py. One for a process: it keeps what Redis has not heard."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._begin, self._settle, self._due, self._drop = map(Script, ("begin-2", "settle-1", "due-1", "drop-1"))
        self._unwritten: dict[Whose, Sent] = {}
        self._noted: set[Whose] = set()

    async def begin(self, turn: Turn, sent: Sent, consent: Consent) -> None:
        """Before the call. Raises RedisAway: it could not be written down for sure, and must not be sent; Conflict: somebody was
        quicker, and the conversation is to be read anew."""
        whose = Whose(turn.tenant.id, turn.user_id, sent.key)
        first_due = time.time() + max(FIRST_DUE_S, turn.left() + LONGER_S)
        await self._redis.command("ZADD", INDEX, int(first_due * 1000), msgspec.json.encode(whose))
        read_from = turn.state.turn, turn.session_id
        try:
            call = sent.key, _write(sent), sent.intent, LIFE_S
            written, _ = await self._redis.run_covered(self._begin, whose.state, whose.calls, *read_from, *call)
            if written != b"written":
                raise Conflict
            await self._keep(turn, whose, consent)
        except RedisAway as error:
            log.warning("a call could not be written down, and is not sent: %s turn_id=%s", error, turn.id)
            self.remember(whose, msgspec.structs.replace(sent, outcome="refused"))
            raise

    async def _keep(self, turn: Turn, whose: Whose, consent: Consent) -> None:
        named = ("turn", turn.id, "session", turn.state.session or turn.session_id or turn.id)
        await self._add(whose, *named, "consent", msgspec.json.encode(consent))

    async def _add(self, whose: Whose, *fields: str | bytes) -> None:
        """An entry of the tenant's consents, listed for its user."""
        oldest = int((time.time() - CONSENTS_S) * 1000)
        named = ("MINID", "~", oldest, "*", "user", whose.user)
        entry, covered = await self._redis.command_covered("XADD", consents_of(whose.tenant), *named, *fields)
        if not covered:
            log.warning("a consent has no replica yet: its master alone must not be lost now: entry %s", entry.decode())
        await self._redis.command_covered("RPUSH", whose.agreed, entry)
        await self._redis.command("EXPIRE", whose.agreed, CONSENTS_S)

    async def found(self, whose: Whose, sent: Sent) -> None:
        """Its outcome, as soon as it is known: noted now, since nobody knows whether this process lives to tell it."""
        self.remember(whose, sent)
        try:
            await self._note(whose, sent)
            self._noted.add(whose)
        except RedisAway as error:
            log.info("an outcome is noted later: %s", error)

    def remember(self, whose: Whose, sent: Sent) -> None:
        """An outcome that has to reach Redis, unless it is told before."""
        self._unwritten[whose] = sent

    async def told(self, whose: Whose) -> None:
        """The customer has heard it, and its record went with that turn."""
        sent = self._unwritten.pop(whose, None)
        noted = whose in self._noted
        self._noted.discard(whose)
        if sent is None or noted:  # written meanwhile
            return
        try:
            async with asyncio.timeout(1):
                await self._note(whose, sent)
        except (RedisAway, TimeoutError):
            self._unwritten.setdefault(whose, sent)

    async def ended(self, whose: Whose, sent: Sent) -> None:
        """Its outcome is known: whoever waits for it hears it with the next turn. Raises RedisAway."""
        await self._settled(whose, sent)
        await self._note(whose, sent)

    async def _settled(self, whose: Whose, sent: Sent) -> None:
        await self._redis.run(self._settle, whose.calls, sent.key, _write(sent))

    async def _note(self, whose: Whose, sent: Sent) -> None:
        forgotten = await self._redis.command("EXISTS", whose.forgotten)
        if forgotten and not await self._redis.command("EXISTS", whose.agreed):
            return  # with what was agreed to: its outcome does not bring half of it back
        await self._add(whose, "outcome", msgspec.json.encode({"key": sent.key, "outcome": sent.outcome, "code": sent.code}))

    async def again(self, whose: Whose, sent: Sent, wait_s: float) -> None:
        """It is not known yet: somebody asks again later. Raises RedisAway."""
        await self._settled(whose, sent)
        await self._redis.command("ZADD", INDEX, "XX", int((time.time() + wait_s) * 1000), msgspec.json.encode(whose))

    async def write(self) -> None:
        """Writes what was found out and did not reach Redis yet: a shard that is away keeps nothing from the others. Raises
        RedisAway where one is."""
        written = await asyncio.gather(*map(self._write, list(self._unwritten.items())), return_exceptions=True)
        for fault in written:
            if fault is not None:
                raise fault

    async def _write(self, one: tuple[Whose, Sent]) -> None:
        whose, sent = one
        if whose in self._noted:
            await self._settled(whose, sent)
        else:
            await self.ended(whose, sent)
        if self._unwritten.get(whose) is sent:
            del self._unwritten[whose]
            self._noted.discard(whose)

    async def due(self) -> list[tuple[Whose, Sent]]:
        """What to ask about now. Raises RedisAway."""
        try:
            await self.write()
        except RedisAway as error:
            log.info("an outcome is noted later: %s", error)
        metrics.doubts.set(await self._redis.command("ZCARD", INDEX))
        now = time.time()
        until = int((now + MINE_S) * 1000)
        members = await self._redis.run(self._due, INDEX, int(now * 1000), until, MOST)
        looked = await asyncio.gather(*(self._waits(member, until) for member in members), return_exceptions=True)
        for fault in looked:
            if isinstance(fault, BaseException) and not isinstance(fault, RedisAway):  # its shard is: looked at again when due
                raise fault
        return [one for one in looked if isinstance(one, tuple)]

    async def _waits(self, member: bytes, until: int) -> tuple[Whose, Sent] | None:
        """A member of the index that somebody has to ask about. Raises RedisAway."""
        whose = Whose(*_read_member(member))
        value = await self._redis.command("HGET", whose.calls, whose.key)
        waits = read([value]) if value is not None else []
        if value is None or (waits and waits[0].outcome):
            await self._redis.run(self._drop, INDEX, member, until)
        elif waits:
            return whose, waits[0]
        return None
