-- End jobs of a partition.
--
-- KEYS  {q:p}:about, {q:p}:jobs, {q:p}:kept, {q:p}:tried, {q:p}:aside a hash of those that failed: id -> {job, what is known of it}
-- ARGV  1 who, 2 the number of the claim; then for each job: its entry, its id, "done", "again" or "aside", what is known of it
-- Returns 1; 0 where the claim is somebody else's: then nothing is changed.

local about, jobs, kept, tried, aside = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local was = redis.call("HMGET", about, "owner", "fence")
if was[1] ~= ARGV[1] or was[2] ~= ARGV[2] then return 0 end

for at = 3, #ARGV, 4 do
    local entry, id, what, known = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
    if what == "again" then
        redis.call("HSET", tried, entry, known)
    else
        if what == "aside" then
            local found = redis.call("XRANGE", jobs, entry, entry)[1]
            if found then redis.call("HSET", aside, id, cmsgpack.pack({ found[2][2], known })) end
        elseif redis.call("XACK", jobs, "members", entry) == 1 then     -- else it was ended before
            redis.call("HINCRBY", about, "bytes", -(redis.call("HGET", kept, id) or 0))
            redis.call("HDEL", kept, id)
        end
        redis.call("XACK", jobs, "members", entry)
        redis.call("XDEL", jobs, entry)
        redis.call("HDEL", tried, entry)
    end
end
return 1
