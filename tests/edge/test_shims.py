"""Which shim is a user's, and what does one that fails cost?"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

NAMES = [f"10.0.0.{number}:8110" for number in range(1, 6)]
USERS = [f"shop:user-{number}" for number in range(2000)]


@pytest.fixture
def edge(lua: Any, tmp_path: Path) -> Iterator[Any]:
    """lua/edge/shims.lua on a clock that stands still until it is moved."""
    (tmp_path / "shims").write_text("".join(f"{name}\n" for name in NAMES))
    lua.execute(b"""
        clock_now = 100
        package.loaded["edge.shims"] = nil
        package.loaded["ngx.balancer"] = {}
        package.loaded["edge.clock"] = { seconds = function() return clock_now end }
    """)
    module = lua.eval(b'require("edge.shims")')
    module.begin(str(tmp_path).encode())
    yield module
    lua.execute(b'for _, name in ipairs { "edge.shims", "edge.clock", "ngx.balancer" } do package.loaded[name] = nil end')


def first(edge: Any, user: str) -> str:
    return str(edge.ranked(user.encode())[1].name.decode())


def shims(tmp_path: Path, edge: Any, *names: str) -> None:
    (tmp_path / "shims").write_text("".join(f"{name}\n" for name in names))
    assert edge.follow() is None


def test_users_are_spread_evenly(edge: Any) -> None:
    share = Counter(first(edge, user) for user in USERS)
    assert share.keys() == set(NAMES)
    assert all(300 < count < 500 for count in share.values())


def test_one_that_goes_moves_its_own_users_only_and_they_spread(edge: Any, tmp_path: Path) -> None:
    before = {user: first(edge, user) for user in USERS}
    shims(tmp_path, edge, *NAMES[1:])
    moved = {user: first(edge, user) for user in USERS if first(edge, user) != before[user]}
    assert {before[user] for user in moved} == {NAMES[0]}
    assert set(moved.values()) == set(NAMES[1:])
    shims(tmp_path, edge, *NAMES)
    assert {user: first(edge, user) for user in USERS} == before, "it is back, and so are they"


def test_one_that_failed_is_left_alone_twice_as_long_each_time_and_comes_last(edge: Any, lua: Any) -> None:
    user = USERS[0]
    mine = first(edge, user).encode()
    for alone_s in (1, 2, 4, 8, 16, 16):
        edge.failed(mine)
        start = lua.globals()[b"clock_now"]
        lua.globals()[b"clock_now"] = start + alone_s - 0.01
        ranked = list(edge.ranked(user.encode()).values())
        assert ranked[-1].name == mine
        lua.globals()[b"clock_now"] = start + alone_s
        assert first(edge, user).encode() == mine
    edge.answered(mine)
    edge.failed(mine)
    lua.globals()[b"clock_now"] += 1
    assert first(edge, user).encode() == mine, "once it answered, a second again"


def test_where_all_failed_all_are_asked_all_the_same(edge: Any) -> None:
    for name in NAMES:
        edge.failed(name.encode())
    assert len(list(edge.ranked(b"shop:ann").values())) == len(NAMES)


def test_sockets_and_addresses_are_told_apart(edge: Any, tmp_path: Path) -> None:
    shims(tmp_path, edge, "unix:/run/shim-0.sock", "[fd00::1]:8110")
    found = {one.name: (one.host, one.port) for one in edge.ranked(b"shop:ann").values()}
    assert found == {b"unix:/run/shim-0.sock": (b"unix:/run/shim-0.sock", None), b"[fd00::1]:8110": (b"[fd00::1]", 8110)}


def test_a_list_that_cannot_be_read_leaves_the_old_one(edge: Any, tmp_path: Path) -> None:
    (tmp_path / "shims").unlink()
    assert b"No such file" in edge.follow()
    assert edge.count() == len(NAMES)
