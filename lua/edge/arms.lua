-- Which versions of the model serve here, and which one does this user get?
--
-- An arm is one version: its router table, its labels, and how tenants read them. The shim writes it as a file
-- (pyshim/rollout/follower.py) and the rollout's record in Redis names it; follow() is told the record once a second and
-- swaps. A turn draws its arm once and keeps it. Rules:
--
-- * The draw is a hash of candidate, tenant and user: the same user gets the same arm on every worker and node, and raising the
--   percent moves nobody back. No candidate, no hash.
-- * What this worker has not loaded is never drawn; loaded says so to whoever raises the percent.
-- * Without a record everything stays as it is.

local cjson = require "cjson.safe"
local draw = require "edge.draw"
local router = require "edge.router"

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

-- The arm in <folder>/<version>.json, or nil and why it cannot be had.
local function load(version, attempt)
    local text, err = read(folder .. "/" .. version .. ".json")
    if not text then return nil, err end
    local arm = cjson.decode(text)
    if not arm then return nil, "version " .. version .. ": not JSON" end
    if attempt and arm.attempt ~= attempt then return nil, "version " .. version .. ": not written again yet" end
    arm.name = tostring(arm.version)
    arm.readings = setmetatable({}, { __mode = "k" })
    arm.router, err = router.open(arm.router)
    if not arm.router then return nil, err end
    arm.answered = 'sluice_arm_turns_total{version="' .. arm.name .. '",outcome="answered"}'
    arm.failed = 'sluice_arm_turns_total{version="' .. arm.name .. '",outcome="failed"}'
    return arm
end

-- Before the workers fork: the version this machine served last. Any fault stops the start.
function _M.begin(arms_folder)
    folder = arms_folder
    local version, err = read(folder .. "/stable")
    if not version then error("cannot tell the stable version: " .. err, 0) end
    local stable
    stable, err = load(version)
    if not stable then error("cannot load the model's version: " .. err, 0) end
    current = { stable = stable, seq = 0, attempt = 0, percent = 0 }
    return current
end

-- The arm that answers this user's turns.
function _M.draw(tenant_id, user_id)
    local now = current
    if now.percent > 0 and draw.below(now.salt, tenant_id, user_id, now.percent) then return now.candidate end
    return now.stable
end

-- Columns of the router's classes, 0-based, that compete for a sentence said to this tenant: all, but for others' twins of its own.
local function columns(arm, intents)
    local mine, twins, found = setmetatable({ out_of_scope = true }, { __index = intents }), {}, {}
    for _, pair in ipairs(arm.twins) do
        local one, other = pair[1], pair[2]
        if mine[one] and not mine[other] then twins[other] = true end
        if mine[other] and not mine[one] then twins[one] = true end
    end
    for number, label in ipairs(arm.labels) do
        if not twins[label] then found[#found + 1] = number - 1 end
    end
    return found
end

-- How this arm reads this tenant (of a configuration): columns, and the threshold from which the router is sure. Made once.
function _M.reading(arm, tenant)
    local reading = arm.readings[tenant]
    if not reading then
        local threshold = tenant.router_threshold or arm.router_thresholds[tenant.id] or arm.router_threshold
        reading = { columns = columns(arm, tenant.intents), threshold = threshold }
        arm.readings[tenant] = reading
    end
    return reading
end

local function retire(arm, kept)
    if arm and arm ~= kept.stable and arm ~= kept.candidate then closing[#closing + 1] = arm.router end
end

local function close_retired()
    for i = #closing, 1, -1 do
        closing[i]:close()
        closing[i] = nil
    end
end

-- What the record names of what is loaded, or can be loaded now. Returns the arm, or nil and why not.
local function have(version, attempt)
    local now = current
    for _, arm in pairs { now.stable, now.candidate } do
        if arm.version == version and (not attempt or arm.attempt == attempt) then return arm end
    end
    return load(version, attempt)
end

-- record: the rollout's record (pyshim/rollout/record.py) as a table, or nil where it did not change.
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

-- What serves here: stable and candidate (arms), percent, seq of the record, attempt of the loaded candidate or 0.
function _M.current()
    return current
end

return _M
