"""Is anybody here again who was forgotten?

A restore that was not told of an erasure brings its user back. So each restore erases what is here of whoever it knows was
forgotten (lua/redis/forgotten-6.lua); what the customer said afterwards stays.
"""

from collections import Counter

import msgspec

from pyshim.backup import record
from pyshim.backup.consents import moment as moment_of
from pyshim.backup.erased import Erased
from pyshim.backup.keys import keys_of
from pyshim.outside.redis import Redis, Script
from pyshim.turns import journal
from pyshim.turns.journal import Whose


class Erasing:
    """write: is it? Methods raise RedisAway."""

    def __init__(self, redis: Redis, erased: Erased, write: bool) -> None:
        self._redis, self._erased, self._write = redis, erased, write
        self._forgotten, self._erasures = Script("forgotten-6"), 0
        self._here_again: set[str] = set()

    @property
    def done(self) -> Counter[str]:
        """How many users were, or would be, erased, and of how many that is remembered anew."""
        return Counter({"here again": len(self._here_again), "erasures": self._erasures})

    async def erase(self, whose: str) -> None:
        """Of somebody who was forgotten."""
        mode, moment = "write" if self._write else "look", self._erased.of(whose)
        *counts, calls, new = await self._redis.run(self._forgotten, *keys_of(whose), mode, moment.at, moment.until)
        self._erasures += new
        tenant, user = record.tenant_of(whose), record.user_of(whose)
        if self._write:
            for key in calls:
                await self._redis.command("ZREM", journal.INDEX, msgspec.json.encode(Whose(tenant, user, key.decode())))
        consents = await self._consents(tenant, user, moment.at) if moment.consents == "erased" else 0
        if any(counts) or calls or consents:
            self._here_again.add(whose)

    async def _consents(self, tenant: str, user: str, at: int) -> int:
        """How many entries went, or would."""
        listed = journal.agreed_by(tenant, user)
        before = [entry for entry in await self._redis.command("LRANGE", listed, 0, -1) if moment_of(entry)[0] <= at]
        if self._write:
            for entry in before:
                await self._redis.command("XDEL", journal.consents_of(tenant), entry)
                await self._redis.command("LREM", listed, 0, entry)
        return len(before)
