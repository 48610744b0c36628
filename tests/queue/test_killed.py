"""Workers and Redis are killed, a shard is moved and fails over: is every accepted job done, once, and in order?"""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gateway.redis import command
from loadtest.place.cluster import Cluster, cluster
from pyshim.errors import Away
from pyshim.outside.queue.job import Job, Key
from pyshim.outside.queue.queue import Queue
from pyshim.outside.queue.streams import Streams, keys
from pyshim.outside.redis import Redis, opened
from pyshim.settings import PREFIX, ROOT, read_settings
from tests.conftest import wait_until
from tests.queue.member import WIDE, effects

pytestmark = pytest.mark.real
USERS = 12


@dataclass
class Shop:
    """Customers put jobs, each his own in order, and say them again until they are accepted; workers do them."""

    environment: dict[str, str]
    redis: Redis
    queue: Queue
    workers: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    accepted: dict[str, list[str]] = field(default_factory=dict)

    def works(self, name: str) -> None:
        self.workers[name] = subprocess.Popen([sys.executable, "-m", "tests.queue.member", name], cwd=ROOT, env=self.environment)

    def signal(self, name: str, number: signal.Signals) -> None:
        os.kill(self.workers[name].pid, number)

    async def _puts(self, who: str, over: asyncio.Event) -> None:
        mine = self.accepted[who] = []
        while not over.is_set():
            one = f"{who}-{len(mine)}"
            try:
                await self.queue.put(Key("shop", "turn", who), Job(one, b"x" * 200, tries=1000))
                mine.append(one)
                await asyncio.sleep(0.01)
            except Away:
                await asyncio.sleep(0.05)

    @asynccontextmanager
    async def busy(self) -> AsyncIterator[None]:
        over = asyncio.Event()
        tasks = [asyncio.create_task(self._puts(f"user-{number}", over)) for number in range(USERS)]
        try:
            yield
        finally:
            over.set()
            await asyncio.gather(*tasks)

    async def done(self, who: str) -> list[str]:
        try:
            return [one.decode() for one in await self.redis.command("LRANGE", effects("shop", who)[2], 0, -1)]
        except Away:
            return []

    async def progress(self, more: int = 40) -> None:
        """Waits until so many more jobs are accepted and done."""
        before = await self._total()
        async with asyncio.timeout(40):
            while await self._total() < before + more:  # noqa: ASYNC110 - it changes in Redis
                await asyncio.sleep(0.05)

    async def _total(self) -> int:
        return sum([len(await self.done(f"user-{number}")) for number in range(USERS)])

    async def all_are_done(self) -> None:
        async with asyncio.timeout(40):
            for who, wanted in self.accepted.items():
                while len(await self.done(who)) < len(wanted):  # noqa: ASYNC110 - it changes in Redis
                    await asyncio.sleep(0.05)
        for who, wanted in self.accepted.items():
            assert await self.done(who) == wanted
        lag = (await self.queue.lag()).values()
        assert sum(one.aside for one in lag) == 0


@asynccontextmanager
async def shop(**settings: str) -> AsyncIterator[Shop]:
    chosen = {PREFIX + name: value for name, value in settings.items()}
    read = read_settings(chosen)
    async with opened(read) as redis:
        made = Shop(os.environ | chosen, redis, Queue(Streams(redis, read), "customers", WIDE))
        for name in ("one", "two", "three"):
            made.works(name)
        try:
            yield made
        finally:
            for worker in made.workers.values():
                worker.kill()
                worker.wait()


@dataclass
class Own:
    """A Redis of this test alone, which keeps what it has (appendfsync everysec)."""

    folder: Path
    process: subprocess.Popen[bytes]

    @property
    def socket(self) -> Path:
        return self.folder / "s"

    def start(self) -> None:
        self.folder.mkdir(exist_ok=True)
        self.socket.unlink(missing_ok=True)
        self.process = subprocess.Popen(command(self.folder, self.socket), stdout=subprocess.DEVNULL)
        wait_until(self.socket.exists)


@pytest.fixture
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Own]:
    made = Own.__new__(Own)
    made.folder = tmp_path_factory.mktemp("q")
    made.start()
    yield made
    made.process.kill()
    made.process.wait()


async def test_workers_are_killed_and_stopped(own: Own) -> None:
    async with shop(REDIS=str(own.socket)) as made:
        async with made.busy():
            await made.progress()
            made.signal("one", signal.SIGKILL)
            await made.progress()
            made.works("four")
            made.signal("two", signal.SIGSTOP)
            await made.progress(400)
            made.signal("two", signal.SIGCONT)
            await made.progress()
        await made.all_are_done()


async def test_redis_is_killed(own: Own) -> None:
    async with shop(REDIS=str(own.socket)) as made:
        async with made.busy():
            await made.progress()
            own.process.kill()
            own.process.wait()
            await asyncio.to_thread(own.start)
            await made.progress()
        await made.all_are_done()


@pytest.fixture
def six(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("six")) as made:
        yield made


async def test_a_shard_is_moved_and_fails_over(six: Cluster) -> None:
    async with shop(REDIS=six.address, REDIS_WAIT="1") as made:
        async with made.busy():
            await made.progress()
            where = keys(Key("shop", "turn", "user-0").partition, "jobs")[0]
            source = six.master_of(where)
            target = next(node for node in six.masters() if node != source)
            await asyncio.to_thread(six.move, source, target, [six.slot_of(where)])
            assert six.master_of(where) == target
            await made.progress()
            await asyncio.to_thread(six.kill, target)
            await made.progress()
        await made.all_are_done()
