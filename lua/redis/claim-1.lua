-- May I do this alone, for a while?
--
-- KEYS  {rollout}:claim
-- ARGV  1 who asks
--       2 milliseconds
-- Returns 1 while it is the caller's (asking renews it), 0 while it is somebody else's.

local holder = redis.call("GET", KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call("SET", KEYS[1], ARGV[1], "PX", ARGV[2])
return 1
