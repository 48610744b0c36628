#!lua
-- Write one answered turn, once, in order.
--
-- KEYS  d:{t:u} dialogue state, h:{t:u} history, i:{t:u} last turn of each intent
-- ARGV  1 mode: "idle" (only if the conversation waits for nothing), "late" (answered while Redis was away: keep it,
--         change no dialogue), or the turn number the answer was made from
--       2 session id the client named, or ""
--       3 turn_id; also the session id of a new conversation
--       4 seq the client named, or "0": the next one
--       5 intent, or ""
--       6 new dialogue state in MessagePack, or "" (keep the old one, note the position; mode "idle": and the intent)
--       7 JSON members of the reply after seq and session_id, without braces
--       8 JSON members that only the history keeps (query, at), without braces
--       9 life of the state, 10 life of the history (seconds), 11 turns of history kept
--       12 milliseconds since 1970 after which this must not be written any more, or "0"
-- Returns "ok <seq> <session_id>"      written (a status line: the common case is read in one piece)
--         {"replay", entry}            this seq was answered before; entry is the stored turn (JSON)
--         {"stale", last seq}          seq is lower than the last one and no longer kept
--         {"busy", state}              mode "idle", but a flow or a person has the conversation; or "", where the customer has
--                                      to hear of a call: who answers reads the conversation anew
--         {"conflict", state}          somebody else's turn came between load and commit
--         {"expired"}                  it is too late: whoever sent this has stopped waiting
--         {"forgotten"}                mode "late", and the user was forgotten since (lua/redis/forget-6.lua)
--
-- Rules: the same (session, seq) is written once, whoever asks and however often. A session that is not the stored
-- one starts a new dialogue, and its seq counts from its own start. A commit that got stuck on its way (Redis stopped, say)
-- expires; only after that its turn is sent again as "late", which first looks for its turn_id (ARGV[3]): so a turn whose
-- commit was not answered is written exactly once. A late turn of a session that is no longer the stored one goes into the
-- history alone, where it belongs by its time: the dialogue that began after it goes on. A Redis that takes nothing refuses the
-- whole of it, because of the first line, and not only what comes to a write.

local not_after = tonumber(ARGV[12])
if not_after > 0 then
    local now = redis.call("TIME")
    if now[1] * 1000 + now[2] / 1000 > not_after then return { "expired" } end
end

-- Calls whose outcome is to be told. In the slot of KEYS[1], and undeclared so that the hot path says three keys.
local calls = "c" .. string.sub(KEYS[1], 2)
if #ARGV > 12 then redis.call("EXISTS", calls) end      -- where its slot is on its way this fails, and before anything is written
local mode, named, seq = ARGV[1], ARGV[2], tonumber(ARGV[4])
local blob = redis.call("GET", KEYS[1])
local state = blob and cmsgpack.unpack(blob) or nil
local session = named
if named == "" then session = state and state.session or ARGV[3] end
local continues = state ~= nil and state.session == session

local function head_of(number)
    return '{"seq":' .. string.format("%.0f", number) .. ',"session_id":"' .. session .. '",'
end

-- When a turn was answered, milliseconds since 1970: the first "at" of what the history keeps, which begins with the query. Quotes
-- inside a text are escaped, so neither is found there.
local function at_of(text)
    return tonumber(string.match(text, ',"at":(%d+)', string.find(text, '"query":', 1, true))) or 0
end

local at = mode == "late" and at_of(ARGV[8])
if at then
    if at <= tonumber(redis.call("GET", "f" .. string.sub(KEYS[1], 2)) or -1) then return { "forgotten" } end
end

if mode == "late" or seq > 0 and (continues and seq <= state.seq or not continues and named ~= "") then
    local function kept(text)
        for _, entry in ipairs(redis.call("LRANGE", KEYS[2], 0, -1)) do
            if entry:find(text, 1, true) then return entry end
        end
    end
    local entry = mode == "late" and kept('"turn_id":"' .. ARGV[3] .. '"') or seq > 0 and kept(head_of(seq))
    if entry then return { "replay", entry } end
    if mode ~= "late" and continues then return { "stale", state.seq } end
end

if mode == "idle" then
    if redis.call("EXISTS", calls) == 1 then return { "busy", "" } end
    if continues and (state.flow or state.owner == "person") then return { "busy", blob } end
elseif mode ~= "late" and tonumber(mode) ~= (continues and state.turn or 0) then
    return { "conflict", blob or "" }
end

local before = continues and state or { turn = 0, seq = 0 }
if seq == 0 then
    if before.seq >= 2 ^ 53 - 1 then return { "stale", before.seq } end
    seq = before.seq + 1
end

local after = ARGV[6] ~= "" and cmsgpack.unpack(ARGV[6]) or before
after.session = session
after.turn = before.turn + 1
after.seq = math.max(seq, before.seq)
if ARGV[6] == "" and mode == "idle" then
    after.intent, after.misses, after.offered, after.declined = ARGV[5], nil, nil, nil
end
if type(after.slots) == "table" and next(after.slots) == nil then after.slots = nil end

-- The stored turn that this one was answered just before, nil where it is the newest.
local function followed_by(moment)
    local found
    for _, stored in ipairs(redis.call("LRANGE", KEYS[2], 0, -1)) do
        if at_of(stored) <= moment then return found end
        found = stored
    end
    return found
end

local entry = head_of(seq) .. ARGV[7] .. "," .. ARGV[8] .. "}"
if continues or not state or mode ~= "late" then redis.call("SET", KEYS[1], cmsgpack.pack(after), "EX", ARGV[9]) end
local newer = at and followed_by(at)
local length = newer and redis.call("LINSERT", KEYS[2], "AFTER", newer, entry) or redis.call("LPUSH", KEYS[2], entry)
if length > tonumber(ARGV[11]) then redis.call("LTRIM", KEYS[2], 0, tonumber(ARGV[11]) - 1) end
redis.call("EXPIRE", KEYS[2], ARGV[10])
if ARGV[5] ~= "" then
    if not newer or at_of(redis.call("HGET", KEYS[3], ARGV[5]) or "") < at then redis.call("HSET", KEYS[3], ARGV[5], entry) end
    redis.call("EXPIRE", KEYS[3], ARGV[10])
end
if #ARGV > 12 then redis.call("HDEL", calls, unpack(ARGV, 13)) end
return redis.status_reply("ok " .. string.format("%.0f", seq) .. " " .. session)
