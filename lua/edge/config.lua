-- What do the settings and the tenants say, as compiled for the edge?
--
-- The compiler (pyshim/tenants/compile.py) has checked everything. Settings are this machine's and are read once, before the workers fork.
-- A version of the configuration is all that tenants brought: a number, and a part for each tenant, which versions share where it did
-- not change. One version serves; a candidate may serve some of the users. edge/config_follower.lua brings new ones.

local addresses = require "edge.addresses"
local words = require "edge.words"
local cjson = require "cjson.safe"
local draw = require "edge.draw"
local keys = require "edge.keys"
local older = require "edge.older"
local ranges = require "edge.ranges"
local script = require "edge.script"
local signature = require "edge.signature"

local _M = {}
local folder
local machine           -- {settings, scripts, screen, limits} of this machine
local current           -- {serving, candidate or nil, percent, salt}

local function read(name)
    local file, err = io.open(folder .. "/" .. name, "rb")
    if not file then return nil, "cannot read " .. err end
    local text = file:read("*a")
    file:close()
    local value, fault = cjson.decode(text)
    if not value then return nil, folder .. "/" .. name .. ": " .. fault end
    return value
end

-- What verifies by a key: public keys come with the configuration, a secret is read from this machine's file.
local function verifies(tenant, key)
    if key.verifies then return ngx.decode_base64(key.verifies) end
    return keys.secret(machine.settings.keys, tenant.id, key)
end

-- part: one tenant, as pyshim/tenants/edge.py's edge_part() says it. Raises what is wrong with it. A key whose secret this machine does
-- not have is left out, and part.lacks says so.
local function prepare(part)
    local tenant, known = older.completed(part.tenant), {}
    for _, intent in ipairs(tenant.intents) do known[intent] = true end
    tenant.intents = known
    for _, name in ipairs { "addresses_refused", "addresses_trusted" } do
        tenant[name] = ranges.decoded(tenant[name])
    end
    tenant.blocked, tenant.alarms = words.new(tenant.blocked), words.new(tenant.alarms)
    local opened = {}
    for _, key in ipairs(part.keys) do
        local known, lacks = verifies(tenant, key)
        if known then
            local err
            opened[#opened + 1], err = signature.open(key, known)
            if err then error(tenant.id .. ": " .. err, 0) end
        else
            part.lacks = lacks
        end
    end
    part.keys = opened
    return part
end

-- One tenant from its JSON. Returns the part, or nil and why not.
function _M.part(text)
    local value, err = cjson.decode(text)
    if not value then return nil, err end
    local sound, part = pcall(prepare, value)
    if not sound then return nil, part end
    return part
end

local NOBODY = '{"tenants":[]}'       -- to cjson an empty table is an object

-- What GET /v1/tenants says of all; those that talk to guests come first.
local function page_of(parts)
    if not machine.settings.tenants_listed then return NOBODY end
    local pages = {}
    for _, part in pairs(parts) do pages[#pages + 1] = part.page end
    table.sort(pages, function(a, b)
        if a.guests ~= b.guests then return a.guests end
        return a.id < b.id
    end)
    return cjson.encode { tenants = pages }
end

-- What it says to whoever names one.
function _M.page(version, tenant)
    local part = version.parts[tenant]
    return part and cjson.encode { tenants = { part.page } } or NOBODY
end

-- A version of the configuration. parts: tenant's id -> part. lacks: what is not on this machine, a sentence.
function _M.version(number, parts)
    local by_kid, tenants, lacks = {}, {}, nil
    for id, part in pairs(parts) do
        tenants[id], lacks = part.tenant, part.lacks or lacks
        for _, key in ipairs(part.keys) do by_kid[key.kid] = key end
    end
    return {
        number = number, name = tostring(number), parts = parts, keys = by_kid, tenants = tenants, page = page_of(parts), lacks = lacks,
        settings = machine.settings, screen = machine.screen, limits = machine.limits,
    }
end

local function kept()
    local found, err = read("config.json")
    if not found then return nil, err end
    for _, part in pairs(found.parts) do
        local sound, fault = pcall(prepare, part)
        if not sound then return nil, fault end
    end
    return found
end

-- Before the workers fork. Any fault stops the start. Returns the version that serves.
function _M.begin(run_folder)
    folder = run_folder
    local err
    machine, err = read("edge.json")
    if not machine then error(err, 0) end
    script.begin(machine.scripts)
    addresses.begin(run_folder)
    err = addresses.follow(machine.screen)
    if err then error(err, 0) end
    local found
    found, err = kept()
    if not found then error(err, 0) end
    current = { serving = _M.version(found.number, found.parts), percent = 0 }
    return current.serving
end

-- In a worker: what this machine serves may have changed since the master began. Returns true, or nil and why it is not known.
function _M.begin_again()
    local found, err = kept()
    if not found then return nil, err end
    if found.number ~= current.serving.number then
        current = { serving = _M.version(found.number, found.parts), percent = 0 }
    end
    return true
end

-- From now on these serve. candidate: nil, or a version that percent of the users get.
function _M.serve(serving, candidate, percent)
    current = {
        serving = serving, candidate = candidate, percent = candidate and percent or 0,
        salt = candidate and "config " .. candidate.name .. ":" or nil,
    }
end

-- The version that serves, for who is not known yet.
function _M.current()
    return current.serving
end

-- The version that answers this user.
function _M.draw(tenant_id, user_id)
    local now = current
    if now.percent > 0 and now.candidate.tenants[tenant_id] and draw.below(now.salt, tenant_id, user_id, now.percent) then
        return now.candidate
    end
    return now.serving
end

function _M.serves()
    return current
end

return _M
