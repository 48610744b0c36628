"""How is a running system's Redis read?

Every master is walked by SCAN, a few keys at a time, and rests as long as it worked: turns go on. Each user is read in one
script, so all of a user is of one moment; users are of different moments, as they would be had each been asked. Read last is
what was said of tokens and who was forgotten: what was taken back or erased meanwhile is so in the backup, too. Slots of a
cluster that move meanwhile would hide keys: then nothing is written.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator

import msgspec

from pyshim.backup import keys, record
from pyshim.backup.file import Writer
from pyshim.backup.keys import OfUser
from pyshim.configuration.configuration import RECORD as CONFIGURATION
from pyshim.configuration.configuration import decode as read_configuration
from pyshim.configuration.store import Store, key_of
from pyshim.errors import BadBackup, BadTenant, RedisRefused
from pyshim.identity.revocations import KEYS as REVOKED
from pyshim.identity.revocations import Said
from pyshim.outside.redis import Redis, Script
from pyshim.rollout.rollout import RECORD as ROLLOUT
from pyshim.turns import journal

KEYS_AT_ONCE, PAGE = 50, 1000
AGAIN = 5  # how often a record that changes meanwhile is read


class Taken:
    """What came of it. left_out: keys by what they are called; wrong: keys of another kind than they should be."""

    def __init__(self) -> None:
        self.turns = self.dialogues = self.calls = 0
        self.left_out = Counter[str]()
        self.wrong: list[str] = []


class Taking:
    """One backup of one Redis. Raises RedisAway; BadBackup where it cannot be whole."""

    def __init__(self, redis: Redis, writer: Writer) -> None:
        self._redis, self._writer, self._store = redis, writer, Store(redis)
        self._whole, self.taken = Script("whole-6"), Taken()
        self._tenants: set[str] = set()

    async def run(self) -> Taken:
        before = await self._layout()
        await self._configuration()
        await self._rollout()
        masters = await self._redis.masters()
        for master in masters:
            async for page in self._pages(master, "*", KEYS_AT_ONCE):
                await self._conversations(page)
        for tenant in sorted(self._tenants):
            await self._consents(tenant)
        for master in masters:
            async for page in self._pages(master, "[fa]:{*}", PAGE):
                await self._remembered(page)
        await self._revoked()
        if await self._layout() != before:
            raise BadBackup("slots of the cluster changed hands while it was read, and keys may be missing: to be tried again")
        return self.taken

    async def _layout(self) -> dict[str, list[str]]:
        """Which slots each master has. Raises BadBackup where some are on their way."""
        found = await self._redis.slots()
        moving = [node for node, slots in found.items() if any("[" in one for one in slots)]
        if moving:
            raise BadBackup(f"slots of {', '.join(moving)} are on their way to another node: to be tried when they have arrived")
        return found

    async def _pages(self, master: str, pattern: str, count: int) -> AsyncIterator[list[str]]:
        cursor = 0
        while True:
            began = time.monotonic()
            found, names = await self._redis.on(master, "SCAN", cursor, "MATCH", pattern, "COUNT", count)
            yield [name.decode("utf-8", "backslashreplace") for name in names]
            cursor = int(found)
            if cursor == 0:
                return
            await asyncio.sleep(time.monotonic() - began)

    # -- conversations -----------------------------------------------------------------------------------------------------

    async def _conversations(self, page: list[str]) -> None:
        wanted = []
        for key in page:
            found = keys.of_user(key)
            if found and found.kind in keys.CONVERSATION:
                wanted.append(self._user(found))
            elif tenant := keys.consents_of(key):
                self._tenants.add(tenant)
            elif found is None and (name := keys.left_out(key)):
                self.taken.left_out[name] += 1
        await asyncio.gather(*wanted)

    async def _user(self, found: OfUser) -> None:
        answer = await self._redis.run(self._whole, *keys.keys_of(found.whose), *keys.leading(found.kind))
        if not answer:
            return
        at, wrong, *values = answer
        self.taken.wrong += [key.decode() for key in wrong]
        numbered = [int(value) if place % 2 else value for place, value in enumerate(values)]
        user = msgspec.convert(["User", found.whose, int(at), *numbered], record.User)
        self._writer.write(user)
        self.taken.turns += len(user.turns)
        self.taken.dialogues += bool(user.state)
        self.taken.calls += len(user.calls) // 2

    async def _remembered(self, page: list[str]) -> None:
        for key in page:
            found = keys.of_user(key)
            try:
                if found and found.kind == "f":
                    await self._forgotten(key, found.whose)
                elif found:
                    await self._agreed(key, found.whose)
            except RedisRefused:
                self.taken.wrong.append(key)

    async def _forgotten(self, key: str, whose: str) -> None:
        at, until = await self._redis.command("GET", key), int(await self._redis.command("PEXPIRETIME", key))
        if at is not None:
            self._writer.write(record.Forgotten(whose, int(at), max(0, until)))

    async def _agreed(self, key: str, whose: str) -> None:
        entries, until = await self._redis.command("LRANGE", key, 0, -1), int(await self._redis.command("PEXPIRETIME", key))
        if entries:
            self._writer.write(record.Agreed(whose, entries, max(0, until)))

    async def _consents(self, tenant: str) -> None:
        key = journal.consents_of(tenant)
        if await self._redis.command("TYPE", key) not in (b"stream", b"none"):
            self.taken.wrong.append(key)
            return
        begins: bytes | str = "-"
        while page := await self._redis.command("XRANGE", key, begins, "+", "COUNT", PAGE):
            entries = [(entry, [part for pair in fields.items() for part in pair]) for entry, fields in page]
            self._writer.write(record.Consents(tenant, entries))
            begins = b"(" + page[-1][0]

    # -- what everybody follows --------------------------------------------------------------------------------------------

    async def _configuration(self) -> None:
        """All versions that are stored; what the record names is among them, whoever changes it meanwhile."""
        written: set[str] = set()
        numbers: set[int] = set()
        for _ in range(AGAIN):
            text = await self._redis.command("GET", CONFIGURATION)
            if text is None:
                return
            kept = read_configuration(text).kept
            for number in sorted({*await self._store.numbers(), *kept} - numbers):
                if await self._version(number, written):
                    numbers.add(number)
            if kept <= numbers:
                newest, lines = await self._store.newest(), await self._store.lines()
                self._writer.write(record.Configuration(text, sorted(numbers), newest, lines))
                return
        raise BadBackup(f"versions {sorted(kept - numbers)} of the configuration serve, and are not in Redis")

    async def _version(self, number: int, written: set[str]) -> bool:
        """Its pieces, each once. False where it was forgotten meanwhile."""
        try:
            manifest = await self._store.manifest(number)
            for key in (*sorted(manifest.pieces - written), *(key_of(kind, number) for kind in ("edge", "version"))):
                self._writer.write(record.Piece(key, await self._store.value(key)))
                written.add(key)
        except BadTenant:
            return False
        return True

    async def _rollout(self) -> None:
        text = await self._redis.command("GET", ROLLOUT)
        if text is not None:
            self._writer.write(record.Rollout(text))

    async def _revoked(self) -> None:
        after = "0"
        while page := await self._redis.command("ZRANGEBYSCORE", REVOKED[0], f"({after}", "+inf", "WITHSCORES", "LIMIT", 0, PAGE):
            for text in page[::2]:
                self._writer.write(record.Revoked(text, msgspec.json.decode(text, type=Said).until))
            after = page[-1].decode()
