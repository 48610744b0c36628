"""How long does one question take the router inside nginx?

lua/edge/router.lua in LuaJIT, as nginx runs it, every label competing. Of each question the mean of some guesses in a row, since
the clock counts whole microseconds; the first round, in which LuaJIT compiles, is not counted.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from lupa import luajit21

from pyshim.settings import ROOT

QUESTIONS, GUESSES = 1000, 50
CHUNK = b"""
local router = assert(require("edge.router").open(path))
local columns, priors = {}, {}
for class = 0, router.classes - 1 do columns[#columns + 1], priors[#priors + 1] = class, 0 end
local function round()
    local took = {}
    for i = 1, #texts do
        local text, began = texts[i], os.clock()
        for _ = 1, guesses do router:guess(text, columns, priors) end
        took[i] = (os.clock() - began) / guesses * 1e6
    end
    return took
end
round()
return round()
"""


def router_speed(path: Path, texts: list[str]) -> dict[str, float | int]:
    """microseconds: the mean of a question; p50_ms and p99_ms over the questions; per_second on one core."""
    lua = luajit21.LuaRuntime(encoding=None)
    lua.execute(f"package.path = '{ROOT}/lua/?.lua;' .. package.path".encode())
    names = lua.globals()
    names[b"path"], names[b"guesses"] = str(path).encode(), GUESSES
    names[b"texts"] = lua.table_from([texts[row % len(texts)].encode() for row in range(QUESTIONS)])
    took = np.array(list(lua.execute(CHUNK).values()))
    return {
        "microseconds": round(float(took.mean()), 2),
        "p50_ms": round(float(np.percentile(took, 50)) / 1e3, 5),
        "p99_ms": round(float(np.percentile(took, 99)) / 1e3, 5),
        "per_second": round(1e6 / float(took.mean())),
    }
