"""A worker in a process of its own: takes jobs, and writes into Redis what it did for whom: python -m tests.queue.member NAME"""

import asyncio
import sys
from pathlib import Path

from pyshim.errors import Away, ClaimLost
from pyshim.outside.queue.job import Taken
from pyshim.outside.queue.queue import Queue
from pyshim.outside.queue.store import Bounds
from pyshim.outside.queue.streams import Streams
from pyshim.outside.redis import Redis, Script, opened
from pyshim.settings import read_settings

WIDE = Bounds(jobs=100_000, bytes=100_000_000)


class Commit(Script):
    """What was done for one user, once by job, and never under an older claim than something else."""

    def __init__(self) -> None:
        super().__init__("writable-0")
        self.name, self.keys = "effect-3", 3
        self.text = (Path(__file__).parent / "effect-3.lua").read_text()
        self.sha = "0" * 40  # it is sent in full


def effects(tenant: str, who: str) -> list[str]:
    return [f"{{{tenant}:{who}}}:{name}" for name in ("fence", "done", "order")]


async def do(redis: Redis, queue: Queue, commit: Commit, one: Taken) -> None:
    """Says everything again until it is heard."""
    while True:
        try:
            await redis.run(commit, *effects(one.key.tenant, one.key.who), one.job.id, one.fence)
            await queue.done([one])
            return
        except ClaimLost:
            return
        except Away:
            await asyncio.sleep(0.05)


async def work(name: str) -> None:
    settings, commit, working = read_settings(), Commit(), set[asyncio.Task[None]]()
    async with opened(settings) as redis:
        queue = Queue(Streams(redis, settings), name, WIDE)
        while True:
            for one in await queue.take(8, 1.0):
                task = asyncio.create_task(do(redis, queue, commit, one))
                working.add(task)
                task.add_done_callback(working.discard)
            await asyncio.sleep(0.005)


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1]))
