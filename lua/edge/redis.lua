-- How does the edge ask Redis?
--
-- Scripts are files in lua/redis; they are sent by digest, and told to a node once when it does not know them yet. Where a key is, and
-- how commands travel, is edge/cluster.lua's and edge/pipeline.lua's.

local cluster = require "edge.cluster"
local resp = require "edge.resp"

local find, match = string.find, string.match

-- Answers of a Redis that is there and takes nothing: it is full, a replica, has a disk that fails or too few replicas, is reading what
-- it stored, or its cluster does not know who has the slot. Every other error is a fault of ours. pyshim/outside/redis.py has the
-- same list.
local TAKES_NOTHING = { OOM = true, READONLY = true, MISCONF = true, NOREPLICAS = true, LOADING = true, MASTERDOWN = true,
    CLUSTERDOWN = true, TRYAGAIN = true, MOVED = true, ASK = true }

local _M = {}
local scripts = {}

local function hex(bytes)
    return (bytes:gsub(".", function(c) return string.format("%02x", c:byte()) end))
end

-- name: file in the scripts' folder without ".lua", ending in its number of keys, e.g. "commit-3".
function _M.load_script(folder, name)
    local file = assert(io.open(folder .. "/" .. name .. ".lua", "rb"))
    local text = file:read("*a")
    file:close()
    scripts[name] = { text = text, sha = hex(ngx.sha1_bin(text)), keys = tonumber(match(name, "%-(%d+)$")) }
end

local function unknown(answer, err)
    return answer == false and find(err, "NOSCRIPT", 1, true) == 1
end

local function heard(answer, err, covered)
    if answer then return answer, nil, covered end
    return nil, "redis: " .. (err or "no answer")
end

-- A command of this script that was put together elsewhere (edge/commit.lua); a node that does not know the script is told it, and
-- asked again. lane: "turns" or "rest".
-- Returns its answer, nil, and whether it is covered (edge/cluster.lua); or nil and an error (Redis away, slow, or refusing).
function _M.command(settings, lane, name, key, command)
    local answer, err, covered = cluster.run(settings, lane, key, command)
    if unknown(answer, err) then
        answer, err = cluster.run(settings, lane, key, resp.command("SCRIPT", "LOAD", scripts[name].text))
        if answer then answer, err, covered = cluster.run(settings, lane, key, command) end
    end
    return heard(answer, err, covered)
end

-- Runs one script in one round trip; its first argument is its first key. Returns its answer, or nil and an error.
function _M.run(settings, name, key, ...)
    local script = scripts[name]
    return _M.command(settings, "rest", name, key, resp.command("EVALSHA", script.sha, script.keys, key, ...))
end

local function why_not(err)
    local said = match(err, "^redis: (.*)$")
    return TAKES_NOTHING[match(said, "^%u+")] and "cannot write: " .. said or said
end

local function writable_at(settings, node)
    local answer, err = heard(cluster.run_on(settings, node, resp.command("EVAL", scripts["writable-0"].text, 0)))
    if answer then return true end
    return nil, why_not(err)
end

-- Can a turn be written now, of the one whose key this is? Returns true, or nil and why not.
function _M.writable(settings, key)
    return writable_at(settings, cluster.node(settings, key))
end

-- Of all nodes that have keys, or should. Returns how many take writes; node -> why it does not; and the nodes.
function _M.state(settings)
    local masters, asked, away, sound = cluster.masters(settings), {}, {}, 0
    for i, node in ipairs(masters) do asked[i] = ngx.thread.spawn(writable_at, settings, node) end
    for i, node in ipairs(masters) do
        local _, writable, why = ngx.thread.wait(asked[i])
        if writable then sound = sound + 1 else away[node] = why or "no answer" end
    end
    if #masters == 0 then away[settings.redis.nodes[1]] = "nobody of the cluster answers" end
    return sound, away, masters
end

-- Is this error one of a Redis that is there, takes what others write, and refuses this?
function _M.refused(err)
    local code = match(err, "^redis: (%u+) ")
    return code ~= nil and code ~= "NOSCRIPT" and not TAKES_NOTHING[code]
end

-- By which Redis knows it.
function _M.sha(name) return scripts[name].sha end

return _M
