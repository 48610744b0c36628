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
local size, due = #ARGV[2], tonumber(ARGV[3])
if redis.call("HSETNX", kept, ARGV[1], size) == 0 then return 0 end
local full = redis.call("HLEN", kept) > tonumber(ARGV[4]) and -1
if not full and redis.call("HINCRBY", about, "bytes", size) > tonumber(ARGV[5]) then
    redis.call("HINCRBY", about, "bytes", -size)
    full = -2
end
if full then
    redis.call("HDEL", kept, ARGV[1])
    return full
end

local time = due > 0 and redis.call("TIME")
if time and due > time[1] * 1000 + math.floor(time[2] / 1000) then
    redis.call("ZADD", later, ARGV[3], ARGV[2])
    redis.call("PUBLISH", ARGV[6], ARGV[7])
else
    redis.call("XADD", jobs, "*", "job", ARGV[2])
    if redis.call("HINCRBY", about, "unread", 1) == 1 then redis.call("PUBLISH", ARGV[6], ARGV[7]) end
end
return 1
