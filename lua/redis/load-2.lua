-- Where does this conversation stand?
--
-- KEYS  d:{t:u} dialogue state, h:{t:u} history
-- ARGV  1 life of the state in seconds
-- Returns {state, newest}: MessagePack or "", JSON of the newest turn or "".
--
-- Reading keeps a conversation alive: the state's 30 minutes slide.

local state = redis.call("GETEX", KEYS[1], "EX", ARGV[1])
return { state or "", redis.call("LINDEX", KEYS[2], 0) or "" }
