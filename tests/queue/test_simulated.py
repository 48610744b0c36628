"""Whatever dies, hangs or is lost between any two commands: is each job done once, in order, and none forgotten?"""

import asyncio
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyshim.outside.queue.job import Job, Key
from pyshim.outside.queue.memory import Memory
from pyshim.outside.queue.queue import Queue
from pyshim.outside.queue.store import Bounds
from tests.queue.simulated import Flaky, Outside, Worker, accepted, simulate

USERS, JOBS, LONG_S = 5, 6, 3000.0


async def story(seed: int, faults: float, deaths: int, bad: dict[str, bytes]) -> None:
    random, outside = Random(seed), Outside()
    clock = asyncio.get_running_loop().time
    memory = Memory(clock)
    flaky = Flaky(memory, random, faults)
    names = iter(f"worker-{number}" for number in range(10_000))

    async def place() -> None:
        """Somebody always works here."""
        while True:
            worker = Worker(flaky, next(names), outside, random)
            places.append(worker)
            await worker.dead.wait()
            places.remove(worker)
            await asyncio.sleep(random.uniform(0, 2))

    places: list[Worker] = []
    working = [asyncio.create_task(place()) for _ in range(3)]
    putting = Queue(flaky, "puts", Bounds(1000, 1_000_000), clock=clock)
    wanted = {
        Key(tenant, "turn", f"user-{user}"): [f"{tenant}-{user}-{job}" for job in range(JOBS)]
        for tenant in ("shop", "bank")
        for user in range(USERS)
    }

    def job(one: str) -> Job:
        """Only a bad one is to go aside, whoever dies over the others."""
        return Job(one, bad[one]) if one in bad else Job(one, tries=1000)

    puts = [asyncio.create_task(accepted(putting, key, list(map(job, jobs)))) for key, jobs in wanted.items()]
    for _ in range(deaths):
        await asyncio.sleep(random.uniform(0, 4))
        if places:
            random.choice(places).kill()
    await asyncio.gather(*puts)
    flaky.faults = 0.0
    until = clock() + LONG_S
    good = {one for jobs in wanted.values() for one in jobs if one not in bad}
    while True:
        left = [await memory.lag(partition) for partition in await memory.partitions()]
        if not any(lag.jobs for lag in left):
            break
        assert clock() < until, (seed, "undone", sum(lag.jobs for lag in left))
        await asyncio.sleep(1)
    for task in working:
        task.cancel()
    assert outside.done.keys() == good
    assert sum(lag.aside for lag in left) == len(bad)
    for key, jobs in wanted.items():
        assert outside.order[key] == [one for one in jobs if one not in bad]


@pytest.mark.long
@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.05, 0.3]), st.integers(0, 8))
@settings(deadline=None, max_examples=60)
def test_none_is_lost_none_is_done_twice_and_all_are_in_order(seed: int, faults: float, deaths: int) -> None:
    simulate(story(seed, faults, deaths, {}))


@pytest.mark.long
@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.1]))
@settings(deadline=None, max_examples=30)
def test_what_always_fails_goes_aside_and_nobody_waits_for_it_for_ever(seed: int, faults: float) -> None:
    simulate(story(seed, faults, 3, {"shop-1-0": b"fails", "bank-2-3": b"fails"}))


@pytest.mark.long
@given(st.integers(0, 2**32))
@settings(deadline=None, max_examples=30)
def test_what_kills_whoever_begins_it_goes_aside_and_its_neighbours_do_not(seed: int) -> None:
    simulate(story(seed, 0.0, 0, {"shop-1-2": b"kills"}))
