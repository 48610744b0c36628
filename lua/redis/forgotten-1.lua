-- Remember that a user was forgotten, where nobody remembers a later time.
--
-- KEYS  f:{t:u}
-- ARGV  1 "write", or "look": only say whether it would be written
--       2 when it was, 3 until when it is remembered; milliseconds since 1970
-- Returns 1, or 0 where this or a later time is known.

if tonumber(redis.call("GET", KEYS[1]) or -1) >= tonumber(ARGV[2]) then return 0 end
if ARGV[1] == "write" then redis.call("SET", KEYS[1], ARGV[2], "PXAT", ARGV[3]) end
return 1
