-- Which versions of the model serve here, and which one does this user get?
--
-- An arm is one version: its router table, its labels, and how each tenant reads them. The shim writes it as a file
-- (pyshim/rollout/follower.py) and the rollout's record in Redis names it; follow() is told the record once a second and
-- swaps. A turn draws its arm once and keeps it. Rules:
--
-- * The draw is a hash of candidate, tenant and user: the same user gets the same arm on every worker and node, and raising the
--   percent moves nobody back. No candidate, no hash.
-- * What this worker has not loaded is never drawn; loaded says so to whoever raises the percent.
-- * Without a record everything stays as it is.

local bit = require "bit"
local cjson = require "cjson.safe"
local router = require "edge.router"

local bxor, lshift, rshift, band, tobit = bit.bxor, bit.lshift, bit.rshift, bit.band, bit.tobit
local byte = string.byte
local PARTS = 2 ^ 32

local _M = {}
local current           -- what _M.current() says, and: below, the hashes that draw the candidate; salt, what is hashed before a user
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
    current = { stable = stable, below = 0, seq = 0, attempt = 0, percent = 0 }
    return current
end

-- The low 32 bits of a product: a double holds 53 bits, so the upper half of a is multiplied by itself.
local function times(a, b)
    return tobit(band(a, 0xffff) * b + band(rshift(a, 16) * (b % 0x10000), 0xffff) * 0x10000)
end

-- A number from 0 to 2^32 - 1: FNV-1a over the bytes, then mixed so that every bit counts for every other (Murmur3).
local function hash(text)
    local h = 0x811c9dc5
    for i = 1, #text do
        h = bxor(h, byte(text, i))
        h = tobit(h + lshift(h, 1) + lshift(h, 4) + lshift(h, 7) + lshift(h, 8) + lshift(h, 24))     -- * 16777619
    end
    h = times(bxor(h, rshift(h, 16)), 0x85ebca6b)
    h = times(bxor(h, rshift(h, 13)), 0xc2b2ae35)
    return bxor(h, rshift(h, 16)) % PARTS
end
_M.hash = hash

-- The arm that answers this user's turns.
function _M.draw(tenant_id, user_id)
    local now = current
    if now.below > 0 and hash(now.salt .. tenant_id .. ":" .. user_id) < now.below then return now.candidate end
    return now.stable
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
        below = percent / 100 * PARTS, salt = candidate and candidate.name .. ":" .. record.attempt .. ":" or nil,
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
