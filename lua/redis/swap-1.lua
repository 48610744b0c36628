-- Change a record (of the rollout, of the configuration), unless somebody else did meanwhile.
--
-- KEYS  {name}:record
-- ARGV  1 seq of the record the change was made from, 0 where there was none
--       2 the new record, JSON; its seq is higher
-- Returns 1 when written, 0 when another change came first.

local record = redis.call("GET", KEYS[1])
local seq = record and cjson.decode(record).seq or 0
if seq ~= tonumber(ARGV[1]) then return 0 end
redis.call("SET", KEYS[1], ARGV[2])
return 1
