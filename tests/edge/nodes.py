"""What do several edges look like, without nginx, Redis and time?

Each node is a LuaJIT of its own that runs the real lua/edge files on a shared dictionary made of a table; Redis is another one
that runs the real script on the few commands it needs (REDIS below; tests/redis/test_meter.py holds them to a real Redis). The
clock is a number. So every interleaving can be told, and told again.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

from pyshim.settings import ROOT
from tests.edge.conftest import lupa

# A shared dictionary, as far as the edge uses it. now() is the world's clock.
DICTIONARY = """
local now = ...
local dict = { values = {}, ends = {} }
local function live(self, key)
    local ends = self.ends[key]
    if ends and ends <= now() then self.values[key], self.ends[key] = nil, nil end
    return self.values[key]
end
function dict:get(key) return live(self, key) end
function dict:set(key, value, ttl) self.values[key], self.ends[key] = value, ttl and now() + ttl or nil; return true end
function dict:add(key, value, ttl)
    if live(self, key) ~= nil then return false, "exists" end
    return self:set(key, value, ttl)
end
function dict:incr(key, by, init)
    if live(self, key) == nil then
        if not init then return nil, "not found" end
        self.values[key] = init
    end
    self.values[key] = self.values[key] + by
    return self.values[key]
end
function dict:delete(key) self.values[key], self.ends[key] = nil, nil end
function dict:rpush(key, value)
    local list = live(self, key) or {}
    list[#list + 1] = value
    self.values[key] = list
    return #list
end
function dict:lpop(key)
    local list = live(self, key)
    return list and table.remove(list, 1)
end
function dict:rpop(key)
    local list = live(self, key)
    return list and table.remove(list)
end
function dict:llen(key) return #(live(self, key) or {}) end
function dict:clear() self.values, self.ends = {}, {} end
return dict
"""

# What of Redis lua/redis/meter-2.lua calls. now() in seconds since 1970.
REDIS = """
local now = ...
local keys, ends = {}, {}
local function live(key)
    if ends[key] and ends[key] <= now() * 1000 then keys[key], ends[key] = nil, nil end
    return keys[key]
end
local commands = {}
function commands.TIME()
    local at = now()
    local seconds = math.floor(at)
    return { string.format("%d", seconds), string.format("%d", math.floor((at - seconds) * 1e6)) }
end
function commands.GET(key) return live(key) or false end
function commands.SET(key, value, px, ms)
    assert(px == "PX" and tonumber(ms) >= 1)
    keys[key], ends[key] = tostring(value), math.floor(now() * 1000) + tonumber(ms)
    return { ok = "OK" }
end
function commands.DEL(key)
    local was = live(key)
    keys[key], ends[key] = nil, nil
    return was and 1 or 0
end
function commands.PEXPIRE(key, ms)
    if not live(key) then return 0 end
    ends[key] = math.floor(now() * 1000) + tonumber(ms)
    return 1
end
function commands.ZADD(key, score, member)
    local set = live(key) or {}
    local added = set[member] == nil and 1 or 0
    set[member] = tonumber(score)
    keys[key] = set
    return added
end
function commands.ZREMRANGEBYSCORE(key, from, to)
    assert(from == "-inf" and to:sub(1, 1) == "(")
    local removed, set = 0, live(key) or {}
    for member, score in pairs(set) do
        if score < tonumber(to:sub(2)) then set[member], removed = nil, removed + 1 end
    end
    return removed
end
function commands.ZCARD(key)
    local count = 0
    for _ in pairs(live(key) or {}) do count = count + 1 end
    return count
end
redis = {}
function redis.call(name, ...) return commands[name](...) end
local scripts = {}
return function(text, keys, arguments)
    KEYS, ARGV = keys, arguments
    scripts[text] = scripts[text] or assert(loadstring(text))  -- as Redis does: read once
    return scripts[text]()
end
"""

NODE = """
local world = ...
ngx = { ERR = 1, WARN = 2, NOTICE = 3, shared = { buckets = world.dict, metrics = world.dict },
    log = function() end, time = function() return 1 end,
    sleep = function(s) world.sleep(s) end,
    worker = { id = function() return 0 end, count = function() return 1 end, pid = function() return 1 end },
    thread = { spawn = function(run, ...) return { run(...) } end, wait = function(done) return true, unpack(done) end },
    timer = { at = function() return true end } }
package.loaded["edge.clock"] = { seconds = function() return world.now() end }
package.loaded["edge.config"] = { current = function() return world.config end }
package.loaded["edge.redis"] = { run = function(_, name, edges, prefix, ...)
    local answer = world.redis(name, { edges, prefix }, { ... })
    if answer == nil then return nil, "redis: timeout" end
    return answer
end }
package.loaded["cjson"] = { encode = function() return "{}" end }
local meter, lease, edges = require "edge.meter", require "edge.lease", require "edge.edges"
local names, level = require "edge.names", require "edge.level"
local node = {}
function node.admit(tenant, user)
    local turn = { id = "t", tenant_id = tenant, config = world.config, taken = {} }
    local about = world.config.tenants[tenant].limits
    local refused, err = meter.admit(turn, { "everything", names.EVERYTHING, world.config.limits.everything,
        "tenant", names.tenant(tenant), about.tenant, "user", names.user(tenant, user), about.user })
    assert(not err, err)
    if refused then return tonumber(refused.headers["Retry-After"]), refused end
    return 0
end
function node.tick()
    lease.look_for_redis()
    return lease.settle()
end
function node.sharing() return edges.sharing() or 0 end
function node.gauges() return require("edge.bounds").gauges({}, world.config) end
return node
"""


def limit(rate: float, burst: int, shadow: bool = False) -> dict[str, Any]:
    return {"rate_per_s": rate, "burst": burst, "shadow": shadow}


WIDE = limit(1e6, 1_000_000)
SCRIPT = (ROOT / "lua/redis/meter-2.lua").read_text(encoding="utf-8").encode()


def _lua(value: Any, runtime: Any) -> Any:
    if isinstance(value, dict):
        return runtime.table_from({k.encode(): _lua(v, runtime) for k, v in value.items()})
    if isinstance(value, list):
        return runtime.table_from([_lua(v, runtime) for v in value])
    return value.encode() if isinstance(value, str) else value


def runtime() -> Any:
    made = lupa.LuaRuntime(encoding=None, unpack_returned_tuples=True)
    made.execute(f"package.path = '{ROOT}/lua/?.lua;' .. package.path".encode())
    return made


@dataclass
class World:
    """Some nodes on one Redis, or a cluster. away, asked: slots, by how their keys begin, that do not answer and that were asked.
    lose: what becomes of the next call: "" (nothing), "asked" (the call is lost), "answered" (its answer is); timeout_s: how
    long is waited for it. between: called while a node waits for Redis, with the node."""

    everything: dict[str, Any] = field(default_factory=lambda: dict(WIDE))
    tenant: dict[str, Any] = field(default_factory=lambda: dict(WIDE))
    user: dict[str, Any] = field(default_factory=lambda: dict(WIDE))
    now: float = 1000.0
    up: bool = True
    lose: str = ""
    timeout_s: float = 0.0
    cluster: bool = False
    away: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)
    calls: int = 0
    between: Callable[["Node"], None] | None = None

    def __post_init__(self) -> None:
        self.runtime = runtime()
        self.forget()

    def forget(self) -> None:
        """An empty Redis."""
        self.script = self.runtime.execute(REDIS.encode(), lambda: 1.7e9 + self.now)

    def config(self) -> dict[str, Any]:
        limits = {"tenant": self.tenant, "user": self.user}
        return {
            "settings": {"redis_timeout_ms": 250, "node": "n", "redis": {"cluster": self.cluster}},
            "screen": {"address_limit": WIDE},
            "limits": {"everything": self.everything},
            "tenants": {"shop": {"limits": limits}, "bank": {"limits": limits}},
        }

    def eval(self, keys: Any, arguments: Any) -> list[Any]:
        """The script, as Redis runs it: arguments are texts."""
        texts = [value if isinstance(value, bytes) else f"{value:.17g}".encode() for value in arguments]
        answer = self.script(SCRIPT, _lua(list(keys), self.runtime), self.runtime.table_from(texts))
        return list(answer.values())


class Node:
    """One nginx: its workers share the dictionary, and so do not differ."""

    def __init__(self, world: World, name: str = "n") -> None:
        self.world, self.name = world, name
        self.lua = runtime()
        self.dict = self.lua.execute(DICTIONARY.encode(), lambda: world.now)
        self.lua.execute(f"math.randomseed({crc32(name.encode())})".encode())
        self.table = self.lua.table_from(
            {b"dict": self.dict, b"now": lambda: world.now, b"redis": self._redis, b"sleep": self._sleep}
        )
        self.configure()
        self.node = self.lua.execute(NODE.encode(), self.table)
        self.dict[b"set"](self.dict, b"name", name.encode())

    def configure(self) -> None:
        """Reads the world's limits anew, as a worker does that swaps its configuration."""
        self.table[b"config"] = _lua(self.world.config(), self.lua)

    def _sleep(self, seconds: float) -> None:
        self.world.now += seconds

    def _redis(self, name: bytes, keys: Any, arguments: Any) -> Any:
        world = self.world
        assert name == b"meter-2"
        world.calls += 1
        if world.between:
            between, world.between = world.between, None
            between(self)
        lost, world.lose = world.lose, ""
        _, prefix = (key.decode() for key in keys.values())
        world.asked.add(prefix)
        if not world.up or prefix in world.away or lost == "asked":
            world.now += world.timeout_s
            return None
        answer = world.eval([k.decode() for k in keys.values()], list(arguments.values()))
        if lost == "answered":
            world.now += world.timeout_s
            return None
        return self.lua.table_from(answer)

    def ask(self, user: str = "ann", tenant: str = "shop") -> int:
        """0 when admitted, else Retry-After."""
        answer = self.node[b"admit"](tenant.encode(), user.encode())
        return int(answer[0] if isinstance(answer, tuple) else answer)

    def tick(self) -> None:
        self.node[b"tick"]()

    def crash(self) -> None:
        """The whole nginx is started again: its memory is new."""
        self.dict[b"clear"](self.dict)
        self.dict[b"set"](self.dict, b"name", self.name.encode())
        self.configure()

    @property
    def sharing(self) -> int:
        return int(self.node[b"sharing"]())

    def gauge(self, name: str) -> float:
        return float(self.node[b"gauges"]()[name.encode()])
