-- Who takes jobs, and which partitions are there?
--
-- KEYS  {q}:members by when they said so last, {q}:partitions
-- ARGV  1 who says so, "" for somebody who only asks, 2 for how many milliseconds it is good
-- Returns {members, partitions}.

local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if ARGV[1] ~= "" then redis.call("ZADD", KEYS[1], now, ARGV[1]) end
redis.call("ZREMRANGEBYSCORE", KEYS[1], "-inf", now - ARGV[2])
return { redis.call("ZRANGE", KEYS[1], 0, -1), redis.call("SMEMBERS", KEYS[2]) }
