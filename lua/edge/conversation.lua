-- How does a turn answered at the edge get into its conversation?
--
-- One round trip: the commit script checks order and that nothing is pending, and writes state, history and intent together. While
-- Redis is away, turns wait (edge/late.lua) and are written when it is back; where no more can wait the turn is refused instead of being
-- answered and lost.

local commit = require "edge.commit"
local late = require "edge.late"
local metrics = require "edge.metrics"
local redis = require "edge.redis"

local format = string.format

local _M = {}

-- Milliseconds since 1970, so many from now.
local function in_ms(ms)
    return format("%.0f", ngx.now() * 1000 + ms)
end

-- Keeps the turn until Redis is back. Returns true, or nil and an error when too many wait.
function _M.keep(turn, intent, fields)
    return late.keep(turn.config.settings, commit.key(turn), commit.command("late", turn, intent, fields, "0"))
end

-- Writes the turn if its conversation waits for nothing. fields: the reply's JSON members after seq and session_id. What no replica has
-- yet is written once more, later: whoever is Redis then has it, once.
-- Returns the script's answer, or nil and an error.
function _M.commit_idle(turn, intent, fields)
    local s = turn.config.settings
    local command = commit.command("idle", turn, intent, fields, in_ms(s.redis_timeout_ms))
    local answer, err, covered = redis.command(s, "turns", "commit-3", commit.key(turn), command)
    if answer and not covered and type(answer) == "string" then
        metrics.add("sluice_redis_uncovered_turns_total", 1)
        late.keep_copy(s, commit.key(turn), commit.command("late", turn, intent, fields, "0"))
    end
    return answer, err
end

return _M
