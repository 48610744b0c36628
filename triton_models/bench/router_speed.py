"""How long does one question take the router inside nginx?

lua/edge/router.lua in LuaJIT, as nginx runs it: microseconds a guess, the median of several rounds over the questions.
"""

from __future__ import annotations

from pathlib import Path
from statistics import median

from lupa import luajit21

from pyshim.config import ROOT

ROUNDS, QUESTIONS = 7, 2000
CHUNK = b"""
local router = assert(require("edge.router").open(path))
local columns = {}
for class = 0, router.classes - 1 do columns[#columns + 1] = class end
local count = #texts
local function round()
    local began = os.clock()
    for i = 1, count do router:guess(texts[i], columns) end
    return (os.clock() - began) / count * 1e6
end
round()
return round
"""


def microseconds(path: Path, texts: list[str]) -> float:
    lua = luajit21.LuaRuntime(encoding=None)
    lua.execute(f"package.path = '{ROOT}/lua/?.lua;' .. package.path".encode())
    names = lua.globals()
    names[b"path"] = str(path).encode()
    names[b"texts"] = lua.table_from([texts[row % len(texts)].encode() for row in range(QUESTIONS)])
    one_round = lua.execute(CHUNK)
    return round(float(median(one_round() for _ in range(ROUNDS))), 2)
