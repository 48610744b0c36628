-- Remember that a user was forgotten, where nobody remembers a later time.
--
-- KEYS  f:{t:u}
-- ARGV  1 "write", or "look": only say whether it would be written
--       2 when it was, 3 until when it is remembered, "0" for ever; milliseconds since 1970
-- Returns 1, or 0 where this or a later time is known.

if tonumber(redis.call("GET", KEYS[1]) or -1) >= tonumber(ARGV[2]) then return 0 end
if ARGV[1] == "write" then
    redis.call("SET", KEYS[1], ARGV[2])
    if ARGV[3] ~= "0" then redis.call("PEXPIREAT", KEYS[1], ARGV[3]) end
end
return 1
