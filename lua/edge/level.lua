-- How many tokens has a limit given out by now, ever?
--
-- base + rate * (now - since): 0 and 0 for the limit an nginx starts with. When a limit changes while it serves, the line
-- bends at that moment instead of jumping: what is left in a bucket stays what it was, and only then grows at the new rate,
-- up to the new burst. All workers must bend it at the same moment, so that moment is in shared memory, under the limit's
-- name.

local format, match = string.format, string.match

local SPINS = 1000
local LOCK_S = 0.01

local _M = {}
local met = {}      -- keys of this worker's limits

local function read(dict, key)
    local rate, burst, base, since = match(dict:get(key) or "", "^(%S+) (%S+) (%S+) (%S+)$")
    if not rate then return end
    return { rate_per_s = tonumber(rate), burst = tonumber(burst), base = tonumber(base), since = tonumber(since) }
end

local function same(kept, limit)
    return kept and kept.rate_per_s == limit.rate_per_s and kept.burst == limit.burst
end

local function bend(dict, key, limit, now)
    local kept = read(dict, key)
    if same(kept, limit) then return kept end
    local base, since = 0, 0
    if kept then base, since = _M.at(kept, now) + kept.burst - limit.burst, now end
    dict:set(key, format("%.17g %.17g %.17g %.17g", limit.rate_per_s, limit.burst, base, since))
    return { base = base, since = since }
end

-- Tokens given out until now; not a whole number.
function _M.at(limit, now)
    return (limit.base or 0) + limit.rate_per_s * (now - (limit.since or 0))
end

-- Once for each limit a worker meets: writes base and since on it. name: of the limit, the same in every worker.
function _M.fix(dict, name, limit, now)
    local key = "limit|" .. name
    met[key] = true
    local kept = read(dict, key)
    for _ = 1, SPINS do
        if same(kept, limit) then break end
        if dict:add(key .. "|lock", true, LOCK_S) then
            kept = bend(dict, key, limit, now)
            dict:delete(key .. "|lock")
            break
        end
        kept = read(dict, key)
    end
    limit.base, limit.since = kept and kept.base or 0, kept and kept.since or 0
end

-- Every now and then, so that a zone that runs out of memory drops buckets before it drops what they are counted by.
function _M.touch(dict)
    for key in pairs(met) do dict:get(key) end
end

return _M
