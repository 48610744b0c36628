"""Does a queue keep what it promises, whatever keeps its jobs?"""

import asyncio
import time

import pytest

from pyshim.errors import ClaimLost, QueueFull
from pyshim.outside.queue.job import PARTITIONS, Job
from pyshim.outside.queue.queue import Queue
from pyshim.outside.queue.store import CLAIM_S, Bounds, Store
from tests.queue.conftest import Member, ids, key, put, some


async def test_what_was_put_is_taken_with_all_it_is_and_done_once(member: Member) -> None:
    queue = member("one")
    job = Job("a", "查快递".encode(), deadline=time.time() + 30, tries=2, trace="00-ab-cd-01")
    before = time.time()
    await queue.put(key("李雷", "bank", "hook"), job)
    (taken,) = await some(queue, 1)
    assert (taken.key, taken.job) == (key("李雷", "bank", "hook"), job)
    assert before - 1 <= taken.at <= time.time() + 1
    assert taken.fence > 0
    await queue.done([taken])
    assert await queue.take(1, 0) == []
    assert (await queue.lag())[taken.key.partition].jobs == 0


async def test_put_again_while_it_is_undone_it_is_one_job(member: Member) -> None:
    queue = member("one")
    await put(queue, "a", "a")
    (taken,) = await some(queue, 1)
    await put(queue, "a")
    await queue.done([taken])
    assert await queue.take(5, 0) == []


async def test_jobs_of_one_key_come_one_after_the_other_in_their_order(member: Member) -> None:
    queue = member("one")
    await put(queue, "a1", "a2", "a3")
    await put(queue, "b1", who="bob")
    first = await some(queue, 2)
    assert set(ids(first)) == {"a1", "b1"}
    assert await queue.take(5, 0) == [], "a2 waits for a1, whoever else could be served"
    await queue.done(first)
    for expected in ("a2", "a3"):
        taken = await some(queue, 1)
        assert ids(taken) == [expected]
        await queue.done(taken)


async def test_one_that_is_tried_again_holds_those_of_its_key_and_nobody_else(member: Member) -> None:
    queue = member("one")
    await put(queue, "a1", "a2")
    (first,) = await some(queue, 1)
    first.fault, first.again_s = "the receiver says 503", 0.3
    await queue.done([first])
    await put(queue, "b1", who="bob")
    began = time.monotonic()
    taken = await some(queue, 1)
    assert ids(taken) == ["b1"]
    (again,) = await some(queue, 1)
    assert again.job.id == "a1"
    assert time.monotonic() - began >= 0.2
    assert (again.tried.count, [one.why for one in again.tried.faults]) == (1, ["the receiver says 503"])
    await queue.done([again])
    assert ids(await some(queue, 1)) == ["a2"]


async def test_one_that_fails_as_often_as_it_may_goes_aside_and_the_next_goes_on(member: Member) -> None:
    queue = member("one")
    await put(queue, "bad", "good")
    for why in ("first", "second", "third"):
        (taken,) = await some(queue, 1)
        assert taken.job.id == "bad"
        taken.fault = why
        await queue.done([taken])
    assert ids(await some(queue, 1)) == ["good"]
    lag = (await queue.lag())[key().partition]
    assert (lag.jobs, lag.aside) == (1, 1)


async def test_a_delayed_job_takes_its_place_when_it_is_due(member: Member) -> None:
    queue = member("one")
    began = time.time()
    await queue.put(key(), Job("later", due=began + 0.4))
    await put(queue, "now")
    taken = await some(queue, 1)
    assert ids(taken) == ["now"]
    await queue.done(taken)
    assert ids(await some(queue, 1)) == ["later"]
    assert time.time() - began >= 0.39


async def test_who_has_as_much_as_it_may_hears_so_and_others_do_not(member: Member) -> None:
    queue = member("one", Bounds(jobs=2, bytes=10_000))
    await put(queue, "a", "b")
    with pytest.raises(QueueFull, match="2 jobs"):
        await put(queue, "c")
    await put(queue, "a")  # here already
    await put(queue, "c", tenant="bank")
    with pytest.raises(QueueFull, match="bytes"):
        await queue.put(key(tenant="telecom"), Job("d", b"x" * 10_001))
    await queue.done([one for one in await some(queue, 2) if one.key.tenant == "shop"])
    await put(queue, "c")


async def test_tenants_take_turns_by_weight_whoever_floods(member: Member) -> None:
    queue = member("one", weights={"bank": 2.0})
    for number in range(60):
        await put(queue, f"s{number}", who=f"user-{number}")
    for number in range(20):
        await put(queue, f"b{number}", who=f"user-{number}", tenant="bank")
    await some(queue, 0)
    taken = await some(queue, 30)
    of_bank = sum(one.key.tenant == "bank" for one in taken)
    assert of_bank >= 18, "two of three, after those that were there first"


async def test_a_waiting_member_hears_of_a_job_at_once(member: Member) -> None:
    queue = member("one")
    await put(queue, "first")
    await queue.done(await some(queue, 1))
    waiting = asyncio.create_task(queue.take(1, 5))
    await asyncio.sleep(0)
    await put(queue, "second")
    assert ids(await waiting) == ["second"]


async def test_two_members_share_what_there_is_and_nobody_takes_what_the_other_has(member: Member) -> None:
    one, other = member("one"), member("other")
    for number in range(4 * PARTITIONS):
        await put(one, f"s{number}", who=f"user-{number}")
        await put(one, f"b{number}", who=f"user-{number}", tenant="bank")

    seen: list[str] = []

    async def work(queue: Queue) -> None:
        while len(seen) < 8 * PARTITIONS:
            taken = await queue.take(1, 0.2)
            seen.extend(ids(taken))
            await asyncio.sleep(0.01)
            await queue.done(taken)

    async with asyncio.timeout(20):
        await asyncio.gather(work(one), work(other))
    assert len(seen) == len(set(seen)) == 8 * PARTITIONS


async def test_a_dead_owner_is_replaced_and_what_it_had_comes_first_in_order(member: Member, store: Store) -> None:
    dead = member("dead")
    await put(dead, "a1", "a2")
    (taken,) = await some(dead, 1)
    for task in dead._tasks:  # as kill -9: nothing is given back
        task.cancel()
    other = member("other")
    began = time.monotonic()
    (again,) = await some(other, 1)
    assert time.monotonic() - began < CLAIM_S + 1.0
    assert again.job.id == "a1"
    assert again.fence > taken.fence
    with pytest.raises(ClaimLost, match="a1"):
        await dead.done([taken])
    await other.done([again])
    assert ids(await some(other, 1)) == ["a2"]


async def test_a_slow_owner_is_not_robbed(member: Member) -> None:
    slow, other = member("slow"), member("other")
    for number in range(PARTITIONS * 4):
        await put(slow, f"j{number}", who=f"user-{number}")
    taken = await some(slow, 1)
    others = asyncio.create_task(some(other, PARTITIONS * 4 - 1, 3 * CLAIM_S))
    await asyncio.sleep(1.5 * CLAIM_S)
    await slow.done(taken)
    others.cancel()


async def test_closed_it_hands_over_at_once(member: Member) -> None:
    one, other = member("one"), member("other")
    await put(one, "a")
    await some(one, 1)
    await one.close()
    began = time.monotonic()
    assert ids(await some(other, 1)) == ["a"]
    assert time.monotonic() - began < CLAIM_S


async def test_lag_says_how_many_and_for_how_long(member: Member) -> None:
    queue = member("one")
    await put(queue, "a", "b")
    await asyncio.sleep(0.05)
    lag = (await queue.lag())[key().partition]
    assert lag.jobs == 2
    assert 0.04 <= lag.oldest_s < 5
