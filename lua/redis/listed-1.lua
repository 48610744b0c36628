-- Unite a user's list of consents with that of a backup.
--
-- KEYS  a:{t:u} which entries of the tenant's consents are this user's
-- ARGV  1 "write", or "look": only say how many would be added
--       2 until when the list lives, milliseconds since 1970, "0" for ever; then the entries
-- Returns how many were not listed.

local known, added = {}, 0
for _, entry in ipairs(redis.call("LRANGE", KEYS[1], 0, -1)) do known[entry] = true end
local before = redis.call("PEXPIRETIME", KEYS[1])
for at = 3, #ARGV do
    if not known[ARGV[at]] then
        added = added + 1
        if ARGV[1] == "write" then redis.call("RPUSH", KEYS[1], ARGV[at]) end
    end
end
if ARGV[1] == "write" and added > 0 then
    local ends = (before == -1 or ARGV[2] == "0") and 0 or math.max(before, ARGV[2])
    if ends > 0 then redis.call("PEXPIREAT", KEYS[1], string.format("%.0f", ends)) else redis.call("PERSIST", KEYS[1]) end
end
return added
