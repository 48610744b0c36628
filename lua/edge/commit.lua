-- How is the commit of a turn said to Redis?
--
-- The fifteen arguments of lua/redis/commit-3.lua are put together here and nowhere else, as Redis reads them. In one piece: a text
-- of its own for each argument would cost more than the rest.

local redis = require "edge.redis"
local resp = require "edge.resp"
local stored = require "edge.stored"

local format, gsub, match = string.format, string.gsub, string.match

local _M = {}
local head, limits      -- what is the same in every command, once this machine's settings are known

local bulk = resp.bulk

local function write_head(s)
    head = "*18\r\n" .. bulk("EVALSHA") .. bulk(redis.sha("commit-3")) .. bulk(3)
    limits = "\r\n" .. bulk(s.state_ttl_s) .. bulk(s.history_ttl_s) .. bulk(s.history_turns)
end

-- The first key of a turn's commit: where in a cluster it goes.
function _M.key(turn)
    return "d:" .. turn.claims.whose
end

-- mode: "idle" or "late"; fields: the reply's JSON members after seq and session_id; not_after: digits. The last end of line is
-- edge/pipeline.lua's.
function _M.command(mode, turn, intent, fields, not_after)
    if not head then write_head(turn.config.settings) end
    local whose, session, id, seq = turn.claims.whose, turn.session_id or "", turn.id, format("%.0f", turn.seq or 0)
    local key, kept = #whose + 2, stored.kept(turn)
    return head .. "$" .. key .. "\r\nd:" .. whose .. "\r\n$" .. key .. "\r\nh:" .. whose .. "\r\n$" .. key .. "\r\ni:" .. whose
        .. "\r\n$4\r\n" .. mode .. "\r\n$" .. #session .. "\r\n" .. session .. "\r\n$" .. #id .. "\r\n" .. id
        .. "\r\n$" .. #seq .. "\r\n" .. seq .. "\r\n$" .. #intent .. "\r\n" .. intent .. "\r\n$0\r\n\r\n$"
        .. #fields .. "\r\n" .. fields .. "\r\n$" .. #kept .. "\r\n" .. kept .. limits .. "$" .. #not_after .. "\r\n" .. not_after
end

-- A command that waited, perhaps since before an upgrade: the script as it is now.
function _M.taken_up(command)
    local sha = redis.sha("commit-3")
    local before = match(command, "^%*18\r\n%$7\r\nEVALSHA\r\n%$40\r\n(%x+)\r\n")
    if not before or before == sha then return command end
    return (gsub(command, before, sha, 1))
end

return _M
