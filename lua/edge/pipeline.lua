-- How do many turns share one trip to a node of Redis?
--
-- Whoever comes while nobody of this worker is on the way goes at once, and everybody who comes meanwhile goes together on the next
-- trip: the busier the worker, the more commands in one write, and the less each of them costs here and in Redis. Rules:
--
-- * Who travels leads for all: it sends what waits, hears the answers, tells each its own, and names the next leader.
-- * Nobody waits for longer than redis_timeout_ms. A leader may travel for as long after that; its own command has then expired.
-- * A trip that breaks has failed for all whom it has not told an answer. What waits for the next trip knows nothing of it.
-- * The answer of who has stopped waiting is heard and dropped.
-- * A leader whose request is cut off (nginx closes all connections when it must stop) leads no longer than OVERDUE trips.
-- * A trip that is to be covered ends in WAIT: answers are told when a replica has it all. Where none has, nobody waits for one for
--   UNCOVERED_S.

local connection = require "edge.connection"
local resp = require "edge.resp"
local semaphore = require "ngx.semaphore"

local now, floor = ngx.now, math.floor
local hear = resp.hear

local OVERDUE = 4
local UNCOVERED_S = 1
local ASKING = "*1\r\n$6\r\nASKING\r\n"

local _M = {}
local spare, spares = {}, 0     -- those that have travelled: a semaphore is worth keeping

-- One way to one node. covers: are its trips to be covered, where SLUICE_REDIS_WAIT says so?
function _M.new(name, covers)
    return { name = name, covers = covers, waiting = {}, led_until = 0, uncovered_until = 0 }
end

local function tell(one, answer, err, covered)
    one.answer, one.err, one.covered, one.told = answer, err, covered, true
    one.bell:post(1)
end

local function pack(party, covering, settings)
    local pieces, n = {}, 0
    for i = 1, #party do
        if party[i].asking then
            pieces[n + 1] = ASKING
            n = n + 1
        end
        pieces[n + 1], pieces[n + 2] = party[i].command, "\r\n"
        n = n + 2
    end
    if covering then
        pieces[n + 1] = resp.command("WAIT", 1, floor(settings.redis_timeout_ms / 2))
        pieces[n + 2] = "\r\n"
    end
    return pieces
end

-- The answers of a party, in order; those behind WAIT are told when that is answered. Returns how many were told, and what broke.
local function listen(way, socket, party, covering)
    local held = covering and {} or nil
    for i = 1, #party do
        if party[i].asking then hear(socket) end
        local answer, err = hear(socket)
        if answer == nil then return held and 0 or i - 1, err end
        if held then held[i] = { answer, err } else tell(party[i], answer, err, not way.covers) end
    end
    if not held then return #party end
    local replicas, err = hear(socket)
    if replicas == nil then return 0, err end
    local covered = (tonumber(replicas) or 0) > 0
    if not covered then way.uncovered_until = now() + UNCOVERED_S end
    for i = 1, #party do tell(party[i], held[i][1], held[i][2], covered) end
    return #party
end

-- Returns how many were told, and what broke the trip, if anything.
local function travel(way, party, settings)
    local covering = way.covers and now() >= way.uncovered_until
    local socket, err = connection.open(settings, way.name)
    if not socket then return 0, err end
    local sent
    sent, err = socket:send(pack(party, covering, settings))
    if not sent then return 0, err end
    local told
    told, err = listen(way, socket, party, covering)
    if err then socket:close() else connection.keep(socket) end
    return told, err
end

local function lead(way, settings)
    local party = way.waiting
    way.waiting = {}
    way.led_until = now() + OVERDUE * settings.redis_timeout_ms / 1000
    local sound, told, err = pcall(travel, way, party, settings)
    if not sound then told, err = 0, told end
    for i = told + 1, #party do
        if not party[i].told then tell(party[i], nil, err) end
    end
    local next = way.waiting[1]
    if not next then
        way.led_until = 0
        return
    end
    next.leads = true
    next.bell:post(1)
end

local function newcomer(way, command, asking)
    local one = spare[spares]
    if one then
        spare[spares], spares = nil, spares - 1
        one.answer, one.err, one.told, one.leads = nil, nil, false, false
    else
        one = { bell = semaphore.new() }
    end
    one.command, one.asking = command, asking
    way.waiting[#way.waiting + 1] = one
    return one
end

-- Everybody rings its bell as often as it was told something: only then it hangs still, for whoever takes it next.
local function keep(one)
    spares = spares + 1
    spare[spares] = one
end

local function give_up(way, one)
    for i = 1, #way.waiting do
        if way.waiting[i] == one then return table.remove(way.waiting, i) end
    end
end

-- Has the node run a command. command: as it is sent (edge/resp.lua); asking: the node is being given the slot, and is asked all the
-- same. Returns its answer, nil, and whether that is covered; false and an error of Redis; or nil and why nothing was heard.
function _M.run(way, settings, command, asking)
    local mine, heard = newcomer(way, command, asking), true
    if now() < way.led_until then heard = mine.bell:wait(settings.redis_timeout_ms / 1000) else mine.leads = true end
    if mine.leads then
        lead(way, settings)
        heard = heard and mine.bell:wait(0)
    end
    local answer, err, covered = mine.answer, mine.err, mine.covered
    if heard then keep(mine) else give_up(way, mine) end
    if answer then return answer, nil, covered end
    return answer, err or "timeout"
end

return _M
