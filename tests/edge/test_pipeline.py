"""Turns that go to Redis together: each hears its own answer, whatever becomes of the others."""

from typing import Any

import pytest

from pyshim.settings import ROOT
from tests.edge.conftest import lupa

# One worker: turns are coroutines, a bell wakes whoever waits at it, and Redis says what the test lets it say.
WORKER = """
package.path = %r .. package.path
local W = { trips = {}, said = {}, answers = {}, ready = {}, at_bell = {}, now = 100, broken = {} }
local hearing
local function wake(co) W.ready[#W.ready + 1] = co end
local Bell = {}
Bell.__index = Bell
function Bell:post()
    self.count = self.count + 1
    if self.waiter then
        wake(self.waiter)
        self.waiter = nil
    end
end
function Bell:wait(seconds)
    if self.count == 0 and seconds > 0 then
        self.waiter = coroutine.running()
        W.at_bell[self.waiter] = self
        coroutine.yield()
        W.at_bell[coroutine.running()] = nil
    end
    if self.count == 0 then return nil, "timeout" end
    self.count = self.count - 1
    return true
end
package.loaded["ngx.semaphore"] = { new = function() return setmetatable({ count = 0 }, Bell) end }
local Socket = {}
Socket.__index = Socket
function Socket:settimeout() end
function Socket:connect() if W.broken.connect then return nil, W.broken.connect end return true end
function Socket:send(pieces)
    W.trips[#W.trips + 1] = table.concat(pieces)
    if W.broken.send then return nil, W.broken.send end
    return 1
end
function Socket:receive(wanted)
    if #W.said == 0 then
        hearing = coroutine.running()
        coroutine.yield()
    end
    if W.broken.receive then return nil, W.broken.receive end
    return table.remove(W.said, 1)
end
function Socket:close() W.closed = (W.closed or 0) + 1 end
function Socket:setkeepalive() W.kept = (W.kept or 0) + 1 end
ngx = { now = function() return W.now end, null = "null" }
package.loaded["edge.connection"] = {
    open = function()
        local socket = setmetatable({}, Socket)
        local sound, err = socket:connect()
        return sound and socket or nil, err
    end,
    keep = function(socket) socket:setkeepalive() end,
}
local pipeline = require "edge.pipeline"
local way = pipeline.new("unix:x", false)
local function go()
    while #W.ready > 0 do assert(coroutine.resume(table.remove(W.ready, 1))) end
end
function W.ask(name)
    local co = coroutine.create(function()
        local answer, err = pipeline.run(way, { redis_timeout_ms = 50 }, name)
        W.answers[name] = answer and { answer } or { nil, err }
    end)
    W[name] = co
    wake(co)
    go()
end
function W.say(...)     -- lines of Redis, until nobody listens any more
    for i = 1, select("#", ...) do W.said[i] = select(i, ...) end
    while hearing and (#W.said > 0 or W.broken.receive) do
        local co = hearing
        hearing = nil
        wake(co)
        go()
    end
end
function W.too_late(name)
    W.at_bell[W[name]].waiter = nil
    wake(W[name])
    go()
end
return W
"""


@pytest.fixture
def worker() -> Any:
    runtime = lupa.LuaRuntime(encoding="utf-8", unpack_returned_tuples=True)
    return runtime.execute(WORKER.replace("%r", f'"{ROOT}/lua/?.lua;"'))


def answers(worker: Any) -> dict[str, Any]:
    """Who was told what, and "!..." who was told of an error."""
    return {name: told[1] if told[1] is not None else f"!{told[2]}" for name, told in worker.answers.items()}


def test_who_comes_alone_goes_at_once(worker: Any) -> None:
    worker.ask("a")
    worker.say("+ok 1")
    assert answers(worker) == {"a": "ok 1"}
    assert list(worker.trips.values()) == ["a\r\n"]
    assert worker.kept == 1


def test_who_comes_meanwhile_goes_together_on_the_next_trip_and_each_hears_its_own(worker: Any) -> None:
    for name in "abcd":
        worker.ask(name)
    worker.say("+for a", "+for b", "+for c", "+for d")
    assert answers(worker) == {name: f"for {name}" for name in "abcd"}
    assert list(worker.trips.values()) == ["a\r\n", "b\r\nc\r\nd\r\n"]


def test_bells_are_used_again_and_ring_for_nobody_else(worker: Any) -> None:
    for number in range(5):
        for name in ("a", "b", "c"):
            worker.ask(f"{name}{number}")
        worker.say(f"+a{number}", f"+b{number}", f"+c{number}")
    assert answers(worker) == {f"{name}{number}": f"{name}{number}" for name in "abc" for number in range(5)}
    assert len(worker.trips) == 10


@pytest.mark.parametrize(
    ("lines", "heard"),
    [
        (["+ok"], "ok"),
        ([":7"], 7),
        (["$3", "abc\r\n"], "abc"),
        (["$-1"], "null"),
        (["-NOSCRIPT no"], "!NOSCRIPT no"),
        (["nonsense"], "!this is no answer of Redis: nonsense"),
    ],
)
def test_every_kind_of_answer(worker: Any, lines: list[str], heard: Any) -> None:
    worker.ask("a")
    worker.say(*lines)
    assert answers(worker) == {"a": heard}


def test_an_array_is_heard_whole(worker: Any) -> None:
    worker.ask("a")
    worker.say("*2", "$6", "replay\r\n", "*1", ":1")
    told = answers(worker)["a"]
    assert (told[1], told[2][1]) == ("replay", 1)


def test_an_error_of_redis_is_one_commands_own(worker: Any) -> None:
    for name in "abc":
        worker.ask(name)
    worker.say("+for a", "-ERR b is wrong", "+for c")
    assert answers(worker) == {"a": "for a", "b": "!ERR b is wrong", "c": "for c"}


@pytest.mark.parametrize("step", ["connect", "send"])
def test_a_trip_that_cannot_begin_fails_for_all_on_it_and_the_next_one_goes(worker: Any, step: str) -> None:
    for name in "abc":
        worker.ask(name)
    worker.broken[step] = "away"
    worker.say("+for a")
    assert answers(worker) == {"a": "for a", "b": "!away", "c": "!away"}
    worker.broken[step] = None
    worker.ask("d")
    worker.say("+for d")
    assert answers(worker)["d"] == "for d"


def test_a_trip_that_breaks_fails_for_those_who_heard_nothing(worker: Any) -> None:
    for name in "abc":
        worker.ask(name)
    worker.say("+for a", "+for b")
    worker.broken["receive"] = "timeout"
    worker.say()
    assert answers(worker) == {"a": "for a", "b": "for b", "c": "!timeout"}
    assert worker.closed == 1


def test_who_stops_waiting_before_its_trip_is_not_sent(worker: Any) -> None:
    for name in "abc":
        worker.ask(name)
    worker.too_late("b")
    worker.say("+for a", "+for c")
    assert answers(worker) == {"a": "for a", "b": "!timeout", "c": "for c"}
    assert list(worker.trips.values()) == ["a\r\n", "c\r\n"]


def test_the_answer_of_who_stops_waiting_on_the_way_is_nobody_elses(worker: Any) -> None:
    for name in "abcd":
        worker.ask(name)
    worker.say("+for a")
    worker.too_late("c")
    worker.say("+for b", "+for c", "+for d")
    assert answers(worker) == {"a": "for a", "b": "for b", "c": "!timeout", "d": "for d"}


def test_a_leader_that_was_cut_off_leads_nobody_for_long(worker: Any) -> None:
    worker.ask("cut off")
    worker.ask("waits")
    worker.too_late("waits")
    worker.now += 1
    worker.ask("later")
    assert worker.trips[2] == "later\r\n"
