"""Does a worker of nginx follow every change of the configuration's record, whatever comes in between?"""

import json
from typing import Any

import pytest

from pyshim.settings import ROOT
from tests.edge.conftest import lupa

STAND_INS = """
local decode, run = ...
package.path = %r .. package.path
ngx = { worker = { id = function() return 0 end } }
package.loaded["cjson.safe"] = { decode = decode }
package.loaded["edge.redis"] = { run = function(_, name, ...) return run(name, ...) end }
local serving = { number = 0 }
package.loaded["edge.config"] = {
    current = function() return serving end,
    part = function() return {} end,
    version = function(number) return { number = number } end,
    serve = function(version) serving = version end,
}
return require "edge.config_follower"
"""


class Worker:
    """The real file; record: what Redis has; between: what happens when a version is asked for, once."""

    def __init__(self) -> None:
        self.record: dict[str, int] = {"seq": 1, "serving": 1}
        self.between: dict[int, Any] = {}
        self.has: set[int] = set()
        self.lua = lupa.LuaRuntime(encoding=None, unpack_returned_tuples=True)
        begin = self.lua.eval(b"function(text, ...) return assert(loadstring(text))(...) end")
        code = (STAND_INS % f"{ROOT}/lua/?.lua;").replace("'", '"').encode()
        self._follower = begin(code, self._decode, self._run)
        self._settings = self.lua.table_from({b"node": b"here"})

    def _decode(self, text: bytes) -> Any:
        def table(value: Any) -> Any:
            return self.lua.table_from({k.encode(): table(v) for k, v in value.items()}) if isinstance(value, dict) else value

        return table(json.loads(text))

    def _run(self, name: bytes, *rest: Any) -> Any:
        if name == b"get-1":
            number = int(rest[0].rpartition(b":")[2])
            return self.between.pop(number)() if number in self.between else b'{"parts":{}}'
        _, _, _, seq, _, has, _ = rest
        self.has = {int(one) for one in has.split(b",") if one}
        return b"" if seq == self.record["seq"] else json.dumps(self.record).encode()

    def beat(self) -> str | None:
        err = self._follower[b"beat"](self._settings)
        return err.decode() if err else None


@pytest.fixture
def worker() -> Worker:
    worker = Worker()
    assert worker.beat() is None
    assert worker.has == {1}
    return worker


def test_a_change_that_comes_while_the_one_before_is_followed_is_followed_next(worker: Worker) -> None:
    def another() -> bytes:
        worker.record = {"seq": 3, "serving": 1, "preparing": 3}
        return b'{"parts":{}}'

    worker.record = {"seq": 2, "serving": 1, "preparing": 2}
    worker.between[2] = another
    worker.beat()
    worker.beat()
    assert worker.has >= {1, 3}


def test_what_could_not_be_read_since_redis_went_away_is_read_at_the_next_beat(worker: Worker) -> None:
    worker.record = {"seq": 2, "serving": 1, "preparing": 2}
    worker.between[2] = lambda: (None, b"redis: away")
    assert worker.beat() == "version 2: redis: away"
    assert worker.has == {1}
    assert worker.beat() is None
    assert worker.has == {1, 2}
