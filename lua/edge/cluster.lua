-- Which node of Redis has a key, and what when it moves?
--
-- One Redis has them all. In a cluster each of 16,384 slots has an owner; this worker knows them all and learns of changes from the
-- nodes themselves:
--
-- * MOVED    the slot has another owner: it is noted, and asked at once; the whole map is learned anew meanwhile.
-- * ASK      the slot is on its way: the one who gets it is asked this once.
-- * TRYAGAIN of several keys some are on their way: a moment later again, while there is time. So it is where a script met a key
--   that it does not name and that is on its way.
-- * A node that cannot be reached, or says CLUSTERDOWN, has failed at once. The map is learned anew from another.
-- * An owner stays one until another is known.
--
-- Each node has two ways (edge/pipeline.lua): turns share theirs with nothing else.

local connection = require "edge.connection"
local ffi = require "ffi"
local metrics = require "edge.metrics"
local pipeline = require "edge.pipeline"
local resp = require "edge.resp"
local slots = require "edge.slots"

local now = ngx.now
local find, match = string.find, string.match

local HOPS = 5
local NOT_HERE = "ERR Script attempted to access a non local key"
local AGAIN_S = 0.02        -- before TRYAGAIN is followed
local LEARN_S = 0.1         -- the map is learned no more often than this, ...
local REVIEW_S = 10         -- ... and that often where nothing failed

local _M = {}
local owners = ffi.new("uint16_t[?]", slots.COUNT)      -- slot -> number of its node, 0 for nobody's
local names, numbers = {}, {}                           -- number -> name of a node, and back
local ways = {}                                         -- name -> {turns, rest}
local learning, learned_at, whole = false, 0, false

local function number_of(name)
    local number = numbers[name]
    if number then return number end
    names[#names + 1] = name
    numbers[name] = #names
    return #names
end

local function ways_to(name, settings)
    local found = ways[name]
    if not found then
        found = { turns = pipeline.new(name, settings.redis.wait), rest = pipeline.new(name, false) }
        ways[name] = found
    end
    return found
end

local function name_of(host, port, asked)
    if type(host) ~= "string" or host == "" then host = match(asked, "^(.*):%d+$") end      -- it does not know its own
    if find(host, ":", 1, true) and not find(host, "[", 1, true) then host = "[" .. host .. "]" end
    return host .. ":" .. port
end

-- Who has what, as this node sees it. Returns whether it told.
local function learn_from(settings, asked)
    local socket = connection.open(settings, asked)
    if not socket then return false end
    local sent = socket:send { resp.command("CLUSTER", "SLOTS"), "\r\n" }
    local told = sent and resp.hear(socket)
    if type(told) ~= "table" then
        socket:close()
        return false
    end
    connection.keep(socket)
    for _, range in ipairs(told) do
        local owner = number_of(name_of(range[3][1], range[3][2], asked))
        for slot = range[1], range[2] do owners[slot] = owner end
    end
    return #told > 0
end

-- failed: the node that is not asked.
local function learn(settings, failed)
    learning = true
    local asked = {}
    for slot = 0, slots.COUNT - 1 do
        local name = names[owners[slot]]
        if name and not asked[name] then asked[#asked + 1], asked[name] = name, true end
    end
    for _, list in ipairs { names, settings.redis.nodes } do
        for _, name in ipairs(list) do
            if not asked[name] then asked[#asked + 1], asked[name] = name, true end
        end
    end
    for _, name in ipairs(asked) do
        local sound, told
        if name ~= failed then sound, told = pcall(learn_from, settings, name) end
        if sound and told then
            whole = true
            break
        end
    end
    learning, learned_at = false, now()
    metrics.add("sluice_redis_map_learned_total", 1)
end

local function learn_later(settings, failed)
    if learning or now() - learned_at < LEARN_S then return end
    learning = true
    if not ngx.timer.at(0, function() learn(settings, failed) end) then learning = false end
end

-- Somebody has to know something before anybody can be asked.
local function begin(settings, deadline)
    while not whole and now() < deadline do
        if learning then ngx.sleep(0.005) elseif now() - learned_at < LEARN_S then return else learn(settings) end
    end
end

-- The node that has a slot or a key, as far as is known.
function _M.node_of_slot(settings, slot)
    return settings.redis.cluster and names[owners[slot]] or settings.redis.nodes[1]
end

function _M.node(settings, key)
    return _M.node_of_slot(settings, slots.of(key))
end

-- All that have any key.
function _M.masters(settings)
    if not settings.redis.cluster then return { settings.redis.nodes[1] } end
    begin(settings, now() + settings.redis_timeout_ms / 1000)
    local found, seen = {}, {}
    for slot = 0, slots.COUNT - 1 do
        local number = owners[slot]
        if number > 0 and not seen[number] then found[#found + 1], seen[number] = names[number], true end
    end
    table.sort(found)
    return found
end

local function redirect(kind)
    metrics.add('sluice_redis_redirects_total{kind="' .. kind .. '"}', 1)
end

-- Of a cluster. Returns as run().
local function find_owner(settings, lane, key, command)
    local deadline = now() + settings.redis_timeout_ms / 1000
    if not whole then begin(settings, deadline) end
    local slot = slots.of(key)
    local name, asking = names[owners[slot]], false
    local answer, err, covered
    for _ = 1, HOPS do
        if not name then
            learn_later(settings)
            return nil, "nobody has slot " .. slot
        end
        answer, err, covered = pipeline.run(ways_to(name, settings)[lane], settings, command, asking)
        if answer then return answer, nil, covered end
        if answer == nil then
            learn_later(settings, name)
            return nil, name .. ": " .. err
        end
        local kind, host, port = match(err, "^(%u+) %d+ (.*):(%d+)$")
        if kind == "MOVED" then
            redirect("moved")
            learn_later(settings, name)
            name, asking = name_of(host, port, name), false
            owners[slot] = number_of(name)
        elseif kind == "ASK" then
            redirect("ask")
            name, asking = name_of(host, port, name), true
        elseif find(err, "TRYAGAIN", 1, true) == 1 or find(err, NOT_HERE, 1, true) == 1 then
            redirect("tryagain")
            if now() + AGAIN_S > deadline then return answer, "TRYAGAIN " .. err end
            ngx.sleep(AGAIN_S)
            name, asking = names[owners[slot]], false
        else
            if find(err, "CLUSTERDOWN", 1, true) == 1 then learn_later(settings, name) end
            return answer, err
        end
        if now() > deadline then return answer, err end
    end
    return answer, err
end

-- Has the node of a key run a command. lane: "turns" or "rest".
-- Returns its answer, nil, and whether a replica has it, too, or none is asked for; false and an error of Redis; or nil and why nothing
-- was heard.
function _M.run(settings, lane, key, command)
    if settings.redis.cluster then return find_owner(settings, lane, key, command) end
    return pipeline.run(ways_to(settings.redis.nodes[1], settings)[lane], settings, command)
end

-- Has this node run a command.
function _M.run_on(settings, name, command)
    return pipeline.run(ways_to(name, settings).rest, settings, command)
end

-- In every worker.
function _M.start(settings)
    if not settings.redis.cluster then return end
    local function review(premature)
        if not premature and not learning and now() - learned_at >= REVIEW_S then learn(settings) end
    end
    assert(ngx.timer.at(0, review))
    assert(ngx.timer.every(REVIEW_S, review))
end

return _M
