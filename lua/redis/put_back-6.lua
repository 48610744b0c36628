#!lua
-- Put back what a backup has of a user's conversations, where it is not newer here.
--
-- KEYS  as of whole-6
-- ARGV  1 "write", or "look": only say what would be written
--       2 when the backup read this user, milliseconds since 1970
--       3 when the user was forgotten as somebody else knows, milliseconds since 1970, or "0"
--       4 turns of history kept
--       then what whole-6 returned behind the time: state, until; turns, until; intents, until; calls, until; events, until: each
--       list with the number of its entries in front, and an event as its id and the list of its fields and values
-- Returns {"erased"}    the user was forgotten since; nothing of it comes back
--         {"restored", states, turns, intents, calls, events}: how many were, or would be, put back
--
-- Rules: turns are united by their turn_id and stand by their time; of an intent the later turn counts. A dialogue and calls come back
-- only where they were lost: where the newest turn of the backup still stands in the history, what is not here ended here. A
-- dialogue that is here stays; of the same session it goes on from the higher seq, so that no seq is written twice. Said again, it
-- changes nothing.

local write, keep = ARGV[1] == "write", tonumber(ARGV[4])
local forgotten = math.max(tonumber(redis.call("GET", KEYS[6]) or -1), tonumber(ARGV[3]))
if forgotten >= tonumber(ARGV[2]) then return { "erased" } end

local time = redis.call("TIME")
local now = time[1] * 1000 + time[2] / 1000
local place = 4

local function taken()
    place = place + 1
    return ARGV[place]
end

local function list(one)
    local found = {}
    for at = 1, tonumber(taken()) do found[at] = one() end
    return found
end

local function event()
    return { taken(), list(taken) }
end

local state, state_until = taken(), tonumber(taken())
local turns, turns_until = list(taken), tonumber(taken())
local intents, intents_until = list(taken), tonumber(taken())
local calls, calls_until = list(taken), tonumber(taken())
local events, events_until = list(event), tonumber(taken())

local function lives(ends)
    return ends == 0 or ends > now
end

-- A key that was written lives as long as the longer-lived of the two.
local function until_the_later(key, before, ends)
    if before == -1 or ends == 0 then
        redis.call("PERSIST", key)
    else
        redis.call("PEXPIREAT", key, string.format("%.0f", math.max(before, ends)))
    end
end

-- As in commit-3: what only the history keeps begins with the query.
local function at_of(entry)
    return tonumber(string.match(entry, ',"at":(%d+)', string.find(entry, '"query":', 1, true) or 1)) or 0
end

local function id_of(entry)
    return string.match(entry, '"turn_id":"([^"]*)"') or entry
end

local here, known = redis.call("LRANGE", KEYS[2], 0, -1), {}
for _, entry in ipairs(here) do known[id_of(entry)] = true end
local lost
if turns[1] then lost = not known[id_of(turns[1])] else lost = #here == 0 and redis.call("EXISTS", KEYS[1]) == 0 end
local done = { 0, 0, 0, 0, 0 }

if state ~= "" and lives(state_until) then
    local blob = redis.call("GET", KEYS[1])
    if not blob and lost then
        done[1] = 1
        if write then
            redis.call("SET", KEYS[1], state)
            until_the_later(KEYS[1], 0, state_until)
        end
    elseif blob and write then
        local mine, theirs = cmsgpack.unpack(blob), cmsgpack.unpack(state)
        if mine.session == theirs.session and (theirs.seq or 0) > (mine.seq or 0) then
            mine.seq = theirs.seq
            redis.call("SET", KEYS[1], cmsgpack.pack(mine), "KEEPTTL")
        end
    end
end

if lives(turns_until) then
    local merged, mine, other = {}, 1, 1
    while #merged < keep and (here[mine] or turns[other]) do
        local entry = turns[other]
        if entry and known[id_of(entry)] then
            other = other + 1
        elseif not entry or here[mine] and at_of(here[mine]) >= at_of(entry) then
            merged[#merged + 1] = here[mine]
            mine = mine + 1
        else
            merged[#merged + 1] = entry
            known[id_of(entry)] = true
            done[2] = done[2] + 1
            other = other + 1
        end
    end
    if write and done[2] > 0 then
        local before = redis.call("PEXPIRETIME", KEYS[2])
        redis.call("DEL", KEYS[2])
        for _, entry in ipairs(merged) do redis.call("RPUSH", KEYS[2], entry) end
        until_the_later(KEYS[2], before, turns_until)
    end
end

if lives(intents_until) then
    local before = redis.call("PEXPIRETIME", KEYS[3])
    for at = 1, #intents, 2 do
        local stands = redis.call("HGET", KEYS[3], intents[at])
        if not stands or at_of(stands) < at_of(intents[at + 1]) then
            done[3] = done[3] + 1
            if write then redis.call("HSET", KEYS[3], intents[at], intents[at + 1]) end
        end
    end
    if write and done[3] > 0 then until_the_later(KEYS[3], before, intents_until) end
end

if lost and lives(calls_until) then
    local before = redis.call("PEXPIRETIME", KEYS[4])
    for at = 1, #calls, 2 do
        if redis.call("HEXISTS", KEYS[4], calls[at]) == 0 then
            done[4] = done[4] + 1
            if write then redis.call("HSET", KEYS[4], calls[at], calls[at + 1]) end
        end
    end
    if write and done[4] > 0 then until_the_later(KEYS[4], before, calls_until) end
end

if #events > 0 and lives(events_until) and redis.call("EXISTS", KEYS[5]) == 0 then
    done[5] = #events
    if write then
        for _, event in ipairs(events) do redis.call("XADD", KEYS[5], event[1], unpack(event[2])) end
        until_the_later(KEYS[5], -2, events_until)
    end
end

return { "restored", unpack(done) }
