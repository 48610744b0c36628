"""What is erased when a customer wants to be forgotten, and what stays?

Erased: what was said and where it stands (lua/redis/forget-6.lua says what becomes of turns on their way), and what {calls} knows
of the user. What the customer agreed to (pyshim/turns/journal.py) is the tenant's record: by the tenant's setting it stays or
goes, and the answer says which. Limits and revoked tokens know a user's name and nothing that was said; they end by themselves.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Literal

import msgspec

from pyshim.outside.redis import Redis, Script
from pyshim.turns import erasures, journal
from pyshim.turns.erasures import Erasure

PAGE = 1000
FORGOTTEN_S = journal.CONSENTS_S
Consents = Literal["kept", "erased"]


class Erased(msgspec.Struct):
    """How many there were. turns: of the history, and those set aside (aside.py) on this machine; states: of a dialogue, 0 or 1;
    calls: whose outcome the customer had not heard; consents: as in Kept."""

    turns: int = 0
    intents: int = 0
    states: int = 0
    calls: int = 0
    events: int = 0
    consents: int = 0


class Kept(msgspec.Struct):
    """consents: acts that the customer agreed to; what came of each is recorded beside it, and counted with it."""

    consents: int = 0


class Forgotten(msgspec.Struct):
    tenant: str
    user_id: str
    erased: Erased
    kept: Kept


_forget = Script("forget-6")


async def forget(
    redis: Redis, tenant: str, user: str, consents: Consents, thoroughly: bool = False, notes: Path | None = None
) -> Forgotten:
    """Erases it. thoroughly: looks at all the tenant's consents, for those that an earlier sluice wrote and
    listed nowhere; notes: where it is noted for backups (erasures.py). Said again after it failed half-way, it does the rest.
    Raises RedisAway."""
    whose = f"{{{tenant}:{user}}}"
    states, turns, intents, events, calls, at = await redis.run(_forget, *(f"{kind}:{whose}" for kind in "dhicef"), FORGOTTEN_S)
    if notes is not None:
        await asyncio.to_thread(erasures.note, notes, Erasure(tenant, user, int(at), consents))
    for key in calls:
        await redis.command("ZREM", journal.INDEX, msgspec.json.encode((tenant, user, key.decode())))
    erased = Erased(turns, intents, states, len(calls), events)
    found = await redis.command("LRANGE", journal.agreed_by(tenant, user), 0, -1)
    if thoroughly:
        found = [entry async for entry in _all_of(redis, tenant, user)]
    agreed = [await _agreed(redis, tenant, entry) for entry in found]
    if consents == "kept":
        return Forgotten(tenant, user, erased, Kept(sum(agreed)))
    for start in range(0, len(found), PAGE):
        await redis.command("XDEL", journal.consents_of(tenant), *found[start : start + PAGE])
    erased.consents = sum(agreed)
    await redis.command("DEL", journal.agreed_by(tenant, user))
    return Forgotten(tenant, user, erased, Kept())


async def _agreed(redis: Redis, tenant: str, entry: bytes) -> bool:
    """Is it a consent that is still there, and not what came of one?"""
    there = await redis.command("XRANGE", journal.consents_of(tenant), entry, entry)
    return any(b"consent" in fields for _, fields in there)


async def _all_of(redis: Redis, tenant: str, user: str) -> AsyncIterator[bytes]:
    """Ids of the user's entries among the tenant's consents."""
    begins: bytes | str = "-"
    while page := await redis.command("XRANGE", journal.consents_of(tenant), begins, "+", "COUNT", PAGE):
        for entry, fields in page:
            if fields[b"user"] == user.encode():
                yield entry
        begins = b"(" + page[-1][0]
