#!lua
-- Where does this conversation stand?
--
-- KEYS  d:{t:u} dialogue state, h:{t:u} history
-- ARGV  1 life of the state in seconds
-- Returns {state, newest, calls}: MessagePack or "", JSON of the newest turn or "", and the values of c:{t:u}, MessagePack each:
-- calls at back ends whose outcome the customer has not heard (in the slot of KEYS[1]).
--
-- Reading keeps a conversation alive: the state's 30 minutes slide. A Redis that takes nothing (lua/redis/writable-0.lua) refuses
-- already this, because of the first line: a turn that cannot be written must not be known only after its flow has acted.

local state = redis.call("GETEX", KEYS[1], "EX", ARGV[1])
return { state or "", redis.call("LINDEX", KEYS[2], 0) or "",
    redis.call("HVALS", "c" .. string.sub(KEYS[1], 2)) }
