-- Which answered turns wait for Redis, and how are they written when it is back?
--
-- In shared memory, a list for each slot of the cluster (one list where there is none): those of one user stay in order, and a node that
-- is away holds up only its own. One worker at a time writes them. Writing a turn twice is harmless: the script looks for its turn_id.

local cjson = require "cjson"
local cluster = require "edge.cluster"
local commit = require "edge.commit"
local ffi = require "ffi"
local metrics = require "edge.metrics"
local redis = require "edge.redis"
local slots = require "edge.slots"

ffi.cdef "int chmod(const char *path, unsigned int mode);"

local waiting = ngx.shared.late
local encode, decode = cjson.encode, require("cjson.safe").decode
local find, match, max = string.find, string.match, math.max

-- A turn is written late only when its first commit can no longer happen: the clocks of edge and Redis may differ by this.
local SKEW_S = 1
local WORKERS_MOST = 64
local TRIES = 3         -- a turn that Redis refused so often, a second apart, is refused for good
local LOCK_S = 10
local LIST, COUNT, LOCK = "turns:", "count", "writing"

local _M = {}

function _M.count()
    return max(0, waiting:get(COUNT) or 0)
end

local function put(list, text, push)
    local length, err = waiting[push](waiting, list, text)
    if length then waiting:incr(COUNT, 1, 0) end
    return length, err
end

local function take(list)
    local text = waiting:lpop(list)
    if text then waiting:incr(COUNT, -1, 0) end
    return text
end

local function list_of(settings, key)
    return LIST .. (settings.redis.cluster and slots.of(key) or 0)
end

-- key: of the turn's user; command: its late commit; most: how many may wait. Returns true, or nil and an error.
function _M.keep(settings, key, command, most)
    if _M.count() >= most then return nil, "the queue of late turns is full" end
    local due = ngx.now() + settings.redis_timeout_ms / 1000 + SKEW_S
    return put(list_of(settings, key), encode { due = due, key = key, command = command }, "rpush")
end

-- What a worker of before December 2026 left names no key.
local function key_of(kept)
    return kept.key or kept.arguments and kept.arguments[1] or match(kept.command or "", "(d:{[^}]+})")
end

-- Out of the way of those behind it: pyshim/turns/aside.py reads it. Returns whether it could be written.
local function set_aside(run_folder, text, kept, why)
    local path = run_folder .. "/aside-edge"
    local line = encode { at = kept and kept.due or ngx.now(), by = "edge", why = why, command = kept and kept.command,
        text = not (kept and kept.command) and text or nil }
    local file, err = io.open(path, "ab")
    local sound
    if file then
        ffi.C.chmod(path, 384)
        sound, err = file:write(line, "\n")
        file:close()
    end
    if not sound then
        ngx.log(ngx.ERR, "a turn that Redis refuses could not be set aside: ", err)
        return false
    end
    metrics.add("sluice_late_aside_total", 1)
    ngx.log(ngx.ERR, "a turn that Redis refuses was set aside, `sluice late` shows it: ", why)
    return true
end

-- Returns whether it is written and covered; and why not.
local function written(settings, kept, key)
    if ngx.now() < kept.due then return false end
    local answer, err, covered
    if kept.command then
        answer, err, covered = redis.command(settings, "turns", "commit-3", key, commit.taken_up(kept.command))
    else        -- left in a file by a sluice of before December 2026
        answer, err = redis.run(settings, "commit-3", unpack(kept.arguments))
        covered = true
    end
    return answer and covered, err or not covered and "no replica has it yet" or nil
end

-- One list, oldest first, until it is empty or its node fails. Returns how many were written, and what failed.
local function write_list(settings, run_folder, list)
    local count = 0
    while true do
        local text = take(list)
        if not text then return count end
        local kept, unread = decode(text)
        local key = kept and key_of(kept)
        local done, err = false, unread or "it names no key"
        if key then done, err = written(settings, kept, key) end
        local for_good = not key
        if key and err and redis.refused(err) and redis.writable(settings, key) then      -- one that is busy refuses all alike
            kept.tries = (kept.tries or 0) + 1
            text, for_good = encode(kept), kept.tries >= TRIES
        end
        if for_good then
            if not set_aside(run_folder, text, kept, err) then      -- it lets the others pass
                put(list, text, "rpush")
                return count, err
            end
        elseif not done then
            put(list, text, "lpush")
            return count, err
        else
            count = count + 1
        end
    end
end

local function write_all(settings, run_folder)
    local count, failed, why = 0, {}, nil
    for _, list in ipairs(waiting:get_keys(0)) do
        if find(list, LIST, 1, true) == 1 then
            local node = cluster.node_of_slot(settings, tonumber(match(list, "%d+$")))
            if not failed[node] then
                local done, err = write_list(settings, run_folder, list)
                count, why = count + done, err or why
                failed[node] = err ~= nil and not redis.refused(err) or nil
            end
        end
    end
    return count, why
end

-- Writes what was kept, as far as Redis takes it. Returns how many were written, and what failed, if anything.
function _M.write(settings, run_folder)
    if _M.count() == 0 or not waiting:add(LOCK, true, LOCK_S) then return 0 end
    local sound, count, why = pcall(write_all, settings, run_folder)
    waiting:delete(LOCK)
    if not sound then return 0, count end
    return count, why
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
    for _, list in ipairs(waiting:get_keys(0)) do
        local text = find(list, LIST, 1, true) == 1 and take(list)
        while text do
            lines[#lines + 1] = text .. "\n"
            text = take(list)
        end
    end
    if #lines == 0 then return end
    local draft = assert(io.open(path .. ".draft", "wb"))
    ffi.C.chmod(path .. ".draft", 384)      -- 0600: it holds what customers said
    draft:write(table.concat(lines))
    draft:close()
    assert(os.rename(path .. ".draft", path))
end

-- Takes up what workers left.
function _M.take_up(settings, run_folder)
    for id = 0, WORKERS_MOST - 1 do
        local path = run_folder .. "/late-edge-" .. id
        local file = io.open(path, "rb")
        if file then
            for text in file:lines() do
                local kept = decode(text)
                put(list_of(settings, kept and key_of(kept) or ""), text, "rpush")
            end
            file:close()
            os.remove(path)
        end
    end
end

return _M
