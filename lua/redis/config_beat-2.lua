-- Once a second from every nginx worker and shim: what I serve by, what I have; what should I serve by?
--
-- KEYS  {config}:record, {config}:seen who serves by what
-- ARGV  1 who beats
--       2 seq of the record it follows, 0 for none
--       3 number of the version it serves by
--       4 numbers of all versions it has, comma-separated
--       5 why it cannot load one, or ""
-- Returns the record (JSON) where its seq is another one, "none" where there is none, else "".

local beat = { at = tonumber(redis.call("TIME")[1]), seq = tonumber(ARGV[2]), serves = tonumber(ARGV[3]), has = ARGV[4], fault = ARGV[5] }
redis.call("HSET", KEYS[2], ARGV[1], cjson.encode(beat))
local record = redis.call("GET", KEYS[1])
if not record then return "none" end
if cjson.decode(record).seq == beat.seq then return "" end
return record
