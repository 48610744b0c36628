-- How many tokens are left in this bucket?
--
-- A token bucket in shared memory that is exact across workers. Rules:
--
-- * A bucket is one counter: tokens taken, ever. At time t (seconds, monotonic) floor(rate * t) + burst tokens
--   have been given out to it, ever; what lies between the two can be taken now. (A limit that changes bends the line rate * t
--   instead of breaking it: edge/level.lua.)
-- * Taking is one atomic incr. A take that lands above what was given out is given back and refused, so the counter
--   never admits more than rate * time + burst, whatever the interleaving.
-- * A bucket that was left alone holds no more than burst: a counter that fell behind rate * t is lifted to it. Lifting is
--   the only step that is not one atomic operation, so a caller whose take landed too low lifts under a short lock
--   (dict:add). Takes and give-backs of others meanwhile are relative, so they are kept; a take that landed between another's
--   look and its lift is taken once more, so that at worst a token too few is given.
-- * A busy bucket that is nearly full would be lifted on every take, and its lock would be everybody's: so a counter may
--   fall behind by burst / 1000 first, and that much less than burst is what a lifted bucket holds. Below 1,000 it is exact.
-- * Buckets whose names end alike share a lock: its name is one of 256, and not a text of its own for each bucket.
-- * The counter has no expiry: an expired one would come back full. A zone that runs out evicts the bucket unused for longest.

local level_at = require("edge.level").at

local byte, floor, ceil, max = string.byte, math.floor, math.ceil, math.max

local LOCK_S = 0.01     -- a worker that dies under the lock blocks one bucket for this long
local SPINS = 200       -- about 50 us, the lock is held for about 1 us
local LOCKS = {}        -- by the last byte of a bucket's name
for last = 0, 255 do LOCKS[last] = "lock|" .. last end
local SLACK = 1000      -- burst / 1000 may be missing before a counter is lifted

local _M = {}

-- After a take that landed at or below lowest. Lifts the counter, our take with it; where another was faster, that take was lifted
-- away, and we take again.
local function lift(dict, name, level, lowest)
    local taken = dict:get(name)
    return dict:incr(name, taken and taken <= lowest and level - taken + 1 or 1, lowest)
end

local function locked_lift(dict, name, level, lowest)
    local lock = LOCKS[byte(name, -1)]
    for spin = 1, SPINS * 20 do
        if dict:add(lock, true, LOCK_S) then
            local taken, err = lift(dict, name, level, lowest)
            dict:delete(lock)
            return taken, err
        end
        if spin % SPINS == 0 then ngx.sleep(0.001) end
    end
    return nil, "lock held for too long"
end

-- The token that would have been ours exists once the level has grown to this.
local function seconds_until(limit, level, now)
    return max(0.001, (level - (limit.base or 0)) / limit.rate_per_s + (limit.since or 0) - now)
end

-- Takes one token.
-- dict: a shared dictionary; name: key; limit: {rate_per_s, burst}; now: monotonic seconds.
-- Returns tokens left; or false and the seconds until a token is there; or nil and an error.
function _M.take(dict, name, limit, now)
    local level = floor(level_at(limit, now))
    local lowest = level - floor(limit.burst / SLACK)
    local taken, err = dict:incr(name, 1, lowest)
    if taken and taken <= lowest then taken, err = locked_lift(dict, name, level, lowest) end
    if not taken then return nil, err end

    local left = lowest + limit.burst - taken
    if left >= 0 then return left end
    dict:incr(name, -1)
    return false, seconds_until(limit, level - left, now)
end

-- Seconds until a token can be taken, 0 when there is one.
function _M.wait(dict, name, limit, now)
    local taken, level = dict:get(name), floor(level_at(limit, now))
    local left = taken and level - floor(limit.burst / SLACK) + limit.burst - taken - 1 or 0
    return left >= 0 and 0 or seconds_until(limit, level - left, now)
end

-- Tokens that are missing until it is full.
function _M.missing(dict, name, limit, now)
    local taken = dict:get(name)
    return taken and max(0, taken - floor(level_at(limit, now))) or 0
end

-- Gives one token back: for a request that another bucket refused.
function _M.give_back(dict, name)
    dict:incr(name, -1)
end

-- The three RateLimit headers and Retry-After of a refusal; wait in seconds.
function _M.headers(limit, wait)
    local seconds = ceil(wait)
    return {
        ["Retry-After"] = seconds,
        ["RateLimit-Limit"] = limit.burst,
        ["RateLimit-Remaining"] = 0,
        ["RateLimit-Reset"] = seconds,
    }
end

return _M
