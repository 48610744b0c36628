"""By which versions of the configuration does this shim answer?

Once a second it asks Redis whether the record changed, and follows: a version is read, its FAQ embedded where Triton is there,
and only then the shim says that it has it. nginx names the version of each turn; what was let go a moment ago is still known, for
turns on their way, and forgotten BEFORE_S later. Without Redis it serves on by what it last knew; a Redis that lost it is told.
"""

import asyncio
import logging
import time

from pyshim.agreement import records
from pyshim.agreement.lost import NONE
from pyshim.configuration import start
from pyshim.configuration.configuration import RECORD, SEEN, Configuration, decode
from pyshim.configuration.copy import Copy
from pyshim.configuration.restoring import Restoring
from pyshim.configuration.store import Store
from pyshim.errors import BadTenant, RedisAway, TritonAway
from pyshim.outside import heap
from pyshim.outside.redis import Redis, Script
from pyshim.outside.triton import Triton
from pyshim.tenants.compile import Compiler, Snapshot
from pyshim.tenants.schema import Tenant
from pyshim.understanding import faq
from pyshim.understanding.version import Versions

log = logging.getLogger(__name__)
BEFORE_S = 10.0  # no turn is on its way for so long
LINES = 30  # beats after a change of the record within which whoever made it writes a line of the log


class Configurations:
    """Owns the versions in this process. number: of this shim on this machine; triton None: an agent, which answers nobody
    (pyshim/serve/agent.py)."""

    def __init__(self, first: Snapshot, compiler: Compiler, redis: Redis, triton: Triton | None, number: int = 0) -> None:
        self._compiler, self._redis, self._triton = compiler, redis, triton
        self._store, self._script = Store(redis), Script("config_beat-2")
        self._name = f"{'shim' if triton else 'agent'} {first.settings.node} {number}"
        self._keeps = number == 0  # one process writes what its machine begins with
        self._copy, self._copied, self._look_again = Copy(first.settings, self._store), (0, b""), 0
        self._restoring = Restoring(redis, self._store, self._copy, self._name)
        self._record: Configuration | None = None
        self._followed = 0  # seq of the record of which everything is here, but for what has a fault
        self._found: Configuration | None = None  # what Redis has: another one where it lost what is known here
        self._fault, self._no_copy = "", ""  # why a version, or this machine's copy, is not there
        self._versions = {first.number: first}
        self._before, self._changed = first.number, 0.0
        self._loading = asyncio.Lock()
        self._asked_for: dict[int, asyncio.Task[Snapshot]] = {}  # by turns; one that is tired of waiting leaves it to the next
        self.model_versions: Versions | None = None
        self.serving = first

    def tenants(self) -> dict[str, Tenant]:
        """By digest, those of all versions."""
        served = [one for version in self._versions.values() for one in version.served.values()]
        return {one.tenant.digest: one.tenant for one in served}

    async def of(self, number: int, within_s: float) -> Snapshot:
        """The version nginx drew; the serving one where that is not to be had within so many seconds."""
        found = self._versions.get(number)
        if found is None and number:
            try:
                async with asyncio.timeout(within_s):
                    found = await asyncio.shield(self._load_of(number))
            except (RedisAway, BadTenant, TimeoutError) as error:
                log.error("version %s of the configuration was asked for and is not here: %r", number, error)
        return found or self.serving

    def _load_of(self, number: int) -> asyncio.Task[Snapshot]:
        """Goes on, whoever still waits for it."""
        if number not in self._asked_for:
            task = self._asked_for[number] = asyncio.create_task(self._load(number))
            task.add_done_callback(lambda done: self._loaded(number, done))
        return self._asked_for[number]

    def _loaded(self, number: int, task: asyncio.Task[Snapshot]) -> None:
        del self._asked_for[number]
        if not task.cancelled():
            task.exception()  # who waits has it, too

    async def run(self) -> None:
        """For the life of the process."""
        await records.follow("configuration", self.beat)

    async def beat(self) -> None:
        """Says what this shim has, learns what it should have, and says so at once. Raises RedisAway."""
        await self._exchange()
        if self._record is not None and (self._record.seq != self._followed or self._fault):  # perhaps it can be loaded now
            await self._follow()
            await self._exchange()
        other = await self._restoring.beat(self._record, self._found)
        if other is not None:
            self._record = self._found = other
            await self._follow()
            await self._exchange()
        if self._keeps:
            await self._keep()
        self._forget()

    async def _exchange(self) -> None:
        seq = self._record.seq if self._record and self._record.serving == self.serving.number else 0
        has = ",".join(str(number) for number in sorted(self._versions))
        text = await self._redis.run(self._script, RECORD, SEEN, self._name, seq, self.serving.number, has, self._fault)
        if not text:
            self._found = self._record
            return
        self._found = found = decode(text) if text != NONE else None
        if found is not None and (self._record is None or found.seq >= self._record.seq):
            self._record = found

    async def _keep(self) -> None:
        """Has this machine keep what Redis has, once this shim follows it."""
        record = self._record
        if record is None or self._found is not record or self._followed != record.seq or self._fault:
            return
        if record.seq != self._copied[0]:
            self._look_again = LINES
        if self._look_again == 0:
            return
        self._look_again -= 1
        now = (record.seq, b"".join(await self._store.lines(1)))
        if now == self._copied:
            return
        try:
            await self._copy.take(record)
        except (BadTenant, OSError) as error:
            if str(error) != self._no_copy:
                log.warning("this machine keeps no copy of the configuration: %s", error)
            self._no_copy = str(error)
            self._look_again += 1  # until it does
            return
        self._copied, self._no_copy = now, ""

    async def _follow(self) -> None:
        record = self._record
        assert record is not None
        self._fault = ""
        for number in sorted(record.versions - self._versions.keys()):
            try:
                await self._load(number)
            except BadTenant as error:
                self._fault = f"version {number}: {error}"
                log.error("version %s of the configuration cannot be loaded: %s", number, error)
        if record.serving in self._versions and record.serving != self.serving.number:
            self._before, self._changed = self.serving.number, time.monotonic()
            self.serving = self._versions[record.serving]
            log.info("version %s of the configuration serves", record.serving)
            if self._keeps:
                await asyncio.to_thread(start.keep, self.serving)
        self._followed = record.seq

    def _forget(self) -> None:
        kept = {self.serving.number, *(self._record.versions if self._record else ())}
        if time.monotonic() - self._changed < BEFORE_S:
            kept.add(self._before)
        if self._versions.keys() <= kept:
            return
        self._versions = {number: version for number, version in self._versions.items() if number in kept}
        if self.model_versions is not None:
            self.model_versions.forget(set(self.tenants()))
        heap.give_back()

    async def _load(self, number: int) -> Snapshot:
        """A version with all it needs. Raises RedisAway, BadTenant."""
        async with self._loading:
            if number in self._versions:
                return self._versions[number]
            have = {one.tenant.digest: one for version in self._versions.values() for one in version.served.values()}
            served = {}
            for name, piece in (await self._store.manifest(number)).tenants.items():
                known = have.get(piece.source)
                served[name] = known or self._compiler.unpack(await self._store.compiled(piece.source))
                await asyncio.sleep(0)  # turns pass in between
            version = self._compiler.whole(number, served)
            await self._embed(version)
            self._versions[number] = version
            return version

    async def _embed(self, version: Snapshot) -> None:
        if self.model_versions is None:
            return
        try:
            for model_version in self.model_versions.all():
                await faq.build(model_version, [one.tenant for one in version.served.values()], self._triton)
        except TritonAway as error:  # a campaign must be stoppable while Triton is away; the FAQ of what is new waits for it
            log.warning("version %s: its FAQ waits for Triton: %s", version.number, error)
