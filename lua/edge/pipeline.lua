-- How do many turns share one trip to Redis?
--
-- Whoever comes while nobody of this worker is on the way goes at once, and everybody who comes meanwhile goes together on the next
-- trip: the busier the worker, the more commands in one write, and the less each of them costs here and in Redis. Rules:
--
-- * Who travels leads for all: it sends what waits, hears the answers, tells each its own, and names the next leader.
-- * Nobody waits for longer than redis_timeout_ms. A leader may travel for as long after that; its own command has then expired.
-- * A trip that breaks has failed for all whom it has not told an answer. What waits for the next trip knows nothing of it.
-- * The answer of who has stopped waiting is heard and dropped.
-- * A leader whose request is cut off (nginx closes all connections when it must stop) leads no longer than OVERDUE trips.

local semaphore = require "ngx.semaphore"

local tcp, now = ngx.socket.tcp, ngx.now
local byte, sub, tonumber = string.byte, string.sub, tonumber

local POOL, IDLE_MS = { pool_size = 8 }, 60000
local OVERDUE = 4
local STATUS, ERROR, INTEGER, BULK, ARRAY = byte("+-:$*", 1, 5)

local _M = {}
local waiting = {}              -- who goes on the next trip
local led_until = 0             -- somebody is on the way, until then at most
local spare, spares = {}, 0     -- those that have travelled: a semaphore is worth keeping

-- One answer (RESP 2). Returns it; false and an error of Redis; or nil and why there is none.
local function hear(socket)
    local line, err = socket:receive()
    if not line then return nil, err end
    local kind = byte(line)
    if kind == STATUS then return sub(line, 2) end
    if kind == ERROR then return false, sub(line, 2) end
    if kind == INTEGER then return tonumber(sub(line, 2)) end
    local size = tonumber(sub(line, 2))
    if kind == BULK then
        if size < 0 then return ngx.null end
        local text
        text, err = socket:receive(size + 2)
        return text and sub(text, 1, size), err
    end
    if kind ~= ARRAY then return nil, "this is no answer of Redis: " .. line end
    local list = {}
    for i = 1, size do
        list[i], err = hear(socket)
        if list[i] == nil then return nil, err end
    end
    return list
end

local function tell(one, answer, err)
    one.answer, one.err, one.told = answer, err, true
    one.bell:post(1)
end

-- Returns how many were told, and what broke the trip, if anything.
local function travel(party, settings)
    local commands = {}
    for i = 1, #party do
        commands[2 * i - 1], commands[2 * i] = party[i].command, "\r\n"
    end
    local socket = tcp()
    socket:settimeout(settings.redis_timeout_ms)
    local sound, err = socket:connect(settings.redis.nodes[1], POOL)
    if sound then sound, err = socket:send(commands) end
    if not sound then return 0, err end
    for i = 1, #party do
        local answer
        answer, err = hear(socket)
        if answer == nil then
            socket:close()
            return i - 1, err
        end
        tell(party[i], answer, err)
    end
    socket:setkeepalive(IDLE_MS)
    return #party
end

local function lead(settings)
    local party = waiting
    waiting = {}
    led_until = now() + OVERDUE * settings.redis_timeout_ms / 1000
    local sound, told, err = pcall(travel, party, settings)
    if not sound then told, err = 0, told end
    for i = told + 1, #party do
        if not party[i].told then tell(party[i], nil, err) end
    end
    local next = waiting[1]
    if not next then
        led_until = 0
        return
    end
    next.leads = true
    next.bell:post(1)
end

local function newcomer(command)
    local one = spare[spares]
    if one then
        spare[spares], spares = nil, spares - 1
        one.answer, one.err, one.told, one.leads = nil, nil, false, false
    else
        one = { bell = semaphore.new() }
    end
    one.command = command
    waiting[#waiting + 1] = one
    return one
end

-- Everybody rings its bell as often as it was told something: only then it hangs still, for whoever takes it next.
local function keep(one)
    spares = spares + 1
    spare[spares] = one
end

local function give_up(one)
    for i = 1, #waiting do
        if waiting[i] == one then return table.remove(waiting, i) end
    end
end

-- Has Redis run a command. command: as it is sent (an array of RESP), but for the last end of line.
-- Returns Redis's answer; or nil and an error: Redis is away, slow, or refuses.
function _M.run(settings, command)
    local mine, heard = newcomer(command), true
    if now() < led_until then heard = mine.bell:wait(settings.redis_timeout_ms / 1000) else mine.leads = true end
    if mine.leads then
        lead(settings)
        heard = heard and mine.bell:wait(0)
    end
    local answer, err = mine.answer, mine.err
    if heard then keep(mine) else give_up(mine) end
    if answer then return answer end
    return nil, "redis: " .. (err or "timeout")
end

return _M
