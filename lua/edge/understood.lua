-- What did the student make of this text, when it was asked last?
--
-- What a version understood once for a tenant it need not be asked again: a text is looked up by a digest of version, configuration,
-- tenant and text, so that what was read by others of them is never found, and no text is kept. Only shims fill it (log phase), with
-- what the student, asked alone and in time, was sure of, whatever the conversation (pyshim/serve/understood.py): who
-- writes a text decides nothing of what it is remembered to mean. nginx drops what was not asked for longest.
--
-- A value is one number: the label's, counted from 1, plus the confidence; below 0 where the edge cannot say what the shim said.

local shared = ngx.shared.understood
local metrics = require "edge.metrics"

local abs, floor, min = math.abs, math.floor, math.min
local find, gsub, lower, match, md5 = string.find, string.gsub, string.lower, string.match, ngx.md5_bin
local tonumber = tonumber

local LONGEST = 240     -- bytes; who tells a story is not the second to tell it
local SURE = 0.9999     -- a confidence of 1 would be the next label

local _M = {}

-- What differs between two texts that mean one thing: capitals, and marks and blanks at the end.
local function folded(text)
    text = match(lower(text), "^%s*(.*)$")
    local before
    repeat
        before = text
        text = gsub(gsub(gsub(gsub(text, "[%s%.!~]+$", ""), "。$", ""), "！$", ""), "～$", "")
    until text == before
    return text
end
_M.folded = folded

-- Under which a text of this turn is remembered, 16 bytes; nil for one that is not: a story, a number of something.
function _M.key(turn)
    local query, version = turn.query, turn.version
    if not turn.config.settings.remembers or #query > LONGEST or find(query, "%d%d%d%d") then return end
    local text = folded(query)
    if text == "" then return end
    return md5(version.name .. ":" .. (version.attempt or 0) .. ":" .. turn.config.name .. ":" .. turn.tenant_id .. ":" .. text)
end

-- Returns intent, confidence, and whether the intent's reply is all that there is to say; nil for what is not known.
function _M.recall(version, key)
    local value = shared:get(key)
    if not value then return end
    local number = floor(abs(value))
    return version.labels[number], abs(value) - number, value > 0
end

-- said: "<label from 0>;<confidence>;<1 where the intent's reply was the whole answer, else 0>;<load of the version>;<configuration>",
-- of a shim, or nil. One that went by another version or configuration than this turn's says nothing of it.
function _M.keep(turn, said)
    local label, confidence, whole, attempt, number = match(said or "", "^(%d+);(%d%.%d+);([01]);(%d+);(%d+)$")
    if number ~= turn.config.name or tonumber(attempt) ~= (turn.version.attempt or 0) then return end
    local value = label + 1 + min(tonumber(confidence), SURE)
    shared:set(turn.memory, whole == "1" and value or -value)
    metrics.add('sluice_understood_total{what="kept"}', 1)
end

return _M
