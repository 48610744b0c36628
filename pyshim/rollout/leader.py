"""Who takes a rollout from step to step?

One shim of all nodes, the one that holds the claim in Redis; when it dies, another takes over within seconds. It judges versions
and writes the record; each node loads them by itself (loader.py). Everything it knows is in Redis, so that the next can go on.
"""

import asyncio
import logging
import os
import time

import msgspec

from pyshim.agreement.presence import gone
from pyshim.errors import Away
from pyshim.outside.redis import Redis, Script
from pyshim.rollout import evidence, judge, loader, presence, start, steps
from pyshim.rollout.evidence import Look
from pyshim.rollout.follower import Follower
from pyshim.rollout.presence import Beat
from pyshim.rollout.rollout import CLAIM, COUNTS, JUDGED, SEEN, Records, Rollout
from pyshim.rollout.steps import Situation
from pyshim.settings import Settings

log = logging.getLogger(__name__)

TICK_S = 1.0
CLAIM_MS = 8000
KEPT_S = 3600


class Leader:
    """stable: the version this process began with, should there be no record yet; follower: of this process."""

    def __init__(self, settings: Settings, redis: Redis, stable: int, number: int, follower: Follower) -> None:
        self._settings, self._redis, self._stable = settings, redis, stable
        self._records = Records(redis)
        self._name = f"shim {settings.node} {number} ({os.getpid()})"
        self._claim = Script("claim-1")
        self._follower = follower
        self._step: tuple[float, int] = (0.0, 0)  # when it began, and the candidate's turns until then

    async def run(self) -> None:
        """For the life of the process."""
        work: asyncio.Task[None] | None = None
        while True:
            try:
                if (
                    await self._may_lead()
                    and await self._redis.run(self._claim, CLAIM, self._name, CLAIM_MS)
                    and (work is None or work.done())
                ):
                    work = asyncio.create_task(self._tick())
            except Away as error:
                log.info("the rollout waits: %s", error)
            await asyncio.sleep(TICK_S)

    async def _may_lead(self) -> bool:
        """A node that lacks what everybody serves leads nobody but itself. Raises RedisAway."""
        record = self._follower.known
        if record is None or start.has_files(self._settings, record.stable):
            return True
        others = presence.nodes(presence.read(await self._redis.command("HGETALL", SEEN)), time.time()) - {self._settings.node}
        if others:
            log.error("version %s serves, and is not whole on this node's disk: it cannot answer", record.stable)
        return not others

    async def _tick(self) -> None:
        try:
            record, known = await self._records.read(), self._follower.known
            if known is not None and (record is None or record.seq < known.seq):
                log.info("the rollout waits: Redis lost its record, and is told again (pyshim/rollout/follower.py)")
            elif record is None:
                await self._write(Rollout(seq=1, stable=self._stable).but(self._name, f"began with {self._stable}"), None)
            else:
                await self._follow(record)
        except Away as error:
            log.info("the rollout waits: %s", error)
        except Exception:  # the next tick tries again; what serves is not touched
            log.exception("the rollout could not go on")

    async def _write(self, after: Rollout, before: Rollout | None) -> None:
        if await self._records.write(after, before):
            self._follower.follow(after)  # should Redis lose it within this second
            log.info("rollout: %s", after.events[-1].what)

    async def _follow(self, record: Rollout) -> None:
        now = time.time()
        if not start.has_files(self._settings, record.stable):
            stable = await start.first_version(self._settings)
            await self._write(record.but(self._name, f"{record.stable} is not on disk; serving {stable}", stable=stable), record)
            return
        beats = await self._beats(now)
        refused = await self._refused(record)
        look = await self._look(record) if record.percent and not refused else Look()
        situation = Situation(
            now=time.time(),
            lacking=presence.lacking(beats, record, self._settings, now),
            refused=refused,
            harm=judge.harm(look.seen, self._settings.rollout_false_alarms) or "",
            turns=self._turns_of_step(record, look),
        )
        after = steps.following(record, situation, self._settings, self._name)
        if after is not None:
            await self._write(after, record)

    async def _beats(self, now: float) -> dict[str, Beat]:
        beats = presence.read(await self._redis.command("HGETALL", SEEN))
        for name in gone(beats, now):
            await self._redis.command("HDEL", SEEN, name)
        return beats

    async def _refused(self, record: Rollout) -> str:
        """Why the candidate cannot be loaded, and where; "" where nobody refuses it. Raises RedisAway."""
        if not record.candidate:
            return ""
        told = await loader.refusals(self._redis, record.attempt)
        return "; ".join(why if node == self._settings.node else f"{node}: {why}" for node, why in sorted(told.items()))

    async def _look(self, record: Rollout) -> Look:
        """What the versions did, judged up to now."""
        kept = await self._redis.command("GET", f"{JUDGED}:{record.attempt}")
        before = msgspec.json.decode(kept, type=Look) if kept else Look()
        counts = await self._redis.command("HGETALL", f"{COUNTS}:{record.attempt}")
        new = {name.decode(): int(value) for name, value in counts.items()}
        look = evidence.taken(before, new, record.stable, record.candidate)
        await self._redis.command("SET", f"{JUDGED}:{record.attempt}", msgspec.json.encode(look), "EX", KEPT_S)
        return look

    def _turns_of_step(self, record: Rollout, look: Look) -> int:
        turns = look.turns(record.candidate)
        if self._step[0] != record.since:
            self._step = (record.since, turns)
        return turns - self._step[1]
