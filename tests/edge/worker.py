"""As much of an nginx worker as edge/identity.lua and edge/revoked.lua look at."""

import json
from collections.abc import Callable
from typing import Any

from pyshim.settings import ROOT
from tests.edge.conftest import lupa
from tests.edge.tokens import Signer

STAND_INS = """
local from_json, run, now, shared = ...
package.path = %r .. package.path
local null = newproxy()
ngx = { null = null, now = now, time = function() return math.floor(now()) end, shared = { revoked = {} },
    worker = { id = function() return 1 end } }
function ngx.shared.revoked:safe_set(key, value) shared[key] = value return true end
function ngx.shared.revoked:get(key) return shared[key] end
function ngx.shared.revoked:get_keys() local keys = {} for key in pairs(shared) do keys[#keys + 1] = key end return keys end
local cjson = { decode = function(text) return from_json(text, null) end }
function cjson.new() return cjson end
function cjson.decode_max_depth() end
function cjson.decode_invalid_numbers() end
package.loaded["cjson.safe"] = cjson
package.loaded["resty.lrucache"] = { new = function()
    local values = {}
    return { get = function(_, key) return values[key] end, set = function(_, key, value) values[key] = value end }
end }
package.loaded["edge.metrics"] = { counted = {}, add = function() end }
local counted = package.loaded["edge.metrics"].counted
package.loaded["edge.metrics"].add = function(key, by) counted[key] = (counted[key] or 0) + by end
package.loaded["edge.redis"] = { run = function(_, name, ...) return run(name, ...) end }
"""

Run = Callable[..., Any]


def away(*_: Any) -> Any:
    """A Redis that does not answer."""
    return None, b"redis: away"


class Worker:
    """now: seconds since 1970, to be set by the test. run: answers like lua/edge/redis.lua."""

    def __init__(self, now: float, run: Run = away, left: dict[bytes, bytes] | None = None) -> None:
        self.now, self.run = now, run
        self.lua = lupa.LuaRuntime(encoding=None, unpack_returned_tuples=True)
        self._left = self.lua.table_from(left or {})
        begin = self.lua.eval(b"function(text, ...) return assert(loadstring(text))(...) end")
        code = (STAND_INS % f"{ROOT}/lua/?.lua;").replace("'", '"').encode()
        begin(code, self._from_json, self._run, lambda: self.now, self._left)
        self.revoked = self.lua.eval(b"require 'edge.revoked'")
        self.identity = self.lua.eval(b"require 'edge.identity'")
        self.revoked[b"begin"](self.table({"redis_timeout_ms": 0}))
        self.identity[b"begin"](1000)

    @property
    def left(self) -> dict[bytes, bytes]:
        """What it left in shared memory."""
        return dict(self._left)

    def _run(self, name: bytes, *arguments: Any) -> Any:
        value = self.run(name, *arguments)
        return self.lua.table_from(value) if isinstance(value, list) else value

    def _from_json(self, text: bytes, null: Any) -> Any:
        try:
            return self.table(json.loads(text), null)
        except ValueError:
            return None

    def table(self, value: Any, null: Any = None) -> Any:
        if isinstance(value, dict):
            return self.lua.table_from({name.encode(): self.table(one, null) for name, one in value.items()})
        if isinstance(value, list):
            return self.lua.table_from([self.table(one, null) for one in value])
        if isinstance(value, str):
            return value.encode()
        return null if value is None else value

    def follow(self) -> str | None:
        """Asks Redis once; what went wrong."""
        error = self.revoked[b"follow"](self.table({}))
        return error.decode() if error else None

    def holds(self, **claims: Any) -> bool:
        """Is a token with these claims revoked?"""
        return bool(self.revoked[b"holds"](self.table(claims)))

    def known(self) -> int:
        return int(self.revoked[b"known"]()[0])

    def config(self, keys: dict[str, tuple[Signer, dict[str, Any]]], **settings: Any) -> Any:
        """A configuration as edge/config.lua hands it out; keys: kid -> signer and tenant_id, mark, issuer."""
        opened = self.lua.table()
        open_ = self.lua.eval(b"require 'edge.signature'.open")
        for kid, (signer, more) in keys.items():
            opened[kid.encode()] = open_(self.table({"kid": kid, "alg": signer.alg, **more}), signer.verifies)
        chosen = {"token_leeway_s": 5, "token_life_max_s": 3600, "token_audience": "sluice", **settings}
        made = self.table({"settings": chosen})
        made[b"keys"] = opened
        return made

    def show(self, token: str, config: Any) -> str:
        """The user the token is taken for, or the code it is refused with."""
        claims, code, _ = self.identity[b"verify"](f"Bearer {token}".encode(), config)
        return str((claims[b"user_id"] if claims else code).decode())

    def refused(self) -> dict[str, int]:
        """Counted refusals, by reason."""
        counted = self.lua.eval(b"require 'edge.metrics'.counted")
        return {name.split(b'"')[1].decode(): int(count) for name, count in counted.items()}
