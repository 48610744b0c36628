-- What may this edge give out while Redis is lost?
--
-- Its share of each bucket: 1 / n of the rate and of the burst (at least one token), kept as a stand-in for the bucket: what
-- it holds, since when, what was spent of it, and n. When Redis is back the stand-in is paid for: with what was spent of it,
-- but never more than it lacks to be full, because what was born meanwhile was its own. So stand-ins and buckets add up to
-- what there was.

local buckets = ngx.shared.buckets
local floor, min, max = math.floor, math.min, math.max
local format, match = string.format, string.match

local _M = {}

local function read(name)
    local tokens, at, spent, live = match(buckets:get("%" .. name) or "", "^(%S+) (%S+) (%S+) (%S+)$")
    if tokens then return tonumber(tokens), tonumber(at), tonumber(spent), tonumber(live) end
end

local function share(limit, live)
    return limit.rate_per_s / live, max(1, limit.burst / live)
end

-- As the script in Redis does. known: what the bucket held when Redis was lost. Returns tokens granted, and tokens left.
function _M.grant(name, limit, live, now, known, spent, wanted)
    local rate, burst = share(limit, live)
    local tokens, at, before = read(name)
    if not tokens then
        tokens, at, before = known < limit.burst and known / live or burst, now, 0
        buckets:rpush("standins", name)
    end
    tokens = min(burst, min(burst, tokens + max(0, now - at) * rate) - spent)
    local granted = max(0, min(wanted, floor(tokens)))
    tokens = tokens - granted
    buckets:set("%" .. name, format("%.12g %.6f %.12g %d", tokens, now, before + spent + granted, live))
    return granted, tokens
end

-- What the bucket in Redis has to be told when it is back.
function _M.due(name, limit, now)
    local tokens, at, spent, live = read(name)
    if not tokens then return 0 end
    local rate, burst = share(limit, live)
    return max(0, min(spent, burst - min(burst, tokens + max(0, now - at) * rate)))
end

function _M.close(name)
    buckets:delete("%" .. name)
end

return _M
