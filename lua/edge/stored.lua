-- How does a stored turn look as text?
--
-- The reply's JSON members, seq and session_id first, and then what only the history keeps: query and at. Inside a JSON text quotes
-- are escaped, so the first bare ,"query": is the border between the two. pyshim/turns/stored.py and lua/redis/commit-3.lua write and
-- read the same.

local encode = require "cjson".encode
local find, format, sub = string.find, string.format, string.sub

local _M = {}

-- The members that only the history keeps, without braces: nothing secret.
function _M.kept(turn)
    return '"query":' .. encode(turn.kept or turn.query) .. ',"at":' .. format("%.0f", ngx.now() * 1000)
end

-- The whole reply. seq: its digits; fields: its members after seq and session_id.
function _M.reply(seq, session, fields)
    return '{"seq":' .. seq .. ',"session_id":"' .. session .. '",' .. fields .. '}'
end

-- The reply inside a stored turn.
function _M.reply_of(entry)
    return sub(entry, 1, find(entry, ',"query":', 1, true) - 1) .. "}"
end

return _M
