-- How many tokens should this edge hold of a bucket?
--
-- As many as it spends in HOLD_S, by what it spent lately; at most its part of what the bucket is given in HOLD_S, so that
-- all edges together never hold more than rate * HOLD_S. An account found empty had more callers than it could serve: then
-- twice as many. Only accounts that were found empty are leased ahead at all, for as long as they are busy: most users and
-- addresses live on credit. Only whoever holds the lease's lock calls this.

local buckets = ngx.shared.buckets
local floor, min, max = math.floor, math.min, math.max
local format, match = string.format, string.match

local HOLD_S = 0.08
local SMOOTH_S = 0.3
local LOW = 0.25        -- of the target: time to lease more
local TOP = 0.9         -- of the target: what is below it is filled up where a call goes anyway

-- A busy bucket that is dry is asked for so much before a request would have to ask: requests need not wait for the answer.
local AHEAD_S = 0.1

local _M = { AHEAD_S = AHEAD_S }

-- The largest slice of one edge, in whole tokens; 0 for a bucket too slow to be leased ahead.
function _M.slice(limit, live)
    return floor(limit.rate_per_s * HOLD_S / live)
end

-- left: in the account now. Returns left, slice, and for a bucket that is leased ahead: target, and alive, whether anything was
-- spent or asked for lately.
function _M.look(name, left, slice, now, empty)
    local key = "~" .. name
    local demand, before, at = match(buckets:get(key) or "", "^(%S+) (%S+) (%S+)$")
    if slice < 1 or not (demand or empty) then return { left = left, slice = slice } end
    if not demand then
        demand, before, at = 0, max(left, 0) + 1, now - HOLD_S
        buckets:rpush("watched", name)
    end
    demand, at = tonumber(demand), tonumber(at)
    local elapsed = now - at
    if empty or elapsed >= HOLD_S then
        local spent = max(0, before - left)
        if elapsed > 0 then demand = demand + min(1, elapsed / SMOOTH_S) * (spent / elapsed - demand) end
        if empty then demand = max(demand, 1 / HOLD_S) * 2 end
        demand = min(demand, slice / HOLD_S)
        buckets:set(key, format("%.6g %d %.6f", demand, left, now))
    end
    local ahead = demand * HOLD_S
    return { left = left, slice = slice, target = floor(ahead + 0.5), alive = ahead >= 0.5 or left > 0 }
end

-- The account has changed by something else than spending.
function _M.changed(name, by)
    local key = "~" .. name
    local demand, before, at = match(buckets:get(key) or "", "^(%S+) (%S+) (%S+)$")
    if demand then buckets:set(key, format("%s %d %s", demand, before + by, at)) end
end

function _M.forget(name)
    buckets:delete("~" .. name)
end

-- Whether a call should go for this account.
function _M.presses(left, target)
    return left > 2 * target or left < target * LOW
end

-- Tokens to lease (above 0) or to give back (below 0), when one goes.
function _M.wish(left, target)
    if left > 2 * target then return target - left end
    return left < target * TOP and target - max(left, 0) or 0
end

return _M
