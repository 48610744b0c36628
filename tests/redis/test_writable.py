"""Does a Redis that takes nothing say so, at once and of whole scripts, and is what it says understood?"""

import asyncio
from pathlib import Path
from typing import Any

import pytest
import redis

from pyshim.errors import RedisAway, RedisRefused, RedisTakesNothing
from pyshim.outside.redis import Redis, Script, opened
from pyshim.settings import ROOT, Settings, read_settings
from tests.conftest import RedisServer
from tests.edge.conftest import lupa
from tests.takes_nothing import FAULTS, takes_nothing

pytestmark = pytest.mark.real

# As Redis 7 words them.
REFUSALS = [
    "OOM command not allowed when used memory > 'maxmemory'.",
    "READONLY You can't write against a read only replica.",
    "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
    "NOREPLICAS Not enough good replicas to write.",
    "LOADING Redis is loading the dataset in memory",
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
]
OURS = [
    "WRONGTYPE Operation against a key holding the wrong kind of value",
    "ERR user_script:1: Script attempted to access nonexistent global variable 'foo'",
]


@pytest.fixture
def settings(redis_server: RedisServer) -> Settings:
    return read_settings({"SLUICE_REDIS": str(redis_server.socket)})


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_turn_is_refused_before_anything_is_read_of_it_and_taken_again_when_that_is_over(
    settings: Settings, fault: str
) -> None:
    load = Script("load-2"), "d:{shop:full}", "h:{shop:full}", 1800
    commit = Script("commit-3"), *(f"{kind}:{{shop:full}}" for kind in "dhi"), "idle", "", "t", 0, "greet", "", '"a":1', '"b":2'
    async with opened(settings) as client:
        with takes_nothing(settings.redis.socket, fault):
            assert await client.command("GET", "x") is None
            for script, *arguments in (load, (*commit, 60, 60, 100, 0)):
                with pytest.raises(RedisTakesNothing, match=f"cannot write: {fault} "):
                    await client.run(script, *arguments)
            with pytest.raises(RedisTakesNothing, match=f"cannot write: {fault} "):
                await client.check_writable()
        await client.check_writable()
        assert (await client.run(*load))[0] == b""


def test_asking_whether_it_can_be_written_writes_nothing(redis_server: RedisServer) -> None:
    with redis.Redis(unix_socket_path=str(redis_server.socket)) as client:
        before, keys = client.info("persistence")["rdb_changes_since_last_save"], client.dbsize()
        assert client.eval(Script("writable-0").text, 0) == b"ok"
        assert (client.info("persistence")["rdb_changes_since_last_save"], client.dbsize()) == (before, keys)


async def said_of(answer: str, folder: Path) -> RedisAway:
    """What the shim makes of a Redis that answers every command so."""

    async def answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            for _ in range(2 * int(line[1:])):
                await reader.readline()
            writer.write(f"-{answer}\r\n".encode())
        writer.close()

    path = folder / "s"
    async with await asyncio.start_unix_server(answering, path):
        client = Redis(read_settings({"SLUICE_REDIS": str(path)}))
        try:
            with pytest.raises(RedisAway) as caught:
                await client.check_writable()
        finally:
            await client.close()
    return caught.value


@pytest.mark.parametrize("answer", REFUSALS)
async def test_the_shim_tells_a_redis_that_takes_nothing(tmp_path: Path, answer: str) -> None:
    error = await said_of(answer, tmp_path)
    assert (type(error), str(error)) == (RedisTakesNothing, f"cannot write: {answer}")


@pytest.mark.parametrize("answer", OURS)
async def test_the_shim_takes_no_fault_of_ours_for_that(tmp_path: Path, answer: str) -> None:
    assert type(await said_of(answer, tmp_path)) is RedisRefused


EDGE = """
local said = ...
package.path = "%s/lua/?.lua;" .. package.path
package.loaded["edge.cluster"] = {
    node = function() return "unix:s" end,
    run_on = function()
        if said == "timeout" then return nil, said end
        if said then return false, said end
        return "ok"
    end,
}
ngx = { sha1_bin = function() return "" end }
local redis = require "edge.redis"
redis.load_script("%s/lua/redis", "writable-0")
return redis.writable({}, "d:{shop:ann}")
"""


def edge_says(answer: str | None) -> Any:
    lua = lupa.LuaRuntime(unpack_returned_tuples=True)
    return lua.eval("function(text, ...) return assert(loadstring(text))(...) end")(EDGE % (ROOT, ROOT), answer)


@pytest.mark.parametrize("answer", REFUSALS)
def test_the_edge_tells_a_redis_that_takes_nothing(answer: str) -> None:
    assert edge_says(answer) == (None, f"cannot write: {answer}")


@pytest.mark.parametrize("answer", [*OURS, "timeout"])
def test_the_edge_takes_nothing_else_for_that(answer: str) -> None:
    assert edge_says(answer) == (None, answer)
    assert edge_says(None) is True
