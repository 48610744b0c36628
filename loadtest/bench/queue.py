"""What does the queue cost beside the bare engine? The result: loadtest/results/queue.json.

A Redis of its own, with the AOF written every second. In each round, one after the other: entries to a stream by bare commands,
jobs to the queue; what is put at PACED_PER_S, and how long after that it is taken; and how long after `kill -9` of a
member another one has what it had. The bare engine is asked through the same pipelined connection: only the queue is different.
"""

import asyncio
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import uvloop

from gateway.redis import command
from loadtest.bench import options
from loadtest.seen import machine
from pyshim.outside.queue.job import Job, Key
from pyshim.outside.queue.queue import Queue
from pyshim.outside.queue.store import Bounds
from pyshim.outside.queue.streams import Streams
from pyshim.outside.redis import Redis, opened
from pyshim.settings import PREFIX, ROOT, Settings, read_settings

ROUNDS, PUTS, WRITERS, USERS = 7, 20_000, 64, 1000
PACED_PER_S, PACED = 100, 500
BODY = b"x" * 300
WIDE = Bounds(jobs=1_000_000, bytes=1_000_000_000)
Put = Callable[[int, bytes], Awaitable[object]]


def member(redis: Redis, settings: Settings, name: str) -> Queue:
    return Queue(Streams(redis, settings), name, WIDE)


def job(number: int, body: bytes, kind: str) -> tuple[Key, Job]:
    return Key("shop", kind, f"user-{number % USERS}"), Job(f"{kind}-{number}", body)


async def puts_per_s(put: Put, count: int) -> float:
    """Acknowledged, by WRITERS who each wait for theirs."""

    async def writes(first: int) -> None:
        for number in range(first, count, WRITERS):
            await put(number, BODY)

    began = time.perf_counter()
    await asyncio.gather(*map(writes, range(WRITERS)))
    return count / (time.perf_counter() - began)


async def paced(put: Put, taken: Callable[[], Awaitable[list[bytes]]], count: int) -> tuple[float, float]:
    """Milliseconds until it is taken: p50, p99."""
    waited: list[float] = []

    async def takes() -> None:
        while len(waited) < count:
            bodies = await taken()
            now = time.perf_counter()
            waited.extend((now - float(body)) * 1000 for body in bodies)

    taking = asyncio.create_task(takes())
    for number in range(count):
        await put(number, repr(time.perf_counter()).encode())
        await asyncio.sleep(1 / PACED_PER_S)
    await asyncio.wait_for(taking, 30)
    waited.sort()
    return waited[len(waited) // 2], waited[len(waited) * 99 // 100]


async def bare(redis: Redis, other: Redis, quick: bool) -> dict[str, float]:
    """Streams as they are: XADD; a group that reads, acknowledges and deletes."""
    await redis.command("XGROUP", "CREATE", "bare", "g", "0", "MKSTREAM")

    async def add(_: int, body: bytes) -> None:
        await redis.command("XADD", "bare", "*", "job", body)

    async def read() -> list[bytes]:
        said = await other.command("XREADGROUP", "GROUP", "g", "c", "COUNT", 64, "BLOCK", 1000, "STREAMS", "bare", ">")
        entries = said[0][1] if said else []
        for entry, _ in entries:
            await redis.command("XACK", "bare", "g", entry)
            await redis.command("XDEL", "bare", entry)
        return [fields[1] for _, fields in entries]

    per_s = await puts_per_s(add, PUTS // (10 if quick else 1))
    await redis.command("DEL", "bare")
    await redis.command("XGROUP", "CREATE", "bare", "g", "0", "MKSTREAM")
    p50, p99 = await paced(add, read, PACED // (10 if quick else 1))
    return {"per_s": per_s, "p50_ms": p50, "p99_ms": p99}


async def queue(redis: Redis, other: Redis, settings: Settings, quick: bool) -> dict[str, float]:
    puts, takes = member(redis, settings, "puts"), member(other, settings, "takes")

    def putting(kind: str) -> Put:
        return lambda number, body: puts.put(*job(number, body, kind))

    async def taken() -> list[bytes]:
        jobs = await takes.take(64, 1.0)
        await takes.done(jobs)
        return [one.job.body for one in jobs]

    count = PUTS // (10 if quick else 1)
    per_s = await puts_per_s(putting("many"), count)
    began, left = time.perf_counter(), count
    while left:
        left -= len(await taken())
    done_per_s = count / (time.perf_counter() - began)
    for number in range(USERS):  # a partition that is new has to be claimed first
        await puts.put(*job(number, repr(time.perf_counter()).encode(), "paced"))
    left = USERS
    while left:
        left -= len(await taken())
    p50, p99 = await paced(
        lambda number, body: puts.put(*job(USERS + number, body, "paced")), taken, PACED // (10 if quick else 1)
    )
    await takes.close()
    return {"per_s": per_s, "done_per_s": done_per_s, "p50_ms": p50, "p99_ms": p99}


async def takeover(redis: Redis, settings: Settings, socket: Path) -> float:
    """Seconds from kill -9 of who has a job until another one has it."""
    puts = member(redis, settings, "puts")
    dies = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "loadtest.bench.queue", "--member", str(socket)), cwd=ROOT, stdout=subprocess.PIPE
    )
    assert dies.stdout is not None
    await puts.put(*job(0, b"", "taken"))
    await dies.stdout.readline()
    takes = member(redis, settings, "takes")
    assert await takes.take(1, 1.0) == []
    dies.send_signal(signal.SIGKILL)
    began = time.perf_counter()
    await dies.wait()
    jobs = await takes.take(1, 10)
    took = time.perf_counter() - began
    await takes.done(jobs)
    await takes.close()
    return took


async def hold(socket: Path) -> None:
    """Takes a job, says so, and keeps it."""
    settings = settings_at(socket)
    async with opened(settings) as redis:
        mine = member(redis, settings, "dies")
        print(len(await mine.take(1, 30)), flush=True)
        await asyncio.sleep(60)


def settings_at(socket: Path) -> Settings:
    return read_settings({f"{PREFIX}REDIS": str(socket), f"{PREFIX}REDIS_TIMEOUT_MS": "1500"})


@contextmanager
def a_redis() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        socket = Path(folder) / "s"
        with subprocess.Popen(command(Path(folder), socket), stdout=subprocess.DEVNULL) as process:
            try:
                while not socket.exists():
                    time.sleep(0.01)
                yield socket
            finally:
                process.terminate()


async def measured(quick: bool) -> dict[str, Any]:
    rounds: list[dict[str, Any]] = []
    for number in range(1 if quick else ROUNDS):
        with a_redis() as socket:
            settings = settings_at(socket)
            async with opened(settings) as redis, opened(settings) as other:
                one = {"bare": await bare(redis, other, quick), "queue": await queue(redis, other, settings, quick)}
                rounds.append(one | {"takeover_s": await takeover(redis, settings, socket)})
        options.say(f"round {number + 1}: {rounds[-1]}")
    figures = {who: {name: median(one[who][name] for one in rounds) for name in rounds[0][who]} for who in ("bare", "queue")}
    took = [one["takeover_s"] for one in rounds]
    return {
        "machine": machine.about(read_settings(), triton=False),
        "rounds": len(rounds),
        **figures,
        "puts_ratio": median(one["queue"]["per_s"] / one["bare"]["per_s"] for one in rounds),
        "takeover_s": {"median": median(took), "worst": max(took)},
    }


def main() -> None:
    parser = options.parser(__doc__, "queue.json")
    parser.add_argument("--member", type=Path, help="be the member that is killed, at this socket")
    given = parser.parse_args()
    if given.member:
        uvloop.run(hold(given.member))
        return
    result = uvloop.run(measured(given.quick))
    options.write(given.result, result)
    print(result)


if __name__ == "__main__":
    main()
