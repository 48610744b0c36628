"""Does one late turn that Redis never takes keep the others from being written?"""

import asyncio
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from pyshim.outside.redis import Script, opened
from pyshim.settings import read_settings
from pyshim.turns import aside
from pyshim.turns.late import TRIES, Late
from pyshim.turns.memory import Memory
from tests.conftest import RedisServer, Stack, make_stack, wait_until
from tests.http.door import Door, door
from tests.sluice import here


def arguments(user: str) -> list[str]:
    """Of commit-3, for a turn that was answered while Redis was away."""
    whose, fields = f"{{shop:{user}}}", f'"turn_id":"{user}","answer":"你好"'
    keys = [f"d:{whose}", f"h:{whose}", f"i:{whose}"]
    return [*keys, "late", "", user, "0", "greet", "", fields, '"query":"在吗","at":1', "1800", "604800", "100", "0"]


def spoil(client: "redis.Redis[bytes]", user: str) -> None:
    """What Redis has of this user is of a kind that no turn can be added to."""
    client.set(f"h:{{shop:{user}}}", "no list")


def heal(client: "redis.Redis[bytes]", user: str) -> None:
    client.delete(f"h:{{shop:{user}}}")


def written(client: "redis.Redis[bytes]", user: str) -> bool:
    return client.llen(f"h:{{shop:{user}}}") == 1


@pytest.fixture
def client(redis_server: RedisServer) -> Iterator["redis.Redis[bytes]"]:
    with redis.Redis(unix_socket_path=str(redis_server.socket)) as found:
        yield found


def stack_on(redis_server: RedisServer, folder: Path) -> Stack:
    made = make_stack(folder, REDIS=str(redis_server.socket))
    made.settings.run.mkdir(parents=True, exist_ok=True)
    return made


async def test_a_shim_sets_it_aside_and_goes_on_and_the_command_writes_it_later(
    redis_server: RedisServer, client: "redis.Redis[bytes]", tmp_path: Path
) -> None:
    stack = stack_on(redis_server, tmp_path)
    spoil(client, "aside-one")
    late = Late(stack.settings.run / "late-shim-0")
    for user in ("aside-one", "aside-two"):
        late.keep(0.0, tuple(arguments(user)))
    async with opened(stack.settings, 1) as store:
        memory = Memory(stack.settings, store, late)
        for _ in range(TRIES - 1):
            assert not await memory._write_due()
            assert len(late) == 2
        assert await memory._write_due()
    assert (len(late), written(client, "aside-two")) == (0, True)
    [path] = stack.settings.run.glob("aside-*")
    assert path.stat().st_mode & 0o077 == 0
    listed = (await asyncio.to_thread(here, stack, "late", "list")).stdout
    assert "shim-0  shop:aside-one  aside-one  refused: WRONGTYPE" in listed and "在吗" not in listed
    assert "; the key h:{shop:aside-one} is a string, a list is wanted" in listed
    assert "written: 0, still set aside: 1" in (await asyncio.to_thread(here, stack, "late", "retry")).stdout
    heal(client, "aside-one")
    assert "written: 1, still set aside: 0" in (await asyncio.to_thread(here, stack, "late", "retry")).stdout
    assert written(client, "aside-one")
    assert not list(stack.settings.run.glob("aside-*"))


async def test_a_redis_that_refuses_all_alike_is_waited_for(
    redis_server: RedisServer, client: "redis.Redis[bytes]", tmp_path: Path
) -> None:
    late = Late(tmp_path / "late-shim-0")
    late.keep(0.0, tuple(arguments("patient")))
    settings = read_settings({"SLUICE_REDIS": str(redis_server.socket)})
    client.acl_setuser("default", enabled=True, nopass=True, commands=["-evalsha", "-eval"])
    try:
        async with opened(settings, 1) as store:
            memory = Memory(settings, store, late)
            for _ in range(2 * TRIES):
                assert not await memory._write_due()
            client.acl_setuser("default", enabled=True, nopass=True, commands=["+@all"])
            assert await memory._write_due()
    finally:
        client.acl_setuser("default", enabled=True, nopass=True, commands=["+@all"])
    assert written(client, "patient")
    assert aside.files(tmp_path) == []


async def test_what_cannot_be_set_aside_lets_the_others_pass(
    redis_server: RedisServer, client: "redis.Redis[bytes]", tmp_path: Path
) -> None:
    spoil(client, "stuck-one")
    late = Late(tmp_path / "gone" / "late-shim-0")
    for user in ("stuck-one", "stuck-two"):
        late.keep(0.0, tuple(arguments(user)))
    settings = read_settings({"SLUICE_REDIS": str(redis_server.socket)})
    async with opened(settings, 1) as store:
        memory = Memory(settings, store, late)
        for _ in range(TRIES):
            await memory._write_due()
    assert (len(late), written(client, "stuck-two")) == (1, True)


async def test_an_error_of_the_disk_does_not_end_the_writer(
    redis_server: RedisServer, client: "redis.Redis[bytes]", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError("the disk is gone")

    late = Late(tmp_path / "late-shim-0")
    late.keep(0.0, tuple(arguments("disk")))
    monkeypatch.setattr(Path, "unlink", broken)
    settings = read_settings({"SLUICE_REDIS": str(redis_server.socket)})
    async with opened(settings, 1) as store:
        assert await Memory(settings, store, late)._write_due()
    assert (len(late), written(client, "disk")) == (0, True)


def test_what_shall_not_be_written_any_more_is_discarded(redis_server: RedisServer, tmp_path: Path) -> None:
    stack = stack_on(redis_server, tmp_path)
    for user in ("one", "two", "three"):
        aside.put_arguments(stack.settings.run / "aside-shim-0", 1.0, "refused", tuple(arguments(user)))
    assert "turn ids as `sluice late list` shows them, or --all, are wanted" in here(stack, "late", "discard").stdout
    assert "none of these is set aside" in here(stack, "late", "discard", "four").stdout
    assert "erased: 1" in here(stack, "late", "discard", "two").stdout
    assert "2 set aside" in here(stack, "late", "list").stdout
    assert "erased: 2" in here(stack, "late", "discard", "--all").stdout
    assert aside.files(stack.settings.run) == []


def test_without_redis_they_are_listed_all_the_same(tmp_path: Path) -> None:
    stack = make_stack(tmp_path, REDIS=str(tmp_path / "nobody"))
    stack.settings.run.mkdir(parents=True, exist_ok=True)
    aside.put_arguments(stack.settings.run / "aside-shim-0", 1.0, "refused", tuple(arguments("one")))
    assert "shop:one  one  refused; which key it was cannot be asked: " in here(stack, "late", "list").stdout


def command(user: str) -> str:
    """As lua/edge/commit.lua says it."""
    parts = ["EVALSHA", Script("commit-3").sha, "3", *arguments(user)]
    return f"*{len(parts)}\r\n" + "\r\n".join(f"${len(one.encode())}\r\n{one}" for one in parts)


def leave(opened: Door, *texts: str) -> None:
    """As an nginx that left."""
    path = opened.edge.settings.run / "late-edge-63"
    draft = path.with_suffix(".draft")
    draft.write_text("".join(f"{text}\n" for text in texts))
    os.rename(draft, path)


def test_nginx_sets_aside_what_is_refused_and_what_nobody_can_read(tmp_path: Path) -> None:
    with door(tmp_path / "door") as opened, redis.Redis(unix_socket_path=str(opened.edge.settings.redis.socket)) as client:
        spoil(client, "edge-one")
        due = time.time()
        leave(opened, *(json.dumps({"due": due, "command": command(user)}) for user in ("edge-one", "edge-two")), '{"due":')
        stack = Stack(
            tmp_path, {"SLUICE_VAR": str(opened.edge.settings.var), "SLUICE_REDIS": str(opened.edge.settings.redis.socket)}
        )
        wait_until(lambda: opened.metric("sluice_late_aside_total") == 2)
        assert written(client, "edge-two")
        assert (opened.edge.settings.run / "aside-edge").stat().st_mode & 0o077 == 0
        listed = here(stack, "late", "list").stdout
        assert "edge  shop:edge-one  edge-one  redis: WRONGTYPE" in listed and "2 set aside" in listed
        heal(client, "edge-one")
        assert "written: 1, still set aside: 1" in here(stack, "late", "retry").stdout
        assert written(client, "edge-one")
