-- How many turns of this tenant are under way?
--
-- One counter for each tenant and worker, in shared memory; their sum is what this nginx has under way. A worker that starts
-- takes its number over and begins at 0: what its predecessor died with, or still finishes, is not counted. Across edges each
-- has limit / live edges: a slot is held for milliseconds, a lease of slots would be asked for as often as slots are. What
-- comes of that is in docs/limits.md.

local edges = require "edge.edges"

local buckets = ngx.shared.buckets
local floor, max = math.floor, math.max

local HELD_S = 60       -- no turn lasts as long: one that never said it was over has got lost

local _M = {}
local held = {}         -- turn id -> the counter's key, and since when

local function key_of(tenant, worker) return "c:" .. tenant .. ":" .. worker end

-- Takes a slot. Returns true, or false when all are taken.
function _M.enter(turn, most, now)
    local tenant, sum = turn.tenant_id, 0
    local mine = key_of(tenant, ngx.worker.id())
    buckets:incr(mine, 1, 0)
    for worker = 0, ngx.worker.count() - 1 do sum = sum + (buckets:get(key_of(tenant, worker)) or 0) end
    if sum > max(1, floor(most / edges.live())) then
        buckets:incr(mine, -1)
        return false
    end
    held[turn.id] = { key = mine, since = now }
    return true
end

-- The turn is over. Once is enough, more do no harm.
function _M.leave(id)
    local slot = held[id]
    if not slot then return end
    held[id] = nil
    if buckets:get("w:" .. ngx.worker.id()) == ngx.worker.pid() then buckets:incr(slot.key, -1) end
end

-- Every now and then.
function _M.sweep(now)
    for id, slot in pairs(held) do
        if now - slot.since > HELD_S then _M.leave(id) end
    end
end

-- When a worker starts.
function _M.reset(tenants)
    buckets:set("w:" .. ngx.worker.id(), ngx.worker.pid())
    for tenant in pairs(tenants) do buckets:delete(key_of(tenant, ngx.worker.id())) end
end

return _M
