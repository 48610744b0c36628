-- Say that tokens are revoked, or restored.
--
-- KEYS  {revoked}:log what was said, by number; {revoked}:ends the same, by when it ends; {revoked}:epoch which log this is
-- ARGV  pairs: what is said (JSON: tenant, kind, value, at, until, restored, by, why), and when it ends (seconds since 1970)
-- Returns how many of them were new.
--
-- Rules: a number is the microsecond at which it was written, and higher than all before. What was said already keeps its
-- number, so an edge may say again all it knows. A log that Redis lost begins with another epoch.

local time = redis.call("TIME")
if redis.call("EXISTS", KEYS[1]) == 0 then redis.call("SET", KEYS[3], time[1] .. "." .. time[2]) end

local over = redis.call("ZRANGEBYSCORE", KEYS[2], "-inf", time[1], "LIMIT", 0, 1000)
for _, text in ipairs(over) do
    redis.call("ZREM", KEYS[1], text)
    redis.call("ZREM", KEYS[2], text)
end

local last = redis.call("ZRANGE", KEYS[1], -1, -1, "WITHSCORES")
local number = math.max(time[1] * 1e6 + time[2], last[2] and tonumber(last[2]) or 0)
local new = 0
for i = 1, #ARGV, 2 do
    if tonumber(ARGV[i + 1]) > tonumber(time[1]) and not redis.call("ZSCORE", KEYS[1], ARGV[i]) then
        number = number + 1
        new = new + 1
        redis.call("ZADD", KEYS[1], string.format("%.0f", number), ARGV[i])
        redis.call("ZADD", KEYS[2], ARGV[i + 1], ARGV[i])
    end
end
return new
