-- Which answered turns wait for Redis, and how are they written when it is back?
--
-- In shared memory, a list for each slot of the cluster (one list where there is none): a node that is away holds up only its own. What a
-- node has that no replica has yet is a copy, in a list of that node: it is written again when another node is its owner, and waits no
-- more once a replica has it. One worker at a time writes. Writing a turn twice is harmless: the script looks for its turn_id, and puts
-- it where it was answered.

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
local TURNS, COPIES, LOCK = "turns:", "copies:", "writing"
local FILE = "/late-edge-"
local COUNT = { [TURNS] = "count turns", [COPIES] = "count copies" }

local _M = {}

local function kind_of(list)
    return find(list, TURNS, 1, true) == 1 and TURNS or find(list, COPIES, 1, true) == 1 and COPIES or nil
end

-- How many turns Redis does not have, and how many of them one node has.
function _M.count()
    return max(0, waiting:get(COUNT[TURNS]) or 0), max(0, waiting:get(COUNT[COPIES]) or 0)
end

local function put(list, text, push)
    local length, err = waiting[push](waiting, list, text)
    if length then waiting:incr(COUNT[kind_of(list)], 1, 0) end
    return length, err
end

local held              -- {list, text}: what this worker has taken and nobody else knows of

local function take(list)
    local text = waiting:lpop(list)
    if text then
        waiting:incr(COUNT[kind_of(list)], -1, 0)
        held = { list, text }
    end
    return text
end

local function append(path, text)
    local file, err = io.open(path, "ab")
    if not file then return nil, err end
    ffi.C.chmod(path, 384)      -- 0600: it holds what customers said
    local sound
    sound, err = file:write(text, "\n")
    file:close()
    return sound, err
end

-- Gives back what was taken: to the list, or where memory is full to this worker's file, which is taken up again.
local function give_back(list, text, push, run_folder)
    local length, err = put(list, text, push)
    if not length then
        length = append(run_folder .. FILE .. ngx.worker.id(), text)
        ngx.log(ngx.ERR, "a late turn has no room in memory", length and "; it is on disk: " or " and cannot be put on disk: ", err)
    end
    held = nil
end

local function slot_of(settings, key)
    return settings.redis.cluster and slots.of(key) or 0
end

local function list_of(settings, key)
    return TURNS .. slot_of(settings, key)
end

local function copies_of(settings, key)
    return COPIES .. slot_of(settings, key) .. ":" .. cluster.node(settings, key)
end

local function kept_until_due(settings, key, command)
    return encode { due = ngx.now() + settings.redis_timeout_ms / 1000 + SKEW_S, key = key, command = command }
end

-- key: of the turn's user; command: its late commit. Returns true, or nil and an error.
function _M.keep(settings, key, command)
    if _M.count() >= settings.late_turns_max then return nil, "the queue of late turns is full" end
    return put(list_of(settings, key), kept_until_due(settings, key, command), "rpush")
end

-- A turn that the node of its key has, and no replica. Where too many wait already it is not kept: it is written, after all.
function _M.keep_copy(settings, key, command)
    local turns, copies = _M.count()
    if turns + copies < settings.late_turns_max / 2 then
        put(copies_of(settings, key), kept_until_due(settings, key, command), "rpush")
    end
end

-- What a worker of before December 2026 left names no key.
local function key_of(kept)
    return kept.key or kept.arguments and kept.arguments[1] or match(kept.command or "", "(d:{[^}]+})")
end

-- Out of the way of those behind it: pyshim/turns/aside.py reads it. Returns whether it could be written.
local function set_aside(run_folder, text, kept, why)
    local line = encode { at = kept and kept.due or ngx.now(), by = "edge", why = why, command = kept and kept.command,
        text = not (kept and kept.command) and text or nil }
    local sound, err = append(run_folder .. "/aside-edge", line)
    if not sound then
        ngx.log(ngx.ERR, "a turn that Redis refuses could not be set aside: ", err)
        return false
    end
    metrics.add("sluice_late_aside_total", 1)
    ngx.log(ngx.ERR, "a turn that Redis refuses was set aside, `sluice late` shows it: ", why)
    return true
end

-- Returns whether Redis has it now, whether a replica has it, too; and why not.
local function written(settings, kept, key)
    if kept.command then return redis.command(settings, "turns", "commit-3", key, commit.taken_up(kept.command)) end
    return redis.run(settings, "commit-3", unpack(kept.arguments))      -- left in a file by a sluice of before December 2026
end

-- Turns of one list, oldest first, until it is empty or its node fails. Returns how many were written, and what failed.
local function write_turns(settings, run_folder, list)
    local count = 0
    while true do
        local text = take(list)
        if not text then return count end
        local kept, unread = decode(text)
        local key = kept and key_of(kept)
        if key and ngx.now() < kept.due then
            give_back(list, text, "lpush", run_folder)
            return count
        end
        local answer, err, covered = nil, unread or "it names no key", nil
        if key then answer, err, covered = written(settings, kept, key) end
        local for_good = not key
        if key and err and redis.refused(err) and redis.writable(settings, key) then      -- one that is busy refuses all alike
            kept.tries = (kept.tries or 0) + 1
            text, for_good = encode(kept), kept.tries >= TRIES
        end
        if answer then
            count = count + 1
            if not covered then put(copies_of(settings, key), text, "rpush") end
        elseif not for_good then
            give_back(list, text, "lpush", run_folder)
            return count, err
        elseif not set_aside(run_folder, text, kept, err) then      -- it lets the others pass
            give_back(list, text, "rpush", run_folder)
            return count, err
        end
        held = nil
    end
end

-- Copies of one list: all, where their node is not the owner any more; else until one is not covered. Returns whether one was not, and
-- what failed.
local function write_copies(settings, run_folder, list, node)
    local moved = match(list, "^%a+:%d+:(.*)$") ~= node
    for _ = 1, waiting:llen(list) or 0 do
        local text = take(list)
        local kept = text and decode(text)
        if not kept then return false end
        if ngx.now() < kept.due then
            give_back(list, text, "lpush", run_folder)
            return false
        end
        local answer, err, covered = written(settings, kept, kept.key)
        if not answer then
            give_back(list, text, "lpush", run_folder)
            return false, err
        end
        if not covered then
            give_back(copies_of(settings, kept.key), text, "rpush", run_folder)
            if not moved then return true end
        end
        held = nil
    end
    return false
end

-- mine: what the lock holds while it is this worker's.
local function write_all(settings, run_folder, mine)
    local count, failed, bare, why = 0, {}, {}, nil
    local lists = waiting:get_keys(0)
    table.sort(lists, function(a, b) return a > b end)      -- turns before copies
    for _, list in ipairs(lists) do
        local kind = kind_of(list)
        if kind then
            if waiting:get(LOCK) ~= mine then return count, why end
            waiting:set(LOCK, mine, LOCK_S)
        end
        local node = kind and cluster.node_of_slot(settings, tonumber(match(list, ":(%d+)")))
        local err
        if kind == TURNS and not failed[node] then
            local done
            done, err = write_turns(settings, run_folder, list)
            count = count + done
        elseif kind == COPIES and not failed[node] and not (bare[node] and find(list, node, 1, true)) then
            local uncovered
            uncovered, err = write_copies(settings, run_folder, list, node)
            bare[node] = bare[node] or uncovered
        end
        if err then
            why = err
            if not redis.refused(err) then failed[node] = true end
        end
    end
    return count, why
end

-- Writes what was kept, as far as Redis takes it. Returns how many turns were written, and what failed, if anything.
function _M.write(settings, run_folder)
    local turns, copies = _M.count()
    local mine = ngx.worker.pid() .. " " .. ngx.now()
    if turns + copies == 0 or not waiting:safe_add(LOCK, mine, LOCK_S) then return 0 end
    local sound, count, why = pcall(write_all, settings, run_folder, mine)
    if held then give_back(held[1], held[2], "lpush", run_folder) end
    if waiting:get(LOCK) == mine then waiting:delete(LOCK) end
    if not sound then return 0, count end
    return count, why
end

-- A worker leaves: what waits for Redis goes to disk, where the next nginx finds it. Shared memory ends with its master, and an old
-- master's is not the new one's.
function _M.leave(run_folder)
    local path = run_folder .. FILE .. ngx.worker.id()
    local lines = { held and held[2] .. "\n" }
    local before = io.open(path, "rb")      -- nobody took it up yet
    if before then
        lines[#lines + 1] = before:read("*a")
        before:close()
    end
    for _, list in ipairs(waiting:get_keys(0)) do
        local text = kind_of(list) and take(list)
        while text do
            lines[#lines + 1] = text .. "\n"
            text = take(list)
        end
    end
    if #lines == 0 then return end
    local draft = path .. ".draft"      -- a process that takes it up meanwhile finds all of it or nothing
    os.remove(draft)
    assert(append(draft, table.concat(lines):sub(1, -2)))
    assert(os.rename(draft, path))
end

-- Takes up what workers left, and what had no room.
function _M.take_up(settings, run_folder)
    for id = 0, WORKERS_MOST - 1 do
        local path = run_folder .. FILE .. id
        local taken = path .. ".taken"      -- by one that crashed, perhaps
        local file = io.open(taken, "rb") or os.rename(path, taken) and io.open(taken, "rb")
        if file then
            for text in file:lines() do
                local kept = decode(text)
                local list = list_of(settings, kept and key_of(kept) or "")
                if not put(list, text, "rpush") then append(path, text) end
            end
            file:close()
            os.remove(taken)
        end
    end
end

return _M
