"""Which jobs are mine, and which of them is next?

A member beats a few times in a claim's life: it says that it is there, hears who else is, renews its claims, and claims what
falls to it. Each partition falls to one of those who are there (rendezvous hashing); who has one that falls to somebody else by
now hands out no more of it, and gives it back when what is out is done. So a slow one is not robbed, and a dead one is replaced
within CLAIM_S and a beat. Jobs are handed out only while the claim is surely good.

A job that was read by a member that died may be what it died of: such are begun one at a time for each partition, and that is
written down before, so that the one that kills goes aside after its tries, and its neighbours do not.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from hashlib import blake2b

from pyshim.errors import Away, ClaimLost
from pyshim.outside.queue.held import Held
from pyshim.outside.queue.job import Fault, Job, Key, Lag, Partition, Taken
from pyshim.outside.queue.shares import Shares
from pyshim.outside.queue.store import CLAIM_S, Bounds, End, Seen, Store

log = logging.getLogger(__name__)
BEAT_S, SURE_S = CLAIM_S / 4, CLAIM_S * 0.8
AHEAD, AT_ONCE = 64, 128  # keys that are ready of one partition before more is read of it; entries of one reading
DIED = "the worker that had it went away"


def falls_to(partition: Partition, members: Iterable[str]) -> str:
    """The name of the one of these whose it is."""
    return max(members, key=lambda one: blake2b(f"{partition} {one}".encode(), digest_size=8).digest())


class Queue:
    """One member. name: nobody else's, ever; weight: of a tenant; clock: seconds since 1970."""

    def __init__(
        self,
        store: Store,
        name: str,
        bounds: Bounds,
        weight: Callable[[str], float] = lambda _: 1.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store, self._name, self._bounds, self._clock = store, name, bounds, clock
        self._shares = Shares(weight)
        self._held: dict[Partition, Held] = {}
        self._seen, self._mine = Seen([name], []), frozenset[Partition]()
        self._changed, self._soon = asyncio.Event(), asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    # -- the five ---------------------------------------------------------------------------------------------------------------

    async def put(self, key: Key, job: Job) -> None:
        """Returns when it is durable; said again, it is the same job. Raises QueueFull, Away."""
        await self._store.put(key, job, self._bounds)

    async def take(self, most: int, wait_s: float) -> list[Taken]:
        """Up to so many jobs, as soon as there are some; none after wait_s."""
        self._begin()
        loop = asyncio.get_running_loop()
        until = loop.time() + wait_s
        while True:
            self._changed.clear()
            await self._fill()
            found = await self._pick(most)
            left = until - loop.time()
            if found or left <= 0:
                return found
            with suppress(TimeoutError):
                async with asyncio.timeout(min(left, max(0.0, self._next_due() - self._clock()))):
                    await self._changed.wait()

    async def done(self, jobs: Iterable[Taken]) -> None:
        """Ends jobs that were taken: done, or with a fault to be tried again or put aside. Raises ClaimLost when all that can be
        ended is; Away, and then it is to be said again."""
        lost, by_claim = [], defaultdict[Held, list[Taken]](list)
        for one in jobs:
            held = self._held.get(one.key.partition)
            if held is None or held.fence != one.fence:
                lost.append(one.job.id)
            elif one.entry in held.out:
                by_claim[held].append(one)
        for held, mine in by_claim.items():
            try:
                await self._settle(held, mine)
            except ClaimLost:
                self._drop(held)
                lost += [one.job.id for one in mine]
        if lost:
            raise ClaimLost(f"somebody else has {', '.join(lost)} by now")

    async def lag(self) -> dict[Partition, Lag]:
        """Raises Away."""
        partitions = await self._store.partitions()
        return dict(zip(partitions, await asyncio.gather(*map(self._store.lag, partitions)), strict=True))

    async def close(self) -> None:
        """Another member may have at once what is here; also what is out, so whoever works on it ends that before."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks, held = [], list(self._held.values())
        self._held = {}
        with suppress(Away):
            await asyncio.gather(*(self._store.give_back(one.partition, self._name, one.fence) for one in held))
            await self._store.leave(self._name)

    # -- handing out ------------------------------------------------------------------------------------------------------------

    def _sure(self) -> list[Held]:
        now = asyncio.get_running_loop().time()
        return [held for held in self._held.values() if held.until > now and not held.leaving]

    def _next_due(self) -> float:
        return min((held.next_due for held in self._sure()), default=float("inf"))

    async def _fill(self) -> None:
        """Reads on where too little is ready."""
        now = self._clock()
        wanting = []
        for held in self._sure():
            held.wake(now)
            held.more = held.more or held.due <= now
            if not held.reading and (held.missing or (held.more and held.ready < AHEAD)):
                wanting.append(held)
        if wanting:
            await asyncio.gather(*map(self._read, wanting))

    async def _read(self, held: Held) -> None:
        held.reading, held.more = True, held.missing
        after = held.last if held.missing else None
        try:
            entries, due_s = await self._store.read(held.partition, self._name, held.fence, AT_ONCE, after)
        except ClaimLost:
            self._drop(held)
            return
        except Away as error:  # perhaps it was
            held.missing = True
            log.info("%s is not read: %s", held.partition, error)
            return
        finally:
            held.reading = False
        now = self._clock()
        held.due = float("inf") if due_s is None else now + due_s
        held.add((Taken(one.key, one.job, one.at, held.fence, one.entry, one.tried) for one in entries), now)
        if not entries:
            held.caught_up()
        held.more = held.more or len(entries) == AT_ONCE
        if held.more and held.ready < AHEAD:
            self._changed.set()

    async def _pick(self, most: int) -> list[Taken]:
        found: list[Taken] = []
        waiting = defaultdict[str, list[Held]](list)
        for held in self._sure():
            if held.has_ready:
                waiting[held.partition.tenant].append(held)
        while waiting and len(found) < most:
            tenant = self._shares.next(waiting)
            held = waiting[tenant].pop(0)
            one = held.hand_out()
            if not held.suspect(one) or await self._begun(held, one):
                found.append(one)
            if held.has_ready:
                waiting[tenant].append(held)
            if not waiting[tenant]:
                del waiting[tenant]
        return found

    async def _begun(self, held: Held, one: Taken) -> bool:
        """Writes down that a suspect is begun; not where it was too often, or that cannot be written."""
        now = self._clock()
        after = one.tried.after(Fault(now, DIED), 0.0)
        try:
            if one.tried.count >= one.job.tries:
                await self._store.settle(
                    held.partition, self._name, held.fence, [End(one.entry, one.job.id, one.tried, aside=True)]
                )
                held.ended(one, None, now)
                return False
            await self._store.begin(held.partition, self._name, held.fence, one.entry, after)
        except ClaimLost:
            self._drop(held)
            return False
        except Away as error:
            log.info("a job of %s is not begun: %s", held.partition, error)
            held.put_off(one, now + BEAT_S)
            return False
        return True

    async def _settle(self, held: Held, jobs: list[Taken]) -> None:
        now, ends = self._clock(), []
        for one in jobs:
            tried = one.tried.after(Fault(now, one.fault), now + one.again_s) if one.fault else None
            ends.append(End(one.entry, one.job.id, tried, tried is not None and tried.count >= one.job.tries))
        await self._store.settle(held.partition, self._name, held.fence, ends)
        for one, end in zip(jobs, ends, strict=True):
            held.ended(one, None if end.aside else end.tried, now)
        self._changed.set()
        if held.leaving and not held.out:
            self._soon.set()

    # -- claims -----------------------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._keep()), asyncio.create_task(self._store.listen(self._rung))]

    def _rung(self, partition: Partition) -> None:
        held = self._held.get(partition)
        if held is not None:
            held.more = True
            self._changed.set()
        elif falls_to(partition, self._seen.members) == self._name:
            self._soon.set()

    async def _keep(self) -> None:
        """For as long as it is open."""
        while True:
            self._soon.clear()
            try:
                await self._beat()
            except Away as error:
                log.info("claims cannot be renewed: %s", error)
            with suppress(TimeoutError):
                async with asyncio.timeout(BEAT_S):
                    await self._soon.wait()

    async def _beat(self) -> None:
        seen = await self._store.beat(self._name)
        if seen != self._seen:
            self._seen = seen
            self._mine = frozenset(one for one in seen.partitions if falls_to(one, seen.members) == self._name)
        await asyncio.gather(*map(self._claimed, self._held.keys() | self._mine))
        for held in [*self._held.values()]:
            held.leaving = held.partition not in self._mine
            if held.leaving and not held.out:
                self._drop(held)
                await self._store.give_back(held.partition, self._name, held.fence)

    async def _claimed(self, partition: Partition) -> None:
        try:
            await self._claim(partition)
        except Away as error:  # of this one; others may stand elsewhere
            log.info("%s is not claimed: %s", partition, error)

    async def _claim(self, partition: Partition) -> None:
        held, sent = self._held.get(partition), asyncio.get_running_loop().time()
        claim = await self._store.claim(partition, self._name, held.fence if held else 0)
        if held is not None and claim.fence != held.fence:
            self._drop(held)
            held = None
        if not claim.fence:
            return
        if held is None:
            held = self._held[partition] = Held(partition, claim.fence, claim.orphaned)
        held.until = sent + SURE_S
        held.more = held.more or claim.more
        if held.more or held.missing:
            self._changed.set()

    def _drop(self, held: Held) -> None:
        """It is not ours any more."""
        if self._held.get(held.partition) is held:
            del self._held[held.partition]
