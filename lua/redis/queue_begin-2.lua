-- Write down that a job is begun once more.
--
-- KEYS  {q:p}:about, {q:p}:tried
-- ARGV  1 who, 2 the number of the claim, 3 the job's entry, 4 what is known of it, MessagePack
-- Returns 1; 0 where the claim is somebody else's.

local was = redis.call("HMGET", KEYS[1], "owner", "fence")
if was[1] ~= ARGV[1] or was[2] ~= ARGV[2] then return 0 end
redis.call("HSET", KEYS[2], ARGV[3], ARGV[4])
return 1
