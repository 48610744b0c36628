-- Read the next jobs of a partition, or once more those that were read and are not done.
--
-- KEYS  {q:p}:about, {q:p}:jobs, {q:p}:kept, {q:p}:later, {q:p}:tried what is known of those that were begun: entry -> MessagePack
-- ARGV  1 who, 2 the number of the claim, 3 how many at most, 4 ">", or behind which entry of those that were read
-- Returns {milliseconds until the next delayed job is due, -1 for none; then entry, job, what is known of it or "", each};
-- {} where the claim is somebody else's.
--
-- Rule: the consumer's name is the partition's, so who comes next reads what was not done, in order, and then what is new.

local about, jobs, kept, later, tried = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local was = redis.call("HMGET", about, "owner", "fence", "unread")
if was[1] ~= ARGV[1] or was[2] ~= ARGV[2] then return {} end

local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local unread = tonumber(was[3] or 0)
local due = redis.call("ZRANGEBYSCORE", later, "-inf", now, "LIMIT", 0, ARGV[3])
for _, job in ipairs(due) do
    redis.call("XADD", jobs, "*", "job", job)
    redis.call("ZREM", later, job)
end
unread = unread + #due

local new = ARGV[4] == ">"
local said = redis.call("XREADGROUP", "GROUP", "members", "partition", "COUNT", ARGV[3], "STREAMS", jobs, ARGV[4])
local entries = said and said[1][2] or {}
if new then unread = #entries < tonumber(ARGV[3]) and 0 or math.max(0, unread - #entries) end
redis.call("HSET", about, "unread", unread)

local next_due = redis.call("ZRANGE", later, 0, 0, "WITHSCORES")[2]
local found = { next_due and math.max(0, tonumber(next_due) - now) or -1 }
for _, entry in ipairs(entries) do
    found[#found + 1] = entry[1]
    found[#found + 1] = entry[2] and entry[2][2] or ""
    found[#found + 1] = not new and redis.call("HGET", tried, entry[1]) or ""
end
return found
