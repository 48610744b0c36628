-- Which calls is it time to ask about? Whoever gets one has it for a while.
--
-- KEYS  {calls}: a sorted set of [tenant, user, key] (JSON) by when they are due, milliseconds since 1970
-- ARGV  1 now, 2 until when they are this caller's, 3 how many at most
-- Returns the members.

local due = redis.call("ZRANGEBYSCORE", KEYS[1], "-inf", ARGV[1], "LIMIT", 0, ARGV[3])
for _, one in ipairs(due) do redis.call("ZADD", KEYS[1], "XX", ARGV[2], one) end
return due
