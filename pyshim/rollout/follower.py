"""What does this shim serve by?

Once a second it asks Redis whether the record changed, and follows: a candidate is read, its FAQ embedded by Triton's new
version, and its arm written for nginx; only then the shim says that it has it. A version that serves no more is let go at once.
Without Redis it serves on by what it last knew.
"""

import asyncio
import logging
import os
from pathlib import Path

from pyshim import records, snapshot
from pyshim.arm import Arm, Arms
from pyshim.config import Settings
from pyshim.configuration.follower import Configurations
from pyshim.errors import BadTenant, TritonAway
from pyshim.layers.l6_recall import Recall
from pyshim.outside.redis import Redis, Script
from pyshim.outside.triton import Triton
from pyshim.rollout.record import COUNTS, RECORD, SEEN, Rollout, decode
from pyshim.snapshot import Model
from pyshim.tenant import Tenant

log = logging.getLogger(__name__)


class Follower:
    """Owns the arms of this process. number: of this shim on this machine."""

    def __init__(self, configurations: Configurations, redis: Redis, triton: Triton, recall: Recall, number: int) -> None:
        self._configurations, self._redis, self._triton, self._recall = configurations, redis, triton, recall
        self._settings = configurations.serving.settings
        self._name = f"shim {self._settings.node} {number}"
        self._beat = Script("beat-3")
        self._record: Rollout | None = None
        self._making: asyncio.Task[None] | None = None
        self.arms = configurations.arms = Arms(Arm(configurations.serving.model))

    @property
    def ready(self) -> bool:
        return self._recall.built(self.arms.stable, self._tenants())

    def _tenants(self) -> list[Tenant]:
        return list(self._configurations.tenants().values())

    async def run(self) -> None:
        """For the life of the process."""
        self._show(self.arms.stable, stable=True)
        await records.follow("rollout", self.beat)

    async def beat(self) -> None:
        """Says what this shim has, learns what it should have. Raises RedisAway."""
        record = self._record
        # While the stable version it names is not here, the record is not followed yet: the old one must not be unloaded.
        seq = record.seq if record and record.stable == self.arms.stable.model.version else 0
        has = self.arms.candidate.attempt if self.arms.candidate else 0
        text = await self._redis.run(self._beat, RECORD, SEEN, f"{COUNTS}:{has}", self._name, seq, has)
        if text:
            self._record = decode(text)
            self._let_go(self._record)
        if self._making is None or self._making.done():
            self._making = asyncio.create_task(self._make(self._record))

    def _let_go(self, record: Rollout) -> None:
        """Versions that the record names no more; the candidate that became the stable one takes its place."""
        old, candidate = self.arms.stable, self.arms.candidate
        if candidate is not None and candidate.model.version == record.stable:
            self.arms.stable, self.arms.candidate = candidate, None
            self._show(candidate, stable=True)
            self._triton.forget(old.version)
            self._hide(record)
        elif candidate is not None and (candidate.attempt != record.attempt or not record.candidate):
            self.arms.candidate = None
            self._triton.forget(candidate.version)
            self._hide(record)

    async def _make(self, record: Rollout | None) -> None:
        """What the record names and this shim does not have yet. Tried again at the next beat where it cannot be made now."""
        try:
            if record is not None and record.stable != self.arms.stable.model.version:  # it changed while this shim was away
                arm = Arm(self._model(record.stable))
                await self._recall.build(arm, self._tenants())
                self.arms.stable = arm
                self._show(arm, stable=True)
            await self._recall.build(self.arms.stable, self._tenants())
            if record is not None and record.candidate and self.arms.candidate is None:
                arm = Arm(self._model(record.candidate), record.attempt)
                await self._recall.build(arm, self._tenants())
                self._show(arm)
                if self._record is not None and self._record.attempt == record.attempt and self._record.candidate:
                    self.arms.candidate = arm
        except TritonAway as error:
            log.info("a version waits for Triton: %s", error)
        except BadTenant as error:
            log.error("a version cannot be served: %s", error)

    def _model(self, version: int) -> Model:
        model = snapshot.read_model(self._settings.models, version)
        unknown = snapshot.lacks(self._tenants(), model)
        if unknown:
            raise BadTenant(*unknown)
        return model

    def _show(self, arm: Arm, stable: bool = False) -> None:
        """Writes what nginx reads of this version."""
        show(self._settings, arm.model, arm.attempt, stable)

    def _hide(self, record: Rollout) -> None:
        kept = {f"{version}.json" for version in record.versions | {self.arms.stable.model.version}}
        for path in self._settings.arms.glob("*.json"):
            if path.name not in kept:
                path.unlink(missing_ok=True)


def show(settings: Settings, model: Model, attempt: int = 0, stable: bool = False) -> None:
    """Puts a version where nginx reads it; never half of it. stable: and says that it is the one to begin with."""
    folder = settings.arms
    folder.mkdir(parents=True, exist_ok=True)
    _put(folder / f"{model.version}.json", snapshot.edge_arm(model, attempt))
    if stable:
        _put(folder / "stable", str(model.version).encode())


def _put(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(content)
    draft.rename(path)
