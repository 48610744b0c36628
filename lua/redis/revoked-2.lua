-- Once a second from every nginx worker: what was revoked since I asked last?
--
-- KEYS  {revoked}:log what was said, by number; {revoked}:epoch which log this is
-- ARGV  1 epoch the caller knows; "" is that of no log at all
--       2 number of the last it was told, "0" for none
--       3 how many it takes at once
-- Returns "" when there is nothing new, else {epoch, number of the last one told, what was said (JSON) ...}, oldest first.
-- Told as many as it takes, the caller asks again.
--
-- A caller that knows another log, or more of this one than there is (Redis lost its end), is told all from the beginning.

local epoch = redis.call("GET", KEYS[2]) or ""
local last = redis.call("ZRANGE", KEYS[1], -1, -1, "WITHSCORES")[2] or "0"
if epoch == ARGV[1] and tonumber(last) == tonumber(ARGV[2]) then return "" end

local after = "0"
if epoch == ARGV[1] and tonumber(last) > tonumber(ARGV[2]) then after = ARGV[2] end
local found = redis.call("ZRANGEBYSCORE", KEYS[1], "(" .. after, "+inf", "WITHSCORES", "LIMIT", 0, ARGV[3])

local told = { epoch, after }
for i = 1, #found, 2 do
    told[#told + 1] = found[i]
    told[2] = string.format("%.0f", found[i + 1])
end
return told
