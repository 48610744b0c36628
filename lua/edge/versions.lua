-- Which versions of the model serve here, and which one does this user get?
--
-- A version is its router table, its labels, and how tenants read them. The shim writes it as a file
-- (pyshim/rollout/follower.py) and the rollout's record in Redis names it; follow() is told the record once a second and
-- swaps. A turn draws its version once and keeps it. Rules:
--
-- * The draw is a hash of candidate, tenant and user: the same user gets the same version on every worker and node, and raising the
--   percent moves nobody back. No candidate, no hash.
-- * What this worker has not loaded is never drawn; loaded says so to whoever raises the percent.
-- * Without a record everything stays as it is.

local cjson = require "cjson.safe"
local draw = require "edge.draw"
local router = require "edge.router"

local log = math.log

local _M = {}
local current           -- what _M.current() says, and salt: what is hashed before a user
local wanted            -- the record as last told
local closing = {}      -- routers no turn draws any more, closed at the next follow()
local folder

local function read(path)
    local file, err = io.open(path, "rb")
    if not file then return nil, err end
    local text = file:read("*a")
    file:close()
    return text
end

-- The version in <folder>/<number>.json, or nil and why it cannot be had.
local function load(number, attempt)
    local text, err = read(folder .. "/" .. number .. ".json")
    if not text then return nil, err end
    local version = cjson.decode(text)
    if not version then return nil, "version " .. number .. ": not JSON" end
    if attempt and version.attempt ~= attempt then return nil, "version " .. number .. ": not written again yet" end
    version.name = tostring(version.version)
    version.readings = setmetatable({}, { __mode = "k" })
    version.router, err = router.open(version.router)
    if not version.router then return nil, err end
    version.answered = 'sluice_version_turns_total{version="' .. version.name .. '",outcome="answered"}'
    version.failed = 'sluice_version_turns_total{version="' .. version.name .. '",outcome="failed"}'
    return version
end

-- Before the workers fork: the version this machine served last. Any fault stops the start.
function _M.begin(versions_folder)
    folder = versions_folder
    local number, err = read(folder .. "/stable")
    if not number then error("cannot tell the stable version: " .. err, 0) end
    local stable
    stable, err = load(number)
    if not stable then error("cannot load the model's version: " .. err, 0) end
    current = { stable = stable, seq = 0, attempt = 0, percent = 0 }
    return current
end

-- The version that answers this user's turns.
function _M.draw(tenant_id, user_id)
    local now = current
    if now.percent > 0 and draw.below(now.salt, tenant_id, user_id, now.percent) then return now.candidate end
    return now.stable
end

-- Columns of the router's classes, 0-based, that compete for a sentence said to this tenant: all, but for others' twins of its own.
local function columns(version, intents)
    local mine, twins, found = setmetatable({ out_of_scope = true }, { __index = intents }), {}, {}
    for _, pair in ipairs(version.twins) do
        local one, other = pair[1], pair[2]
        if mine[one] and not mine[other] then twins[other] = true end
        if mine[other] and not mine[one] then twins[one] = true end
    end
    for number, label in ipairs(version.labels) do
        if not twins[label] then found[#found + 1] = number - 1 end
    end
    return found
end

-- What is added to each column's score: the prior of an intent that the tenant does not have (pyshim/understanding/model.py).
local function priors(version, intents, found)
    local foreign, added = log(version.foreign or 1), {}
    for i, column in ipairs(found) do
        local label = version.labels[column + 1]
        added[i] = (intents[label] or label == "out_of_scope") and 0 or foreign
    end
    return added
end

-- How this version reads this tenant (of a configuration): columns, their priors, and the threshold from which the router is sure.
-- Made once.
function _M.reading(version, tenant)
    local reading = version.readings[tenant]
    if not reading then
        local threshold = tenant.router_threshold or version.router_thresholds[tenant.id] or version.router_threshold
        local found = columns(version, tenant.intents)
        reading = { columns = found, priors = priors(version, tenant.intents, found), threshold = threshold }
        version.readings[tenant] = reading
    end
    return reading
end

local function retire(version, kept)
    if version and version ~= kept.stable and version ~= kept.candidate then closing[#closing + 1] = version.router end
end

local function close_retired()
    for i = #closing, 1, -1 do
        closing[i]:close()
        closing[i] = nil
    end
end

-- What the record names of what is loaded, or can be loaded now. Returns the version, or nil and why not.
local function have(number, attempt)
    local now = current
    for _, version in pairs { now.stable, now.candidate } do
        if version.version == number and (not attempt or version.attempt == attempt) then return version end
    end
    return load(number, attempt)
end

-- record: the rollout's record (pyshim/rollout/rollout.py) as a table, or nil where it did not change.
-- Returns nil, or what is not there yet: then it is to be called again.
function _M.follow(record)
    close_retired()
    wanted = record or wanted
    record = wanted
    if not record then return end
    local stable, err = have(record.stable)
    if not stable then return err end
    local candidate, lacks
    if (record.candidate or 0) > 0 then candidate, lacks = have(record.candidate, record.attempt) end
    local before, percent = current, candidate and record.percent or 0
    current = {
        stable = stable, candidate = candidate, seq = record.seq, attempt = candidate and record.attempt or 0, percent = percent,
        salt = candidate and candidate.name .. ":" .. record.attempt .. ":" or nil,
    }
    retire(before.stable, current)
    retire(before.candidate, current)
    return lacks
end

-- One that serves here, by its name; nil for no such one (any more).
function _M.named(name)
    local now = current
    return now.stable.name == name and now.stable or now.candidate and now.candidate.name == name and now.candidate or nil
end

-- What serves here: stable and candidate, percent, seq of the record, attempt of the loaded candidate or 0.
function _M.current()
    return current
end

return _M
