"""How does a tenant's record of consents come back?

A stream takes entries in order only, so where some are missing it is written anew beside the old one, both united, and takes
its place in one step (lua/redis/united-2.lua); what is agreed to meanwhile is in it. What was erased since, and what is older
than the record is kept, does not come back.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator

from pyshim.backup import record
from pyshim.backup.record import Event
from pyshim.errors import BadBackup
from pyshim.outside.redis import Redis, Script
from pyshim.turns import journal

PAGE, DRAFT_S = 1000, 3600
AGAIN = 5

Erased = Callable[[str, str, int], bool]


def moment(entry: bytes) -> tuple[int, int]:
    """An entry's id, as Redis orders them: milliseconds since 1970, and a number."""
    at, _, number = entry.partition(b"-")
    return int(at), int(number or 0)


class United:
    """Of one tenant. erased(tenant, user, at): was this user's consent of that moment erased since? Methods raise RedisAway."""

    def __init__(self, redis: Redis, tenant: str, erased: Erased) -> None:
        self._redis, self._tenant, self._erased = redis, tenant, erased
        self._key = journal.consents_of(tenant)
        self._draft, self._united = f"{self._key}:draft", Script("united-2")

    async def missing(self, page: list[Event]) -> list[Event]:
        """Those of a page of the backup that are not here and should be."""
        oldest = int((time.time() - journal.CONSENTS_S) * 1000)
        there = {entry for entry, _ in await self._redis.command("XRANGE", self._key, page[0][0], page[-1][0])}
        return [event for event in page if event[0] not in there and self._lives(event, oldest)]

    def _lives(self, event: Event, oldest: int) -> bool:
        at = moment(event[0])[0]
        return at > oldest and not self._erased(self._tenant, record.of(event), at)

    async def write(self, events: Callable[[], Iterator[Event]]) -> None:
        """events(): all that the backup has, in their order. Raises BadBackup where entries go as fast as they are read."""
        for _ in range(AGAIN):
            if await self._written(events()):
                return
        raise BadBackup(f"{self._key}: others change it while it is united with the backup: to be tried again")

    async def _written(self, events: Iterator[Event]) -> bool:
        oldest = int((time.time() - journal.CONSENTS_S) * 1000)
        await self._redis.command("DEL", self._draft)
        last, count, mine = b"0-0", 0, next(events, None)
        page: list[Event] = []
        async for event in self._here():
            while mine is not None and moment(mine[0]) <= moment(event[0]):
                if mine[0] != event[0] and self._lives(mine, oldest):
                    page = await self._add(page, mine)
                mine = next(events, None)
            page = await self._add(page, event)
            last, count = event[0], count + 1
        while mine is not None:
            if self._lives(mine, oldest):
                page = await self._add(page, mine)
            mine = next(events, None)
        await self._flush(page)
        return bool(await self._redis.run(self._united, self._key, self._draft, last, count) >= 0)

    async def _here(self) -> AsyncIterator[Event]:
        begins: bytes | str = "-"
        while page := await self._redis.command("XRANGE", self._key, begins, "+", "COUNT", PAGE):
            for entry, fields in page:
                yield entry, [part for pair in fields.items() for part in pair]
            begins = b"(" + page[-1][0]

    async def _add(self, page: list[Event], event: Event) -> list[Event]:
        page.append(event)
        if len(page) < PAGE:
            return page
        await self._flush(page)
        return []

    async def _flush(self, page: list[Event]) -> None:
        await asyncio.gather(*(self._redis.command("XADD", self._draft, *record.flat(event)) for event in page))
        await self._redis.command("EXPIRE", self._draft, DRAFT_S)
