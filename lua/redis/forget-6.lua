#!lua
-- Erase what is kept of a user's conversations.
--
-- KEYS  d:{t:u} dialogue state, h:{t:u} history, i:{t:u} last turn of each intent, c:{t:u} calls whose outcome the customer has not
--       heard, e:{t:u} what was pushed, f:{t:u} when the user was forgotten
-- ARGV  1 for how many seconds it is remembered that the user was forgotten
-- Returns {states, turns, intents, events erased, the keys of the calls, and when this was}.
--
-- Rules: a turn answered before this, and still on its way because Redis was away, is not written any more (commit-3, mode "late"):
-- f:{t:u} says when this was, milliseconds since 1970, for longer than any file waits. A turn that is being answered now was read from what is
-- no more: it is read anew, and is the first of a new conversation, or was that anyway; so it is there wholly, or not at all.

local function count(command, key)
    return redis.call("EXISTS", key) == 1 and redis.call(command, key) or 0
end

local found = {
    redis.call("EXISTS", KEYS[1]), count("LLEN", KEYS[2]), count("HLEN", KEYS[3]), count("XLEN", KEYS[5]), redis.call("HKEYS", KEYS[4]),
}
redis.call("DEL", KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5])
local now = redis.call("TIME")
found[6] = string.format("%.0f", now[1] * 1000 + math.floor(now[2] / 1000))
redis.call("SET", KEYS[6], found[6], "EX", ARGV[1])
return found
