-- Write down what became of a call, where somebody still waits to hear it.
--
-- KEYS  c:{t:u}
-- ARGV  1 the call's key, 2 the call with its outcome, MessagePack
-- Returns 1, or 0 where nobody waits: it was told already.

if redis.call("HEXISTS", KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call("HSET", KEYS[1], ARGV[1], ARGV[2])
return 1
