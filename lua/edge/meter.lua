-- May this turn have a token from each of these buckets?
--
-- From all of them or from none: what was taken, in this layer or one before, is given back when a bucket refuses. A limit in
-- shadow mode counts whom it would have refused, and lets them pass. An nginx that is alone has its buckets to itself
-- (edge/bucket.lua); several lease them (edge/lease.lua).

local account = require "edge.account"
local bucket = require "edge.bucket"
local clock = require "edge.clock"
local edges = require "edge.edges"
local lease = require "edge.lease"
local level = require "edge.level"
local metrics = require "edge.metrics"
local replies = require "edge.reply"

local buckets = ngx.shared.buckets
local format, max = string.format, math.max

local WHOSE = {
    everything = "everything", address = "the address", tenant = "the tenant", user = "the user", route = "this URL",
    tenants_address = "the address", guests = "guests of this address", slow = "who is slowed down",
}
local COMMON = { everything = true, address = true, guests = true, slow = true }       -- one limit, whatever the tenant
local OFFENCES = { address = "limit", user = "limit", tenants_address = "limit", slow = "slow_limit" }   -- the others are shared

local _M = {}

local function take(sharing, name, limit, now)
    if sharing then return lease.take(name, limit, now) end
    local left, wait = bucket.take(buckets, name, limit, now)
    if left then return name end
    return left, wait
end

-- The longest wait among the buckets from this one on: who comes back earlier would be refused by another.
local function longest(sharing, wanted, from, wait, now)
    for i = from, #wanted, 3 do
        local name, limit = wanted[i + 1], wanted[i + 2]
        if not limit.shadow then
            wait = max(wait, sharing and lease.wait(name, limit, now) or bucket.wait(buckets, name, limit, now))
        end
    end
    return wait
end

-- What this turn has taken so far.
function _M.give_back(turn)
    local taken = turn.taken
    for i = #taken, 1, -1 do
        local key = taken[i]
        if account.is_key(key) then account.give_back(key) else bucket.give_back(buckets, key) end
        taken[i] = nil
    end
end

-- Once for each limit table. A limit has one name, whichever worker and turn meets it first.
local function fix(kind, turn, limit, now)
    local whose = COMMON[kind] and "" or turn.tenant_id
    level.fix(buckets, kind .. ":" .. whose .. (kind == "route" and ":" .. turn.route or ""), limit, now)
end

local function refuse(turn, kind, limit, wait)
    _M.give_back(turn)
    metrics.refused(turn.tenant_id or "-", kind)
    turn.offence = OFFENCES[kind]
    return replies.refusal(turn, 429, "rate_limited",
        format("too many requests: limit of %s, try again in %.3f s", WHOSE[kind], wait), bucket.headers(limit, wait))
end

-- wanted: kind, name, limit of one bucket after the other. spared(turn): whether this turn may pass an empty bucket. Returns nothing
-- when there was a token in each; or the refusal; or nil and an error.
function _M.admit(turn, wanted, spared)
    local now, sharing = clock.seconds(), edges.sharing()
    local taken = turn.taken
    for i = 1, #wanted, 3 do
        local kind, name, limit = wanted[i], wanted[i + 1], wanted[i + 2]
        if not limit.base then fix(kind, turn, limit, now) end
        local key, wait = take(sharing, name, limit, now)
        if key then
            taken[#taken + 1] = key
        elseif key == nil then
            _M.give_back(turn)
            return nil, wait
        elseif limit.shadow then
            metrics.would_refuse(turn.tenant_id or "-", kind)
        elseif not (spared and spared(turn)) then
            return refuse(turn, kind, limit, longest(sharing, wanted, i + 3, wait, now))
        end
    end
end

return _M
