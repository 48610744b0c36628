#!lua
-- Write down a call that is about to be sent, unless somebody was quicker.
--
-- KEYS  d:{t:u} dialogue state, c:{t:u} calls whose outcome the customer has not heard
-- ARGV  1 turn number that the message was read from, 2 session id the client named, or ""
--       3 the call's key, 4 the call, MessagePack, 5 its intent, 6 life in seconds
-- Returns "written"   and it may be sent
--         "conflict"  another turn was written since the message was read; or the same call stands here already, or one of its
--                     intent of which nobody knows what became: the conversation is to be read anew
--
-- Rules: as in commit-3, of what was read from one turn number one thing becomes true; so of two shims that are told the same yes
-- one sends it.

local blob = redis.call("GET", KEYS[1])
local state = blob and cmsgpack.unpack(blob) or nil
local continues = state ~= nil and (ARGV[2] == "" or state.session == ARGV[2])
if tonumber(ARGV[1]) ~= (continues and state.turn or 0) then return redis.status_reply("conflict") end

local calls = redis.call("HGETALL", KEYS[2])
for at = 1, #calls, 2 do
    local known, sent = pcall(cmsgpack.unpack, calls[at + 1])
    if calls[at] == ARGV[3] or known and type(sent) == "table" and sent.intent == ARGV[5] and (sent.outcome or "") == "" then
        return redis.status_reply("conflict")
    end
end

redis.call("HSET", KEYS[2], ARGV[3], ARGV[4])
redis.call("EXPIRE", KEYS[2], ARGV[6])
return redis.status_reply("written")
