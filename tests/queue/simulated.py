"""A clock that only moves when everybody waits, and members that die between any two commands."""

import asyncio
import selectors
from collections import defaultdict
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from pyshim.errors import Away, ClaimLost
from pyshim.outside.queue.job import Job, Key, Partition, Taken
from pyshim.outside.queue.memory import Memory
from pyshim.outside.queue.queue import Queue
from pyshim.outside.queue.store import Bounds


class _Still(selectors.SelectSelector):
    """Nothing ever comes from outside: time passes instead."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        assert timeout is not None, "everybody waits, and for nothing"
        self.now += max(timeout, 1e-6) if timeout > 0 else 0.0
        return []


class Loop(asyncio.SelectorEventLoop):
    """Its time() is the simulated one."""

    def __init__(self) -> None:
        self._still = _Still()
        super().__init__(self._still)

    def time(self) -> float:
        return self._still.now

    @property
    def _clock_resolution(self) -> float:
        return 1e-9

    @_clock_resolution.setter
    def _clock_resolution(self, _: float) -> None: ...


def simulate(story: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(story)


class Flaky:
    """A store to which each command takes its time, once in a while longer than a claim is good, may not get there, and may be
    done without the answer coming back. faults: how often."""

    def __init__(self, store: Memory, random: Random, faults: float) -> None:
        self._store, self._random, self.faults = store, random, faults

    def __getattr__(self, name: str) -> Any:
        ask = getattr(self._store, name)

        async def asked(*arguments: Any) -> Any:
            await asyncio.sleep(3.0 if self._random.random() < self.faults / 10 else self._random.choice((0.0, 0.001, 0.02, 0.3)))
            if self._random.random() < self.faults:
                raise Away("it did not get there")
            answer = await ask(*arguments)
            await asyncio.sleep(self._random.choice((0.0, 0.001, 0.02)))
            if self._random.random() < self.faults:
                raise Away("the answer is lost")
            return answer

        return ask if name == "listen" else asked


@dataclass
class Outside:
    """What jobs have done. A commit of a job that was committed, or under an older claim than another one, is refused."""

    done: dict[str, int] = field(default_factory=dict)
    order: defaultdict[Key, list[str]] = field(default_factory=lambda: defaultdict(list))
    fences: defaultdict[Partition, int] = field(default_factory=lambda: defaultdict(int))
    begun: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))

    def commit(self, one: Taken) -> None:
        if one.fence < self.fences[one.key.partition] or one.job.id in self.done:
            return
        self.fences[one.key.partition] = one.fence
        self.done[one.job.id] = one.fence
        self.order[one.key].append(one.job.id)


class Worker:
    """Takes jobs until it dies. A job whose body says so fails, or kills it."""

    def __init__(self, store: Flaky, name: str, outside: Outside, random: Random) -> None:
        self.queue = Queue(store, name, Bounds(1000, 1_000_000), clock=asyncio.get_running_loop().time)
        self._outside, self._random = outside, random
        self.dead = asyncio.Event()
        self.task = asyncio.create_task(self._work())

    async def _work(self) -> None:
        working: set[asyncio.Task[None]] = set()
        try:
            while True:
                for one in await self.queue.take(3, 1.0):
                    task = asyncio.create_task(self._do(one))
                    working.add(task)
                    task.add_done_callback(working.discard)
        finally:
            for task in working:
                task.cancel()

    async def _do(self, one: Taken) -> None:
        self._outside.begun[one.job.id] += 1
        await asyncio.sleep(self._random.choice((0.0, 0.01, 0.2, 2.0)))
        if one.job.body == b"kills":
            self.kill()
            return
        if one.job.body == b"fails":
            one.fault, one.again_s = "no", self._random.choice((0.0, 0.5, 5.0))
        else:
            self._outside.commit(one)
        while True:
            try:
                await self.queue.done([one])
                return
            except ClaimLost:
                return
            except Away:
                await asyncio.sleep(0.1)

    def kill(self) -> None:
        """Between any two commands: nothing it has is given back."""
        self.task.cancel()
        for task in self.queue._tasks:
            task.cancel()
        self.dead.set()


async def accepted(queue: Queue, key: Key, jobs: Sequence[Job]) -> None:
    """Put, however often that has to be said."""
    for job in jobs:
        while True:
            try:
                await queue.put(key, job)
                break
            except Away:
                await asyncio.sleep(0.05)
