-- Write down what became of a call, where somebody still waits to hear it.
--
-- KEYS  c:{t:u}
-- ARGV  1 the call's key, 2 the call with its outcome, MessagePack
-- Returns 1; 0 where nobody waits: it was told already, or another call with this key was sent since, or its outcome is known.
--
-- Rule: what is known stays known; but that it is lost is no knowledge.

local stored = redis.call("HGET", KEYS[1], ARGV[1])
if not stored then return 0 end
local before, now = cmsgpack.unpack(stored), cmsgpack.unpack(ARGV[2])
if before.at ~= now.at then return 0 end
local known = before.outcome or ""
if known == "done" or known == "refused" or known == "lost" and (now.outcome or "") == "" then return 0 end
redis.call("HSET", KEYS[1], ARGV[1], ARGV[2])
return 1
