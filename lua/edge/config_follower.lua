-- By which versions of the configuration should this worker answer?
--
-- Once a second, in one round trip (lua/redis/config_beat-2.lua): says what it serves by and what it has, and learns of a new record
-- (pyshim/configuration/configuration.py). What the record names is fetched part by part, and only then said to be here. While Redis is away
-- it serves on by what it knows.

local cjson = require "cjson.safe"
local config = require "edge.config"
local redis = require "edge.redis"

local RECORD, SEEN = "{config}:record", "{config}:seen"
local EDGE, PART = "{config}:edge:", "{config}:part:"

local _M = {}
local record, fault = nil, ""
local followed              -- the record of which everything is here, but for what has a fault
local versions = {}         -- number -> version
local parts = {}            -- digest -> part, of all versions
local busy = false          -- a beat that takes longer than a second is not joined by the next

local function fetch(settings, key)
    local text, err = redis.run(settings, "get-1", key)
    if not text then return nil, err end
    if text == "" then return nil, key .. " is not in Redis any more" end
    return text
end

local function part_of(settings, digest)
    if parts[digest] then return parts[digest] end
    local text, err = fetch(settings, PART .. digest)
    if not text then return nil, err end
    local part
    part, err = config.part(text)
    if part and not part.lacks then parts[digest] = part end        -- perhaps it is here the next time
    return part, err
end

local function load(settings, number)
    local text, err = fetch(settings, EDGE .. number)
    if not text then return nil, err end
    local manifest
    manifest, err = cjson.decode(text)
    if not manifest then return nil, err end
    local mine = {}
    for id, digest in pairs(manifest.parts) do
        mine[id], err = part_of(settings, digest)
        if not mine[id] then return nil, id .. ": " .. err end
    end
    local version = config.version(number, mine)
    version.digests = manifest.parts
    return version
end

local function named(number)
    return number and number > 0 and (number == record.serving or number == record.candidate or number == record.preparing)
end

local function forget()
    for number in pairs(versions) do
        if not named(number) then versions[number] = nil end
    end
    local used = {}
    for _, version in pairs(versions) do
        for _, digest in pairs(version.digests) do used[digest] = true end
    end
    for digest in pairs(parts) do
        if not used[digest] then parts[digest] = nil end
    end
end

-- Loads what the record names and serves by it. What cannot be had is the fault that the next beat tells.
local function follow(settings)
    fault = ""
    for _, name in ipairs { "serving", "candidate", "preparing" } do
        local number = record[name]
        local known = versions[number]
        if named(number) and (not known or known.lacks) then
            local version, err = load(settings, number)
            err = err or version.lacks
            if err then fault = "version " .. number .. ": " .. err end
            versions[number] = version or known
        end
    end
    local serving, candidate = versions[record.serving], versions[record.candidate or 0]
    if serving then config.serve(serving, candidate, record.percent) end
    forget()
    followed = record
end

local function has()
    local numbers = {}
    for number, version in pairs(versions) do
        if not version.lacks then numbers[#numbers + 1] = number end
    end
    return table.concat(numbers, ",")
end

-- Learns of another record, where there is one. Returns nothing, or an error.
local function exchange(settings)
    local serving = config.current().number
    local seq = record and record.serving == serving and record.seq or 0
    local name = "edge " .. settings.node .. " " .. ngx.worker.id()
    local text, err = redis.run(settings, "config_beat-2", RECORD, SEEN, name, seq, serving, has(), fault)
    if not text then return err end
    if text == "" or text == "none" then return end     -- none: a shim says it again (pyshim/agreement/lost.py)
    local value
    value, err = cjson.decode(text)
    if not value then return "the record: " .. err end
    record = value
end

local function beat(settings)
    local err = exchange(settings)
    if not err and record and (record ~= followed or fault ~= "") then
        follow(settings)
        err = exchange(settings)
    end
    if err then return err end
    return fault ~= "" and fault or nil
end

-- Returns nothing, or an error.
function _M.beat(settings)
    if busy then return end
    busy = true
    local sound, err = pcall(beat, settings)
    busy = false
    if not sound then fault = tostring(err) end
    return err
end

return _M
