-- How much of a turn's way is each part? One function for each location of loadtest/bench/edge_bench.conf.
--
-- Each goes one part further than the one before, with the edge's own code: what is answered is always the same few bytes, so that the
-- difference of two rates is the part between them.

local versions = require "edge.versions"
local config = require "edge.config"
local identity = require "edge.identity"
local l1_screen = require "edge.l1_screen"
local l2_meter = require "edge.l2_meter"
local names = require "edge.names"
local meter = require "edge.meter"
local redis = require "edge.redis"
local turns = require "edge.turn"

local BODY = '{"answer":"ok"}\n'

local _M = {}

local function answered()
    ngx.header["Content-Type"] = "application/json; charset=utf-8"
    ngx.header["Content-Length"] = #BODY
    ngx.print(BODY)
    return ngx.exit(200)
end

local function begin()
    local turn = turns.new()
    turn.config, turn.wants, turn.route = config.current(), "query", "chat"
    return turn
end

local function sound(refused, err)
    if refused or err then error("not measured: " .. tostring(err or refused.body)) end
end

function _M.empty() return answered() end

-- The floor: one EVALSHA of the script that does least.
function _M.evalsha()
    redis.run(config.current().settings, "get-1", "bench")
    return answered()
end

-- One EVALSHA of the script that writes a turn, for a user of this request's own, by the client library as anybody would use it.
function _M.evalsha_commit()
    local s, whose = config.current().settings, "{shop:" .. ngx.var.http_x_user .. "}"
    assert(redis.run(s, "commit-3", "d:" .. whose, "h:" .. whose, "i:" .. whose,
        "idle", "", ngx.var.request_id, "0", "greet", "", '"answer":"ok","intent":"greet"', '"query":"打招呼","at":0',
        s.state_ttl_s, s.history_ttl_s, s.history_turns, "0"))
    return answered()
end

function _M.screen()
    sound(l1_screen.answer(begin()))
    return answered()
end

function _M.identity()
    local turn = begin()
    sound(l1_screen.answer(turn))
    assert(identity.verify(ngx.var.http_authorization, turn.config))
    return answered()
end

function _M.meter()
    local turn = begin()
    sound(l1_screen.answer(turn))
    sound(l2_meter.answer(turn))
    l2_meter.settle(turn)
    return answered()
end

function _M.router()
    local turn = begin()
    sound(l1_screen.answer(turn))
    sound(l2_meter.answer(turn))
    l2_meter.settle(turn)
    local version = versions.draw(turn.tenant_id, turn.user_id)
    version.router:guess(turn.query, versions.reading(version, turn.tenant).columns)
    return answered()
end

-- Metering alone, in the access phase as limit_req is in its own: everything, the tenant, the user.
function _M.only_meter()
    local now = config.current()
    local turn = { config = now, tenant_id = "shop", user_id = ngx.var.http_x_user, taken = {} }
    local tenant = now.tenants.shop.limits
    sound(meter.admit(turn, {
        "everything", names.EVERYTHING, now.limits.everything,
        "tenant", names.tenant("shop"), tenant.tenant,
        "user", names.user("shop", turn.user_id), tenant.user,
    }))
end

return _M
