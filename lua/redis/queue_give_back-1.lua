-- Give a partition back.
--
-- KEYS  {q:p}:about
-- ARGV  1 who, 2 the number of the claim, 3 the channel that is rung, 4 the partition's name
-- Returns 1; 0 where it is somebody else's by now.

local was = redis.call("HMGET", KEYS[1], "owner", "fence")
if was[1] ~= ARGV[1] or was[2] ~= ARGV[2] then return 0 end
redis.call("HDEL", KEYS[1], "owner")
redis.call("PUBLISH", ARGV[3], ARGV[4])
return 1
