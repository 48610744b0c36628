-- What do the settings and the tenants say, as compiled for the edge?
--
-- The compiler (pyshim/snapshot.py) has checked everything and written one JSON file; this module reads it once, before the
-- workers fork, opens what it names (keys, address ranges) and hands out the result. Any fault stops the start. The model's
-- versions are in edge/arms.lua: they change while serving.

local cjson = require "cjson.safe"
local ranges = require "edge.ranges"
local signature = require "edge.signature"

local _M = {}
local current

local function read(path)
    local file, err = io.open(path, "rb")
    if not file then error("cannot read the snapshot: " .. err, 0) end
    local text = file:read("*a")
    file:close()
    local value, fault = cjson.decode(text)
    if not value then error("cannot parse the snapshot " .. path .. ": " .. fault, 0) end
    return value
end

local function ranges_of(snapshot, name)
    local matcher, err = ranges.new(snapshot.screen[name])
    if not matcher then error("screen." .. name .. ": " .. err, 0) end
    return matcher
end

local function keys_by_kid(snapshot)
    local keys = {}
    for _, key in ipairs(snapshot.keys) do
        local opened, err = signature.open(key, ngx.decode_base64(key.verifies))
        if not opened then error(err, 0) end
        keys[key.kid] = opened
    end
    return keys
end

-- The tenant's intents become a set.
local function prepare(tenant)
    local known = {}
    for _, intent in ipairs(tenant.intents) do known[intent] = true end
    tenant.intents = known
end

function _M.load(path)
    local snapshot = read(path)
    snapshot.keys = keys_by_kid(snapshot)
    snapshot.screen.addresses_refused = ranges_of(snapshot, "addresses_refused")
    snapshot.screen.addresses_trusted = ranges_of(snapshot, "addresses_trusted")
    for _, tenant in pairs(snapshot.tenants) do
        prepare(tenant)
    end
    current = snapshot
    return snapshot
end

function _M.current()
    return current
end

return _M
