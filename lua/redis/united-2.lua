-- Put the united consents of a tenant in the place of those that are there.
--
-- KEYS  consents:{t}, and its draft, in the same slot: all that was in it when it was read, and what a backup has
-- ARGV  1 id of the last entry that was read, 2 how many were read
-- Returns how many were written meanwhile, and are in both now; -1 where others went meanwhile: it is to be read again.

local new = redis.call("XRANGE", KEYS[1], "(" .. ARGV[1], "+")
if redis.call("XLEN", KEYS[1]) - #new ~= tonumber(ARGV[2]) then return -1 end
for _, entry in ipairs(new) do redis.call("XADD", KEYS[2], entry[1], unpack(entry[2])) end
redis.call("PERSIST", KEYS[2])
redis.call("RENAME", KEYS[2], KEYS[1])
return #new
