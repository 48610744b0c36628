#!lua
-- Erase what is kept of a user's conversations from before they were forgotten, and remember when that was.
--
-- KEYS  as of forget-6
-- ARGV  1 "write", or "look": only say what would be
--       2 when the user was forgotten, 3 until when it is remembered, "0" for ever; milliseconds since 1970
-- Returns {states, turns, intents, events erased, the keys of the calls, 1 where nobody here remembered this or a later time}.
--
-- Rules: what was said later stays. A dialogue that began before and went on afterwards keeps its name and counts on, so that no
-- seq is written twice, and has forgotten all else. Said again, it changes nothing.

local write, moment, ends = ARGV[1] == "write", tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call("TIME")
local now = time[1] * 1000 + time[2] / 1000

-- As in commit-3: what only the history keeps begins with the query.
local function at_of(entry)
    return tonumber(string.match(entry, ',"at":(%d+)', string.find(entry, '"query":', 1, true) or 1)) or 0
end

local function sent_at(call)
    local read, sent = pcall(cmsgpack.unpack, call)
    return read and type(sent) == "table" and tonumber(sent.at) or 0
end

local function drop_fields(key, at)
    local pairs_of, dropped = redis.call("HGETALL", key), {}
    for place = 1, #pairs_of, 2 do
        if at(pairs_of[place + 1]) <= moment then
            dropped[#dropped + 1] = pairs_of[place]
            if write then redis.call("HDEL", key, pairs_of[place]) end
        end
    end
    return dropped
end

local history, later, before, after = redis.call("LRANGE", KEYS[2], 0, -1), {}, {}, {}
for _, entry in ipairs(history) do
    local session = string.match(entry, '^{"seq":%d+,"session_id":"([^"]*)"') or ""
    if at_of(entry) > moment then
        later[#later + 1] = entry
        after[session] = true
    else
        before[session] = true
    end
end

local blob = redis.call("GET", KEYS[1])
local state = blob and cmsgpack.unpack(blob)
local stays = not state or after[state.session] and not before[state.session]
if write and not stays then
    if after[state.session] then        -- and a turn that was answered from it is answered anew
        redis.call("SET", KEYS[1], cmsgpack.pack({ session = state.session, seq = state.seq or 0, turn = (state.turn or 0) + 1 }), "KEEPTTL")
    else
        redis.call("DEL", KEYS[1])
    end
end

if write and #later < #history then
    local life = redis.call("PEXPIRETIME", KEYS[2])
    redis.call("DEL", KEYS[2])
    for _, entry in ipairs(later) do redis.call("RPUSH", KEYS[2], entry) end
    if life > 0 then redis.call("PEXPIREAT", KEYS[2], string.format("%.0f", life)) end
end

local intents, calls = drop_fields(KEYS[3], at_of), drop_fields(KEYS[4], sent_at)
local events = redis.call("XRANGE", KEYS[5], "-", ARGV[2])
if write and #events > 0 then
    for _, event in ipairs(events) do redis.call("XDEL", KEYS[5], event[1]) end
    if redis.call("XLEN", KEYS[5]) == 0 then redis.call("DEL", KEYS[5]) end
end

local new = tonumber(redis.call("GET", KEYS[6]) or -1) < moment and (ends == 0 or ends > now)
if write and new then
    redis.call("SET", KEYS[6], ARGV[2])
    if ends > 0 then redis.call("PEXPIREAT", KEYS[6], ARGV[3]) end
end
return { stays and 0 or 1, #history - #later, #intents, #events, calls, new and 1 or 0 }
