-- How does a turn answered at the edge get into its conversation?
--
-- One round trip: the commit script checks order and that nothing is pending, and writes state, history and intent
-- together. While Redis is away, turns wait in a bounded queue in shared memory and are written when it is back; when
-- the queue is full the turn is refused instead of being answered and lost.

local cjson = require "cjson"
local commit = require "edge.commit"
local ffi = require "ffi"
local metrics = require "edge.metrics"
local pipeline = require "edge.pipeline"
local redis = require "edge.redis"

ffi.cdef "int chmod(const char *path, unsigned int mode);"

local late = ngx.shared.late
local encode, decode = cjson.encode, require("cjson.safe").decode
local find, format = string.find, string.format

-- A turn is written late only when its first commit can no longer happen: the clocks of edge and Redis may differ by this.
local SKEW_S = 1
local WORKERS_MOST = 64
local TRIES = 3         -- a turn that Redis refused so often, a second apart, is refused for good

local _M = {}

-- Milliseconds since 1970, so many from now.
local function in_ms(ms)
    return format("%.0f", ngx.now() * 1000 + ms)
end

-- A Redis that has just begun is told the script, and then the command again.
local function run(settings, command)
    local answer, err = pipeline.run(settings, command)
    if not answer and find(err, "NOSCRIPT", 1, true) then
        answer, err = redis.teach(settings, "commit-3")
        if answer then answer, err = pipeline.run(settings, command) end
    end
    return answer, err
end

-- Writes the turn if its conversation waits for nothing. fields: the reply's JSON members after seq and session_id.
-- Returns the script's answer, or nil and an error.
function _M.commit_idle(turn, intent, fields)
    local s = turn.config.settings
    return run(s, commit.command("idle", turn, intent, fields, in_ms(s.redis_timeout_ms)))
end

-- Keeps the turn until Redis is back. Returns true, or nil and an error when the queue is full.
function _M.keep(turn, intent, fields)
    if (late:llen("turns") or 0) >= turn.config.settings.late_turns_max then return nil, "the queue of late turns is full" end
    local due = ngx.now() + turn.config.settings.redis_timeout_ms / 1000 + SKEW_S
    return late:rpush("turns", encode { due = due, command = commit.command("late", turn, intent, fields, "0") })
end

-- Out of the way of those behind it: pyshim/turns/aside.py reads it. Where that cannot be written it goes to the end of the queue.
local function set_aside(run_folder, text, kept, why)
    local path = run_folder .. "/aside-edge"
    local line = encode { at = kept and kept.due or ngx.now(), by = "edge", why = why, command = kept and kept.command,
        text = not (kept and kept.command) and text or nil }
    local file, err = io.open(path, "ab")
    if file then
        ffi.C.chmod(path, 384)
        local sound
        sound, err = file:write(line, "\n")
        file:close()
        if sound then
            metrics.add("sluice_late_aside_total", 1)
            return ngx.log(ngx.ERR, "a turn that Redis refuses was set aside, `sluice late` shows it: ", why)
        end
    end
    ngx.log(ngx.ERR, "a turn that Redis refuses could not be set aside: ", err)
    late:rpush("turns", text)
    return true
end

-- Writes what was kept, oldest first, until the queue is empty or Redis fails again. Returns how many were written.
function _M.write_late(settings, run_folder)
    local written = 0
    while true do
        local text = late:lpop("turns")
        if not text then return written end
        local kept, unread = decode(text)
        local answer, err
        if not kept then
            if set_aside(run_folder, text, nil, unread) then return written, unread end
            answer = true
            written = written - 1
        elseif ngx.now() >= kept.due then
            if kept.command then
                answer, err = run(settings, commit.taken_up(kept.command))
            else        -- left in a file by a sluice of before December 2026
                answer, err = redis.run(settings, "commit-3", unpack(kept.arguments))
            end
        end
        if not answer and err and redis.refused(err) and redis.writable(settings) then      -- one that is busy refuses all alike
            kept.tries = (kept.tries or 0) + 1
            if kept.tries >= TRIES then
                if set_aside(run_folder, text, kept, err) then return written, err end
                answer = true
                written = written - 1
            else
                text = encode(kept)
            end
        end
        if not answer then
            late:lpush("turns", text)
            return written, err
        end
        written = written + 1
    end
end

-- A worker leaves: what waits for Redis goes to disk, where the next nginx finds it. Shared memory ends with its master, and an old
-- master's is not the new one's.
function _M.leave(run_folder)
    local path = run_folder .. "/late-edge-" .. ngx.worker.id()
    local lines = {}
    local before = io.open(path, "rb")      -- nobody took it up yet
    if before then
        lines[1] = before:read("*a")
        before:close()
    end
    while true do
        local text = late:lpop("turns")
        if not text then break end
        lines[#lines + 1] = text .. "\n"
    end
    if #lines == 0 then return end
    local draft = assert(io.open(path .. ".draft", "wb"))
    ffi.C.chmod(path .. ".draft", 384)      -- 0600: it holds what customers said
    draft:write(table.concat(lines))
    draft:close()
    assert(os.rename(path .. ".draft", path))
end

-- Takes up what workers left. Writing a turn twice is harmless: the script looks for its turn_id. Returns how many.
function _M.take_up(run_folder)
    local found = 0
    for id = 0, WORKERS_MOST - 1 do
        local path = run_folder .. "/late-edge-" .. id
        local file = io.open(path, "rb")
        if file then
            for text in file:lines() do
                late:rpush("turns", text)
                found = found + 1
            end
            file:close()
            os.remove(path)
        end
    end
    return found
end

function _M.late_turns()
    return late:llen("turns") or 0
end

return _M
