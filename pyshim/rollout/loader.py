"""Who makes this node's Triton serve what the rollout names?

One shim of each node, the one that holds the node's claim; when it dies, another takes over within seconds. What its Triton
refuses it writes down, for the leader (pyshim/rollout/leader.py) to drop.
"""

import asyncio
import logging
import os
import time

import msgspec

from pyshim.errors import Away, TritonAway
from pyshim.outside.redis import Redis, Script
from pyshim.outside.repository import CannotLoad, Repository
from pyshim.rollout import presence, start
from pyshim.rollout.follower import Follower
from pyshim.rollout.rollout import CLAIM, REFUSED, SEEN, Records, Rollout
from pyshim.settings import Settings

log = logging.getLogger(__name__)

TICK_S = 1.0
CLAIM_MS = 8000


class Refusal(msgspec.Struct):
    """Of one node: the attempt, and what Triton said."""

    attempt: int
    why: str


class Loader:
    """follower: of this process."""

    def __init__(self, settings: Settings, redis: Redis, number: int, follower: Follower) -> None:
        self._settings, self._redis, self._follower = settings, redis, follower
        self._records, self._repository = Records(redis), Repository(settings)
        self._name, self._claim = f"shim {settings.node} {number} ({os.getpid()})", Script("claim-1")
        self._fresh_attempt = 0  # the load that Triton was told of, so that files changed under a number are read again
        self._refused_attempt = 0

    async def run(self) -> None:
        """For the life of the process."""
        work: asyncio.Task[None] | None = None
        while True:
            try:
                # Asked for while the work is going on: loading takes longer than a claim lasts.
                mine = await self._redis.run(self._claim, f"{CLAIM}:{self._settings.node}", self._name, CLAIM_MS)
                if mine and (work is None or work.done()):
                    work = asyncio.create_task(self._tick())
            except Away as error:
                log.info("Triton's versions wait: %s", error)
            await asyncio.sleep(TICK_S)

    async def close(self) -> None:
        await self._repository.close()

    async def _tick(self) -> None:
        try:
            record, known = await self._records.read(), self._follower.known
            if record is None or (known is not None and record.seq < known.seq):
                return  # Redis lost it, and is told again (pyshim/rollout/follower.py)
            if not start.has_files(self._settings, record.stable):
                return  # the leader says what comes of it
            now = time.time()
            beats = presence.read(await self._redis.command("HGETALL", SEEN))
            refused = self._without_files(record) or await self._load(
                record, presence.followed(beats, record, self._settings, now), now
            )
            if refused:
                self._refused_attempt = record.attempt
                refusal = msgspec.json.encode(Refusal(record.attempt, refused))
                await self._redis.command("HSET", REFUSED, self._settings.node, refusal)
        except Away as error:
            log.info("Triton's versions wait: %s", error)
        except Exception:  # the next tick tries again; what serves is not touched
            log.exception("Triton's versions could not be changed")

    def _without_files(self, record: Rollout) -> str:
        """What is wrong with the candidate's folder on this node's disk, "" for nothing that is seen without reading it."""
        if not record.candidate or record.loaded or start.has_files(self._settings, record.candidate):
            return ""
        return f"version {record.candidate} is not whole on this node's disk ({self._settings.student / str(record.candidate)})"

    async def _load(self, record: Rollout, followed: bool, now: float) -> str:
        """Makes Triton serve what the record names, and nothing else once nobody asks for it. Returns why it refuses the
        candidate, or "". Raises TritonAway."""
        served, wanted = await self._repository.served(), record.versions
        if self._refused_attempt == record.attempt:
            wanted = wanted - {record.candidate}
        kept = served if not followed or now - record.since < self._settings.rollout_drain_s else set()
        if record.candidate in wanted and not record.loaded and self._fresh_attempt != record.attempt:
            if record.candidate in served:  # an earlier load of the same number: the files may have changed
                await self._repository.serve((wanted | kept) - {record.candidate})
            self._fresh_attempt = record.attempt
            served = served - {record.candidate}
        if wanted | kept == served:
            return ""
        try:
            await self._repository.serve(wanted | kept)
        except CannotLoad as error:
            if record.candidate and record.candidate not in await self._repository.served():
                await self._repository.serve({record.stable} | kept - {record.candidate})
                return str(error)
            raise TritonAway(str(error)) from error
        return ""


async def refusals(redis: Redis, attempt: int) -> dict[str, str]:
    """Nodes whose Triton refused this attempt, and why. Those of earlier ones are dropped. Raises RedisAway."""
    told: dict[bytes, bytes] = await redis.command("HGETALL", REFUSED)
    found = {node.decode(): msgspec.json.decode(text, type=Refusal) for node, text in told.items()}
    for node, one in found.items():
        if one.attempt < attempt:
            await redis.command("HDEL", REFUSED, node)
    return {node: one.why for node, one in found.items() if one.attempt == attempt}
