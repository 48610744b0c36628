"""What does this shim serve by?

Once a second it asks Redis whether the record changed, and follows: a candidate is read, its FAQ embedded by Triton's new
version, and written for nginx; only then the shim says that it has it. A version that serves no more is let go at once. Without
Redis it serves on by what it last knew, and tells it to a Redis that lost it (pyshim/agreement/lost.py).
"""

import asyncio
import logging
import time

import msgspec

from pyshim.agreement import records
from pyshim.agreement.files import put
from pyshim.agreement.lost import NONE, Lost
from pyshim.agreement.presence import fresh
from pyshim.configuration.follower import Configurations
from pyshim.errors import BadTenant, TritonAway
from pyshim.outside.redis import Redis, Script
from pyshim.outside.triton import Triton
from pyshim.rollout import presence
from pyshim.rollout.rollout import COUNTS, RECORD, SEEN, Records, Rollout, decode
from pyshim.settings import Settings
from pyshim.tenants.compile import lacks
from pyshim.tenants.edge import edge_version
from pyshim.tenants.schema import Tenant
from pyshim.understanding import faq
from pyshim.understanding.model import Model, read_model
from pyshim.understanding.version import Version, Versions

log = logging.getLogger(__name__)


class Follower:
    """Owns the model versions of this process. number: of this shim on this machine; triton None: an agent."""

    def __init__(self, configurations: Configurations, redis: Redis, triton: Triton | None, number: int = 0) -> None:
        self._configurations, self._redis, self._triton = configurations, redis, triton
        self._settings = configurations.serving.settings
        self._name = f"{'shim' if triton else 'agent'} {self._settings.node} {number}"
        self._beat, self._records, self._lost = Script("beat-3"), Records(redis), Lost(self._followed)
        self._keeps = number == 0  # one process writes what its machine tells a Redis that lost it
        self._record: Rollout | None = None
        self._making: asyncio.Task[None] | None = None
        self.versions = configurations.model_versions = Versions(Version(configurations.serving.model))

    @property
    def ready(self) -> bool:
        return faq.built(self.versions.stable, self._tenants())

    def _tenants(self) -> list[Tenant]:
        return list(self._configurations.tenants().values())

    async def run(self) -> None:
        """For the life of the process."""
        self._show(self.versions.stable, stable=True)
        await records.follow("rollout", self.beat)

    async def beat(self) -> None:
        """Says what this shim has, learns what it should have. Raises RedisAway."""
        record = self._record
        # While the stable version it names is not here, the record is not followed yet: the old one must not be unloaded.
        seq = record.seq if record and record.stable == self.versions.stable.model.version else 0
        has = self.versions.candidate.attempt if self.versions.candidate else 0
        text = await self._redis.run(self._beat, RECORD, SEEN, f"{COUNTS}:{has}", self._name, seq, has)
        found = record
        if text:
            found = decode(text) if text != NONE else None
            if found is not None and (self._record is None or found.seq >= self._record.seq):
                self.follow(found)
        await self._tell_again(found)
        if self._making is None or self._making.done():
            self._making = asyncio.create_task(self._make(self._record))

    @property
    def known(self) -> Rollout | None:
        """The record this shim follows; the one its machine followed last, as long as it has heard of none."""
        return self._record or _kept(self._settings)

    def follow(self, record: Rollout) -> None:
        """As it stands in Redis."""
        if self._keeps and (self._record is None or record.seq != self._record.seq):
            put(self._settings.rollout_copy, msgspec.json.encode(record))
        self._record = record
        self._let_go(record)

    async def _tell_again(self, found: Rollout | None) -> None:
        """found: what Redis has. Raises RedisAway."""
        if found is not None and found is self._record:
            self._lost.found()
            return
        known = self.known
        seq = await self._lost.due(known.seq, found.seq if found else 0) if known else 0
        if known is None or not seq:
            return
        after = known.again(self._name, seq)
        if await self._records.write(after, found):
            log.warning("Redis lost the rollout's record; it is written again, version %s serves", after.stable)
            self.follow(after)

    async def _followed(self) -> list[int]:
        beats = presence.read(await self._redis.command("HGETALL", SEEN))
        return [beat.seq for beat in fresh(beats, time.time()).values()]

    def _let_go(self, record: Rollout) -> None:
        """Versions that the record names no more; the candidate that became the stable one takes its place."""
        old, candidate = self.versions.stable, self.versions.candidate
        if candidate is not None and candidate.model.version == record.stable:
            self.versions.stable, self.versions.candidate = candidate, None
            self._show(candidate, stable=True)
            self._forget(old)
            self._hide(record)
        elif candidate is not None and (candidate.attempt != record.attempt or not record.candidate):
            self.versions.candidate = None
            self._forget(candidate)
            self._hide(record)

    def _forget(self, version: Version) -> None:
        if self._triton is not None:
            self._triton.forget(version.name)

    async def _make(self, record: Rollout | None) -> None:
        """What the record names and this shim does not have yet. Tried again at the next beat where it cannot be made now."""
        try:
            if record is not None and record.stable != self.versions.stable.model.version:  # it changed while this shim was away
                version = Version(self._model(record.stable))
                await faq.build(version, self._tenants(), self._triton)
                self.versions.stable = version
                self._show(version, stable=True)
            await faq.build(self.versions.stable, self._tenants(), self._triton)
            if record is not None and record.candidate and self.versions.candidate is None:
                version = Version(self._model(record.candidate), record.attempt)
                await faq.build(version, self._tenants(), self._triton)
                self._show(version)
                if self._record is not None and self._record.attempt == record.attempt and self._record.candidate:
                    self.versions.candidate = version
        except TritonAway as error:
            log.info("a version waits for Triton: %s", error)
        except BadTenant as error:
            log.error("a version cannot be served: %s", error)

    def _model(self, version: int) -> Model:
        model = read_model(self._settings.models, version)
        unknown = lacks(self._tenants(), model)
        if unknown:
            raise BadTenant(*unknown)
        return model

    def _show(self, version: Version, stable: bool = False) -> None:
        """Writes what nginx reads of this version."""
        show(self._settings, version.model, version.attempt, stable)

    def _hide(self, record: Rollout) -> None:
        kept = {f"{version}.json" for version in record.versions | {self.versions.stable.model.version}}
        for path in self._settings.model_versions.glob("*.json"):
            if path.name not in kept:
                path.unlink(missing_ok=True)


def _kept(settings: Settings) -> Rollout | None:
    try:
        return decode(settings.rollout_copy.read_bytes())
    except (OSError, msgspec.DecodeError):
        return None


def show(settings: Settings, model: Model, attempt: int = 0, stable: bool = False) -> None:
    """Puts a version where nginx reads it; never half of it. stable: and says that it is the one to begin with."""
    folder = settings.model_versions
    folder.mkdir(parents=True, exist_ok=True)
    put(folder / f"{model.version}.json", edge_version(model, attempt))
    if stable:
        put(folder / "stable", str(model.version).encode())
