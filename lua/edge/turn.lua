-- What is known about the turn that is passing through?
--
-- Every field a layer may read or write is declared here, with who writes it. Nothing else is put on a turn.

local clock = require "edge.clock"

local format, max = string.format, math.max

local _M = {}

function _M.new()
    local var = ngx.var
    return {
        id = var.request_id,          -- 32 hex digits; also the trace id where the client sent none
        started = clock.seconds(),    -- monotonic seconds
        config = nil,                 -- door: the version of the configuration that serves; l2_meter: the one this user gets,
                                      -- by which the turn is answered wholly

        route = nil,                  -- door: "chat", "session", "history", "intent" or "user"
        wants = nil,                  -- door: "query" (a chat turn) or "object" (any JSON object) of a POST body

        body = nil,                   -- l1_screen: the decoded JSON object
        query = nil,                  -- l1_screen: 1..2000 characters of valid UTF-8; or nil, and
        press = nil,                  -- l1_screen: which button was pressed: id (of the confirmation), answer ("yes" or "no")
        session_id = nil,             -- l1_screen: what the client sent, or nil
        seq = nil,                    -- l1_screen: what the client sent, or nil

        tenant_id = nil,              -- l2_meter
        user_id = nil,                -- l2_meter
        tenant = nil,                 -- l2_meter: the tenant's part of the snapshot
        claims = nil,                 -- l2_meter: what the token says

        offence = nil,                -- l1_screen, meter, l2_meter: what is held against the caller, a kind of edge/offences.lua

        taken = {},                   -- meter: what was taken from buckets, to be given back when one refuses

        version = nil,                    -- l3_hot: the version of the model that answers this turn

        guess = nil,                  -- l3_hot: the router's best intent
        guess_confidence = nil,       -- l3_hot: its probability, 0..1
        memory = nil,                 -- l3_hot: the key under which the query's meaning is remembered (understood.lua)
        understood = nil,             -- l3_hot: the guess is what the student said of this text
        state = nil,                  -- l3_hot: MessagePack of a dialogue that waits for something
        kept = nil,                   -- l3_hot: the query as it may be kept, nil where all of it may
        degraded = nil,               -- l3_hot: the turn could not be written yet

        layers = nil,                 -- funnel: the list this turn went through
        reached = 0,                  -- funnel: index of the deepest layer reached
        spent_us = { 0, 0, 0 },       -- funnel: microseconds by layer
        reply = nil,                  -- funnel: what was answered here, nil when the shim answers
        stored = nil,                 -- l3_hot: the reply is that of a turn that was answered before
        answered_by = nil,            -- funnel: name of the layer, or "stored"; door: "shim", where none answers, and
        unanswered = nil,             -- door: no shim answered
    }
end

-- How long the turn may still take, ms, as the shim reads it. A span and no moment: a shim may stand on another machine, whose clock
-- is another one.
function _M.left_ms(turn)
    return format("%.3f", max(0, (turn.started - clock.seconds()) * 1000 + turn.config.settings.deadline_ms))
end

return _M
