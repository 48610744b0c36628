"""What do unit tests of the edge stand on? The same LuaJIT files, run by lupa."""

from typing import Any

import pytest

from pyshim.settings import ROOT

lupa = pytest.importorskip("lupa.luajit21", reason="lupa is not installed: no LuaJIT to run the edge's files in")

# A shared dictionary as nginx has it, as far as token buckets use it; tests/test_limits.py holds the real one to the same story.
DICTIONARY = """
local dict = { values = {} }
function dict:get(key) return self.values[key] end
function dict:add(key, value)
    if self.values[key] ~= nil then return false, "exists" end
    self.values[key] = value
    return true
end
function dict:incr(key, by, init)
    if self.values[key] == nil then
        if not init then return nil, "not found" end
        self.values[key] = init
    end
    self.values[key] = self.values[key] + by
    return self.values[key]
end
function dict:delete(key) self.values[key] = nil end
return dict
"""


@pytest.fixture(scope="session")
def lua() -> Any:
    """A LuaJIT that finds the edge's modules. Texts are bytes, as in nginx."""
    runtime = lupa.LuaRuntime(encoding=None, unpack_returned_tuples=True)
    runtime.execute(f"package.path = '{ROOT}/lua/?.lua;' .. package.path".encode())
    return runtime


@pytest.fixture
def dictionary(lua: Any) -> Any:
    return lua.execute(DICTIONARY.encode())
