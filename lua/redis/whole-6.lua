#!lua flags=no-writes
-- What is kept of a user's conversations, all of one moment?
--
-- KEYS  d:{t:u} dialogue state, h:{t:u} history, i:{t:u} last turn of each intent, c:{t:u} calls whose outcome the customer has not
--       heard, e:{t:u} what was pushed, f:{t:u} when the user was forgotten
-- ARGV  numbers of keys that lead here themselves: where one of them is there, nothing is said
-- Returns {} where there is nothing to say, else {milliseconds since 1970, names of keys that are of another kind, then of d, h, i, c
--         and e: what is there, and until when (milliseconds since 1970, "0" for ever)}.
--
-- Writes nothing, and says so by its first line: a Redis that is full answers it, too.

local KINDS = { { "string", "GET" }, { "list", "LRANGE", 0, -1 }, { "hash", "HGETALL" }, { "hash", "HGETALL" }, { "stream", "XRANGE", "-", "+" } }

for _, number in ipairs(ARGV) do
    if redis.call("EXISTS", KEYS[tonumber(number)]) == 1 then return {} end
end
local now, wrong, found, any = redis.call("TIME"), {}, {}, false
for at, kind in ipairs(KINDS) do
    local is = redis.call("TYPE", KEYS[at]).ok
    if is == kind[1] then
        found[#found + 1] = redis.call(kind[2], KEYS[at], unpack(kind, 3))
        any = true
    else
        found[#found + 1] = at == 1 and "" or {}
        if is ~= "none" then wrong[#wrong + 1] = KEYS[at] end
    end
    found[#found + 1] = string.format("%.0f", math.max(0, redis.call("PEXPIRETIME", KEYS[at])))
end
if not any and #wrong == 0 then return {} end
return { string.format("%.0f", now[1] * 1000 + math.floor(now[2] / 1000)), wrong, unpack(found) }
