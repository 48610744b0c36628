-- Who answers this turn, inside nginx?
--
-- A layer's answer(turn) may return
--   a reply      the turn is over: an answer, or a refusal with its status
--   nothing      not mine: the next layer is asked
--   nil, err     the layer is broken, as is one that raises; its on_error decides:
--                "pass" asks the next layer, "refuse" ends the turn with 503
-- settle(turn, reply), where a layer has it, runs after the client has its reply, deepest layer first.

local clock = require "edge.clock"
local metrics = require "edge.metrics"
local replies = require "edge.reply"
local said = require "edge.said"

local l1_screen = require "edge.l1_screen"
local l2_meter = require "edge.l2_meter"
local l3_hot = require "edge.l3_hot"

local _M = {
    LAYERS = { l1_screen, l2_meter, l3_hot },
    ADMISSION = { l1_screen, l2_meter },        -- for what is read, not asked
    GUESTS = { l1_screen },                     -- for who has no token yet
}

local function broken(turn, layer, err)
    metrics.broken(layer.name)
    said.log(ngx.ERR, layer.name .. " is broken", layer.name, " is broken, on_error=", layer.on_error, ": ", err, " turn_id=", turn.id)
    if layer.on_error == "refuse" then
        return replies.refusal(turn, 503, "unavailable", layer.name .. " is out of order", { ["Retry-After"] = 1 })
    end
end

local function ask(turn, layer)
    local sound, reply, err = pcall(layer.answer, turn)
    if not sound then return broken(turn, layer, reply) end
    if err then return broken(turn, layer, err) end
    return reply
end

-- Returns the reply, or nothing when no layer here answers.
function _M.run(turn, layers)
    turn.layers = layers
    local before = clock.seconds()
    for number = 1, #layers do
        local layer = layers[number]
        turn.reached = number
        local reply = ask(turn, layer)
        local after = clock.seconds()
        turn.spent_us[number] = (after - before) * 1e6
        before = after
        if reply then
            turn.reply, turn.answered_by = reply, turn.stored and "stored" or layer.name
            return reply
        end
    end
end

function _M.settle(turn)
    for number = turn.reached, 1, -1 do
        local layer = turn.layers[number]
        if layer.settle then
            local sound, err = pcall(layer.settle, turn, turn.reply)
            if not sound then said.log(ngx.ERR, layer.name .. " could not settle", layer.name, " could not settle: ", err, " turn_id=", turn.id) end
        end
    end
end

return _M
