-- How many tokens of these buckets may this edge spend?
--
-- KEYS  {meter}:edges who is there, {meter}: how every bucket's key begins; all of them share one slot
-- ARGV  1 who asks
--       2 milliseconds after which a silent edge counts as gone
--       3 microseconds since 1970 on this clock after which nothing may be done any more, or "0"
--       then by bucket: its name, tokens per second, burst, tokens that were spent and not paid for yet (below 0: given back),
--       and tokens wanted
-- Returns {microseconds since 1970, live edges, then by bucket: tokens granted, tokens left (text, below 0 where edges spent
--         more than there was)}; only the first two when it is too late.
--
-- A bucket is "<tokens> <microseconds>": what it held at that moment. A full one has no key, so its key expires when it would be
-- full. What was spent is taken even where nothing is left; what is wanted only as far as there is something. Tokens are kept,
-- not times: another rate or burst counts from now on, and refills nothing.

local time = redis.call("TIME")
local now = time[1] * 1e6 + time[2]
local gone = now / 1000 - ARGV[2]
redis.call("ZADD", KEYS[1], string.format("%.0f", now / 1000), ARGV[1])
redis.call("ZREMRANGEBYSCORE", KEYS[1], "-inf", string.format("(%.0f", gone))
redis.call("PEXPIRE", KEYS[1], ARGV[2])
local answer = { string.format("%.0f", now), redis.call("ZCARD", KEYS[1]) }
local not_after = tonumber(ARGV[3])
if not_after > 0 and now > not_after then return answer end

for i = 4, #ARGV, 5 do
    local key, rate, burst = KEYS[2] .. ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
    local spent, wanted = tonumber(ARGV[i + 3]), tonumber(ARGV[i + 4])
    local tokens, at = burst, now
    local kept = redis.call("GET", key)
    if kept then
        tokens, at = string.match(kept, "^(%S+) (%S+)$")
        tokens = tokens + math.max(0, now - at) * rate / 1e6
    end
    tokens = math.min(burst, math.min(burst, tokens) - spent)
    local granted = math.max(0, math.min(wanted, math.floor(tokens)))
    tokens = tokens - granted
    if tokens < burst then
        local full_ms = math.min(math.ceil((burst - tokens) / rate * 1000) + 1000, 1e12)
        redis.call("SET", key, string.format("%.12g %.0f", tokens, now), "PX", string.format("%.0f", full_ms))
    elseif kept then
        redis.call("DEL", key)
    end
    answer[#answer + 1] = granted
    answer[#answer + 1] = string.format("%.12g", tokens)
end
return answer
