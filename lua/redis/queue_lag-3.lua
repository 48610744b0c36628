-- How much of a partition is not done, and since when?
--
-- KEYS  {q:p}:jobs, {q:p}:kept, {q:p}:aside
-- Returns {jobs that are not done, milliseconds since the oldest was put or was due, jobs aside}.

local time = redis.call("TIME")
local oldest = redis.call("XRANGE", KEYS[1], "-", "+", "COUNT", 1)[1]
local since = oldest and time[1] * 1000 + math.floor(time[2] / 1000) - string.match(oldest[1], "^%d+") or 0
local aside = redis.call("HLEN", KEYS[3])
return { redis.call("HLEN", KEYS[2]) - aside, math.max(0, since), aside }
