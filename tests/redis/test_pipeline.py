"""Does every command of a crowd get its own answer, whatever happens to Redis or to who asked?"""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import hiredis
import pytest
import uvloop

from pyshim.outside.pipeline import Lost, Pipeline
from tests.conftest import RedisServer

pytestmark = pytest.mark.real

MANY = 2000


@pytest.fixture
async def pipeline(redis_server: RedisServer) -> Pipeline:
    return Pipeline(str(redis_server.socket), 5)


@pytest.fixture
def frozen(redis_server: RedisServer) -> Iterator[None]:
    """A Redis that takes connections and says nothing."""
    os.kill(redis_server.process.pid, signal.SIGSTOP)
    yield
    os.kill(redis_server.process.pid, signal.SIGCONT)


async def echoes(pipeline: Pipeline, many: int) -> list[object]:
    return await asyncio.gather(*(pipeline.ask("ECHO", number) for number in range(many)), return_exceptions=True)


async def test_a_crowd_is_answered_each_its_own(pipeline: Pipeline) -> None:
    assert await echoes(pipeline, MANY) == [b"%d" % number for number in range(MANY)]


def test_on_the_loop_that_serves_too(redis_server: RedisServer) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        heard = runner.run(echoes(Pipeline(str(redis_server.socket), 5), MANY))
    assert heard == [b"%d" % number for number in range(MANY)]


async def test_who_stops_waiting_takes_nobodys_answer(pipeline: Pipeline) -> None:
    tasks = [asyncio.create_task(pipeline.ask("ECHO", number)) for number in range(MANY)]
    await asyncio.sleep(0)
    for task in tasks[::3]:
        task.cancel()
    heard = await asyncio.gather(*tasks, return_exceptions=True)
    assert [one for number, one in enumerate(heard) if number % 3] == [b"%d" % number for number in range(MANY) if number % 3]


async def test_who_stops_waiting_for_the_connection_stops_nobody_else(pipeline: Pipeline) -> None:
    first, second = (asyncio.create_task(pipeline.ask("ECHO", word)) for word in ("first", "second"))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == b"second"


async def test_a_refusal_is_that_commands_alone(pipeline: Pipeline) -> None:
    wrong, right = await asyncio.gather(pipeline.ask("NONSENSE"), pipeline.ask("ECHO", "right"), return_exceptions=True)
    assert isinstance(wrong, hiredis.ReplyError)
    assert right == b"right"


async def test_a_connection_that_redis_ends_is_made_again(pipeline: Pipeline, redis_server: RedisServer) -> None:
    other = Pipeline(str(redis_server.socket), 5)
    number = await pipeline.ask("CLIENT", "ID")
    waits = asyncio.create_task(pipeline.ask("BLPOP", "nothing", 0))
    async with asyncio.timeout(5):
        while b"cmd=blpop" not in await other.ask("CLIENT", "LIST", "ID", number):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert await other.ask("CLIENT", "KILL", "ID", number) == 1
    with pytest.raises(Lost):
        await waits
    assert await pipeline.ask("ECHO", "again") == b"again"
    assert await pipeline.ask("CLIENT", "ID") != number


@pytest.mark.usefixtures("frozen")
async def test_a_redis_that_hangs_holds_nobody_for_longer_than_it_may(redis_server: RedisServer) -> None:
    pipeline = Pipeline(str(redis_server.socket), 0.3)
    async with asyncio.timeout(5):
        heard = await echoes(pipeline, 50)
    assert {type(one) for one in heard} == {TimeoutError}


async def test_and_is_asked_again_when_it_goes_on(redis_server: RedisServer) -> None:
    pipeline = Pipeline(str(redis_server.socket), 0.3)
    os.kill(redis_server.process.pid, signal.SIGSTOP)
    try:
        assert {type(one) for one in await echoes(pipeline, 50)} == {TimeoutError}
    finally:
        os.kill(redis_server.process.pid, signal.SIGCONT)
    assert await echoes(pipeline, 50) == [b"%d" % number for number in range(50)]


def test_an_answer_that_came_while_this_process_was_held_up_counts(redis_server: RedisServer) -> None:
    read, write = os.pipe()

    def busy() -> None:
        os.read(read, 1)
        time.sleep(0.5)  # longer than an answer may take

    async def held_up() -> list[object]:
        pipeline = Pipeline(str(redis_server.socket), 0.2)
        assert await pipeline.ask("ECHO", "there") == b"there"
        asyncio.get_running_loop().add_reader(read, busy)
        asked = [asyncio.create_task(pipeline.ask("ECHO", number)) for number in range(20)]
        await asyncio.sleep(0)  # they are about to be sent, and then something else takes the loop
        os.write(write, b"!")
        return await asyncio.gather(*asked, return_exceptions=True)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:  # whose timers come before what has come
        assert runner.run(held_up()) == [b"%d" % number for number in range(20)]


async def test_one_that_is_not_there_is_an_error_at_once(tmp_path: Path) -> None:
    assert {type(one) for one in await echoes(Pipeline(str(tmp_path / "none.sock"), 5), 5)} == {FileNotFoundError}


async def test_what_is_no_redis_ends_the_connection(tmp_path: Path) -> None:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")

    async with await asyncio.start_unix_server(answer, str(tmp_path / "other.sock")):
        pipeline = Pipeline(str(tmp_path / "other.sock"), 2)
        with pytest.raises(Lost):
            await pipeline.ask("ECHO", "hello")


async def test_closed_it_says_so_to_who_waits(pipeline: Pipeline) -> None:
    assert await pipeline.ask("ECHO", "there") == b"there"
    waits = asyncio.create_task(pipeline.ask("BLPOP", "nothing", 0))
    await asyncio.sleep(0)
    pipeline.close()
    with pytest.raises(Lost):
        await waits


async def test_and_to_who_waits_for_the_connection(pipeline: Pipeline) -> None:
    waits = asyncio.create_task(pipeline.ask("ECHO", "hello"))
    await asyncio.sleep(0)
    pipeline.close()
    with pytest.raises(Lost):
        await waits
