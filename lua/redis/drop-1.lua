-- Nobody has to ask about this call any more, unless it was sent again since it was taken.
--
-- KEYS  {calls}
-- ARGV  1 the member, 2 the time it had when it was taken
-- Returns how many were dropped.

if tonumber(redis.call("ZSCORE", KEYS[1], ARGV[1])) ~= tonumber(ARGV[2]) then return 0 end
return redis.call("ZREM", KEYS[1], ARGV[1])
