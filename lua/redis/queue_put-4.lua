-- Put a job into its partition.
--
-- KEYS  {q:p}:about who owns it, bytes kept, entries that nobody read; {q:p}:jobs a stream of those that can be begun;
--       {q:p}:kept ids of what is not done -> bytes; {q:p}:later those that are delayed, by when they are due
-- ARGV  1 its id, 2 the job (MessagePack, its first element the id), 3 when it is due, milliseconds since 1970, 0: now,
--       4 most jobs, 5 most bytes, 6 the channel that is rung, 7 the partition's name
-- Returns 1; 0 where it is here already; -1 where there are as many jobs as there may be, -2: bytes.
--
-- Rule: rung when there was nothing to read before; who reads goes on reading until there is nothing.

local about, jobs, kept, later = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
if redis.call("HEXISTS", kept, ARGV[1]) == 1 then return 0 end
if redis.call("HLEN", kept) >= tonumber(ARGV[4]) then return -1 end
local size = #ARGV[2]
if tonumber(redis.call("HGET", about, "bytes") or 0) + size > tonumber(ARGV[5]) then return -2 end

redis.call("HSET", kept, ARGV[1], size)
redis.call("HINCRBY", about, "bytes", size)
local time = redis.call("TIME")
if tonumber(ARGV[3]) > time[1] * 1000 + math.floor(time[2] / 1000) then
    redis.call("ZADD", later, ARGV[3], ARGV[2])
    redis.call("PUBLISH", ARGV[6], ARGV[7])
else
    redis.call("XADD", jobs, "*", "job", ARGV[2])
    if redis.call("HINCRBY", about, "unread", 1) == 1 then redis.call("PUBLISH", ARGV[6], ARGV[7]) end
end
return 1
