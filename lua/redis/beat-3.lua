-- Once a second from every nginx worker and shim: what I serve by, what I counted; what should I serve by?
--
-- KEYS  {rollout}:record, {rollout}:seen who serves by what, {rollout}:counts:<attempt> what the versions did
-- ARGV  1 who beats
--       2 seq of the record it serves by, 0 for none
--       3 attempt of the candidate it has loaded, 0 for none
--       then pairs: a counter's name, and by how much it grew
-- Returns the record (JSON) where its seq is another one, "none" where there is none, else "".
--
-- A counter lives for an hour after its last growth.

local now = redis.call("TIME")[1]
redis.call("HSET", KEYS[2], ARGV[1], now .. " " .. ARGV[2] .. " " .. ARGV[3])
for i = 4, #ARGV, 2 do redis.call("HINCRBY", KEYS[3], ARGV[i], ARGV[i + 1]) end
if #ARGV > 3 then redis.call("EXPIRE", KEYS[3], 3600) end
local record = redis.call("GET", KEYS[1])
if not record then return "none" end
if cjson.decode(record).seq == tonumber(ARGV[2]) then return "" end
return record
