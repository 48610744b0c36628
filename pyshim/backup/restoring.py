"""In which order does a backup come back?

First what refuses: revoked tokens, and who was forgotten, so that nothing which was taken back is good for a moment. Then what
everybody follows, then users, a few at a time, with rests, for turns go on; and their consents. Each step is whole in itself
and does nothing the second time, so a restore that was interrupted is said again. Without `write` it only says what it would
do.
"""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from itertools import groupby

import msgspec

from pyshim.agreement.records import me
from pyshim.backup import in_the_way, record
from pyshim.backup.consents import United, moment
from pyshim.backup.erased import Erased, Moment
from pyshim.backup.erasing import Erasing
from pyshim.backup.file import Backup
from pyshim.backup.followed import Followed
from pyshim.backup.record import Event
from pyshim.backup.users import Users
from pyshim.errors import BadBackup, RedisAway
from pyshim.outside.redis import Redis, Script
from pyshim.settings import Settings
from pyshim.turns.erasures import Erasure

AT_ONCE = 20
CLAIM, CLAIM_MS, RENEW_S = "{restore}", 60_000, 10.0
SKEW_MS = 60_000  # between the clocks of Redis' nodes and of who typed the backup


class Restoring:
    """One backup, into one Redis. notes: who was forgotten, as machines noted it. Raises RedisAway, BadBackup."""

    def __init__(self, settings: Settings, redis: Redis, backup: Backup, notes: Iterable[Erasure], write: bool) -> None:
        self._redis, self._backup, self._write = redis, backup, write
        self._erased = Erased(redis, int(backup.header.at * 1000) - SKEW_MS, notes)
        self._erasing = Erasing(redis, self._erased, write)
        self._users = Users(settings, redis, self._erased, write)
        self._followed = Followed(redis, write, moment_of(backup.header.at))
        self._done = Counter[str]()
        self._claim, self._me, self._renew = Script("claim-1"), f"{me()} ({os.getpid()})", 0.0

    @property
    def done(self) -> Counter[str]:
        """How many of what were, or would be, written; also when it was interrupted."""
        return self._users.done + self._followed.done + self._erasing.done + self._done

    @property
    def said(self) -> list[str]:
        return self._followed.said

    async def run(self) -> None:
        await in_the_way.check(self._redis, self._backup.records(), self._erased.moments)
        try:
            await self._hold()
            await self._run()
        finally:
            if self._renew:
                with suppress(RedisAway):
                    await self._redis.command("DEL", CLAIM)

    async def _hold(self) -> None:
        """Alone, for a minute at least. Raises BadBackup where somebody else is at it."""
        if not self._write or time.monotonic() < self._renew:
            return
        if not await self._redis.run(self._claim, CLAIM, self._me, CLAIM_MS):
            raise BadBackup("somebody else restores a backup into this Redis just now: to be tried when they are done")
        self._renew = time.monotonic() + RENEW_S

    async def _run(self) -> None:
        await self._what_refuses()
        await self._what_serves()
        await self._all_users()
        missing = await self._missing_consents()
        if self._write:
            await self._consents({tenant for tenant, count in missing.items() if count})

    async def _what_refuses(self) -> None:
        for found in self._backup.records():
            match found:
                case record.Revoked():
                    await self._followed.revoked(found)
                case record.Forgotten():
                    self._erased.add(found.whose, Moment(found.at, found.until))
        forgotten = list(self._erased.moments)
        for start in range(0, len(forgotten), AT_ONCE):
            await self._hold()
            await asyncio.gather(*map(self._erasing.erase, forgotten[start : start + AT_ONCE]))

    async def _what_serves(self) -> None:
        for found in self._backup.records():
            match found:
                case record.Piece():
                    await self._followed.piece(found)
                case record.Configuration():
                    await self._followed.configuration(found)
                case record.Rollout():
                    await self._followed.rollout(found)
                case _:
                    break  # they stand in front
        if not self._backup.counts.get("Configuration"):
            self.said.append("configuration: what serves here serves afterwards, for the backup has none")

    async def _all_users(self) -> None:
        some: list[record.User] = []
        for found in self._backup.records():
            match found:
                case record.User():
                    some.append(found)
                    if len(some) == AT_ONCE:
                        await self._some(some)
                        some = []
        await self._some(some)

    async def _some(self, users: list[record.User]) -> None:
        await self._hold()
        began = time.monotonic()
        await asyncio.gather(*map(self._user, users))
        await asyncio.sleep(time.monotonic() - began)

    async def _user(self, user: record.User) -> None:
        """A backup of a Redis to which somebody had come back has what they said before they were forgotten, too."""
        came_back = await self._users.put_back(user)
        if came_back and self._write and user.whose in self._erased.moments:
            await self._erasing.erase(user.whose)

    # -- consents ----------------------------------------------------------------------------------------------------------

    def _pages(self) -> Iterator[record.Consents]:
        return (found for found in self._backup.records() if isinstance(found, record.Consents))

    async def _missing_consents(self) -> Counter[str]:
        """By tenant; and the users' lists of them."""
        missing = Counter[str]()
        for found in self._backup.records():
            match found:
                case record.Consents():
                    await self._erased.learn(found.tenant, set())
                    united = United(self._redis, found.tenant, self._erased.consent)
                    some = await united.missing(found.entries)
                    await self._erased.learn(found.tenant, {user for event in some if (user := record.of(event))})
                    missing[found.tenant] += len(await united.missing(some)) if some else 0
                case record.Agreed():
                    await self._agreed(found)
        self._done["consents"] = missing.total()
        return missing

    async def _agreed(self, found: record.Agreed) -> None:
        tenant, user = record.tenant_of(found.whose), record.user_of(found.whose)
        await self._erased.learn(tenant, {user})
        entries = [entry for entry in found.entries if not self._erased.consent(tenant, user, moment(entry)[0])]
        if entries and _lives(found.until):
            await self._users.agreed(msgspec.structs.replace(found, entries=entries))

    async def _consents(self, tenants: set[str]) -> None:
        for tenant in sorted(tenants):
            await self._hold()

            def events(tenant: str = tenant) -> Iterator[Event]:
                for name, pages in groupby(self._pages(), lambda page: page.tenant):
                    if name == tenant:
                        yield from (event for page in pages for event in page.entries)

            await United(self._redis, tenant, self._erased.consent).write(events)


def _lives(until: int) -> bool:
    return until == 0 or until > time.time() * 1000


def moment_of(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).astimezone().isoformat(sep=" ", timespec="seconds")
