-- How does the edge talk to Redis?
--
-- The only file that knows the client library: "resty.redis" in OpenResty, "nginx.redis" in Debian. Scripts are files in
-- lua/redis; they are sent by digest, and in full once when Redis does not know them yet.

local ok, client = pcall(require, "resty.redis")
if not ok then client = require "nginx.redis" end

local POOL = { pool_size = 128 }
local IDLE_MS = 60000

-- Answers of a Redis that is there and takes nothing: it is full, a replica, has a disk that fails or too few replicas, or is reading
-- what it stored. Every other error is a fault of ours. pyshim/outside/redis.py has the same list.
local TAKES_NOTHING = { OOM = true, READONLY = true, MISCONF = true, NOREPLICAS = true, LOADING = true, MASTERDOWN = true }

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
    scripts[name] = { text = text, sha = hex(ngx.sha1_bin(text)), keys = tonumber(name:match("%-(%d+)$")) }
end

local function connected(settings)
    local redis = client:new()
    redis:set_timeout(settings.redis_timeout_ms)
    local sound, err = redis:connect(settings.redis.nodes[1], POOL)
    if not sound then return nil, "redis: " .. err end
    return redis
end

-- Lets go of the connection. Returns the answer, or nil and an error.
local function answered(redis, answer, err)
    if answer == nil then
        redis:close()
        return nil, "redis: " .. (err or "no answer")
    end
    redis:set_keepalive(IDLE_MS)
    if not answer then return nil, "redis: " .. err end
    return answer
end

-- Runs one script in one round trip. Returns its answer, or nil and an error (Redis away, slow, or refusing).
function _M.run(settings, name, ...)
    local redis, away = connected(settings)
    if not redis then return nil, away end
    local script = scripts[name]
    local answer, err = redis:evalsha(script.sha, script.keys, ...)
    if not answer and err and err:find("NOSCRIPT", 1, true) then
        answer, err = redis:eval(script.text, script.keys, ...)
    end
    return answered(redis, answer, err)
end

-- Tells Redis a script, so that it knows its digest. Returns that, or nil and an error.
function _M.teach(settings, name)
    local redis, away = connected(settings)
    if not redis then return nil, away end
    return answered(redis, redis:script("LOAD", scripts[name].text))
end

-- Can a turn be written now? Returns true, or nil and why not.
function _M.writable(settings)
    local answer, err = _M.run(settings, "writable-1", "{writable}")
    if answer then return true end
    local said = err:match("^redis: (.*)$")
    return nil, TAKES_NOTHING[said:match("^%u+")] and "cannot write: " .. said or said
end

-- Is this error one of a Redis that is there, takes what others write, and refuses this?
function _M.refused(err)
    local code = err:match("^redis: (%u+) ")
    return code ~= nil and code ~= "NOSCRIPT" and not TAKES_NOTHING[code]
end

-- By which Redis knows it.
function _M.sha(name) return scripts[name].sha end

return _M
