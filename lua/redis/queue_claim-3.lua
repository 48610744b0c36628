-- Take a partition that nobody has, or renew one's claim on it.
--
-- KEYS  {q:p}:about, {q:p}:jobs, {q:p}:later
-- ARGV  1 who, 2 the number of the claim that is renewed, or 0, 3 for how many milliseconds it is good
-- Returns {number of the claim, 0 where another one has it; 1 where who had it never gave it back; 1 where there is something to read}.
--
-- Rule: the number only grows, also where the last ones were lost with a master: it is never below the time.

local about, jobs, later = KEYS[1], KEYS[2], KEYS[3]
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local was = redis.call("HMGET", about, "owner", "fence", "until", "unread")
local owner, fence, orphaned = was[1], tonumber(was[2] or 0), 0
if owner ~= ARGV[1] or fence ~= tonumber(ARGV[2]) then
    if owner and tonumber(was[3]) >= now then return { 0, 0, 0 } end
    orphaned = owner and 1 or 0
    fence = math.max(fence + 1, now)
    redis.call("HSET", about, "owner", ARGV[1], "fence", string.format("%.0f", fence))
    if redis.call("EXISTS", jobs) == 0 or #redis.call("XINFO", "GROUPS", jobs) == 0 then
        redis.call("XGROUP", "CREATE", jobs, "members", "0", "MKSTREAM")
    end
end
redis.call("HSET", about, "until", string.format("%.0f", now + ARGV[3]))
local more = tonumber(was[4] or 0) > 0 or redis.call("EXISTS", later) == 1
return { fence, orphaned, more and 1 or 0 }
