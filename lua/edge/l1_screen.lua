-- Is this a message from somebody we talk to?
--
-- Refuses: 403 a user agent or address that is not wanted, 429 an address that is too fast or whose record is bad, 415 not JSON by
-- its header, 408 too slow, 413 too large, 400 broken bytes, broken JSON, or a query, or the press of a button, that is none. What an
-- address brought upon itself does not stop a customer of good standing (edge/standing.lua).

local bodies = require "edge.body"
local bucket = require "edge.bucket"
local clock = require "edge.clock"
local names = require "edge.names"
local meter = require "edge.meter"
local metrics = require "edge.metrics"
local offences = require "edge.offences"
local reputation = require "edge.reputation"
local replies = require "edge.reply"
local standing = require "edge.standing"
local utf8 = require "edge.utf8"
local cjson = require("cjson.safe").new()

cjson.decode_max_depth(16)
cjson.decode_invalid_numbers(false)

local records = ngx.shared.records
local byte, find, type, floor = string.byte, string.find, type, math.floor
local AGENTS_REMEMBERED = 1000
local MAX_SEQ = 2 ^ 53 - 1
local NOT_SPACE = [[(*UCP)\S]]          -- the space of a Chinese keyboard (U+3000) is space, too
local BRACE, FIRST_HAN, LAST_HAN = byte("{"), 0xE4, 0xE9       -- of a text that begins as nearly all do, one byte says enough

local _M = { name = "l1_screen", on_error = "refuse" }

local function spared(turn)
    if not standing.vouches(turn) then return false end
    metrics.screened("address", "spared")
    return true
end

-- Returns a refusal; or nothing, and whether the address is slowed down.
local function of_bad_record(turn, screen, state, wait)
    if screen.shadow then return metrics.screened("address", "shadow") end
    if spared(turn) then return end
    metrics.screened("address", state)
    if state == "slowed" then return nil, true end
    return replies.refusal(turn, 429, "rate_limited", "too much was wrong with what came from this address",
        bucket.headers(screen.slow_limit, wait))
end

local function append(wanted, kind, name, limit)
    local at = #wanted
    wanted[at + 1], wanted[at + 2], wanted[at + 3] = kind, name, limit
end

local function unwelcome(turn, screen)
    local address = ngx.var.binary_remote_addr
    if screen.addresses_trusted:holds(address) then return end
    if screen.addresses_refused:holds(address) then
        return replies.refusal(turn, 403, "refused", "this address is refused")
    end
    local name = names.address(address)
    local state, wait = reputation.look(records, name, screen, clock.seconds())
    local refused, slowed
    if state then refused, slowed = of_bad_record(turn, screen, state, wait) end
    if refused then return refused end
    local wanted = { "address", name, screen.address_limit }
    if #turn.layers == 1 then       -- who wants to be a guest
        append(wanted, "guests", names.guests(address), screen.guests_limit)
    end
    if slowed then append(wanted, "slow", names.slow(name), screen.slow_limit) end
    return meter.admit(turn, wanted, #turn.layers > 1 and spared or nil)
end

local verdicts, judged_by, judged = {}, nil, 0     -- by user agent: most callers share a few

local function is_unwanted(agent, patterns)
    if judged_by ~= patterns or judged >= AGENTS_REMEMBERED then verdicts, judged_by, judged = {}, patterns, 0 end
    local verdict = verdicts[agent]
    if verdict == nil then
        verdict = patterns ~= "" and ngx.re.find(agent, patterns, "ijo") ~= nil
        verdicts[agent], judged = verdict, judged + 1
    end
    return verdict
end

local function unwanted_agent(turn, screen)
    if is_unwanted(ngx.var.http_user_agent or "", screen.user_agents_refused) then
        turn.offence = "agent"
        return replies.refusal(turn, 403, "refused", "this user agent is refused")
    end
end

local last_good             -- most callers ask for the same

local function broken_url(turn)
    local url = ngx.var.request_uri
    if url == last_good then return end
    if find(url, "[\128-\255]") then
        return replies.refusal(turn, 400, "bad_request", "a URL is ASCII; other bytes are written as %XX")
    end
    last_good = url
end

local function body_of(turn)
    local kind = ngx.var.content_type
    if kind ~= "application/json" and not find(kind or "", "^%s*[Aa][Pp][Pp][Ll][Ii][Cc][Aa][Tt][Ii][Oo][Nn]/[Jj][Ss][Oo][Nn]%s*%f[;%z]") then
        return nil, replies.refusal(turn, 415, "unsupported_media_type", "Content-Type must be application/json")
    end
    local encoding = ngx.var.http_content_encoding
    if encoding and encoding ~= "" and encoding:lower() ~= "identity" then
        return nil, replies.refusal(turn, 415, "unsupported_media_type", "Content-Encoding must be identity")
    end
    local body, refused = bodies.read(turn)
    if refused then return nil, refused end
    if not body then
        if ngx.req.get_body_file() then
            return nil, replies.refusal(turn, 413, "too_large", "the body is too large")
        end
        return nil, replies.refusal(turn, 400, "invalid_json", "the body is empty; a JSON object is wanted")
    end
    return body
end

local function parse(turn, body)
    local _, bad = utf8.length(body)
    if bad then
        return replies.refusal(turn, 400, "invalid_utf8", "the body is not UTF-8: bad byte at offset " .. bad - 1)
    end
    local value, err = cjson.decode(body)
    if type(value) ~= "table" or byte(body) ~= BRACE and not find(body, "^%s*{") then
        return replies.refusal(turn, 400, "invalid_json", err and "the body is not JSON: " .. err
            or "the body is JSON, but not an object")
    end
    turn.body = value
end

local function is_blank(query)
    local first = byte(query)
    if first and first >= FIRST_HAN and first <= LAST_HAN then return false end
    return not ngx.re.find(query, NOT_SPACE, "jouU")
end

local function check_query(turn, longest)
    local query = turn.body.query
    local length = type(query) == "string" and utf8.length(query)
    if not length or is_blank(query) then
        return replies.refusal(turn, 400, "invalid_query", "query must be a text that is not empty")
    end
    if length > longest then
        return replies.refusal(turn, 400, "query_too_long", "query has " .. length .. " characters, at most " .. longest)
    end
    turn.query = query
end

local BUTTONS = { yes = "确认", no = "不办了" }        -- as pyshim/dialogue/consent.py has them

local function is_name(value)
    return type(value) == "string" and #value <= 64 and find(value, "^[%w_-]+$")
end

-- A press says what it answers by the id of that confirmation.
local function check_press(turn, confirm)
    local object = type(confirm) == "table"
    local id, answer = object and confirm.id, object and confirm.answer
    if not is_name(id) or answer ~= "yes" and answer ~= "no" then
        return replies.refusal(turn, 400, "invalid_confirm",
            'confirm must be an object: id, 1 to 64 of A-Z a-z 0-9 _ -, and answer, "yes" or "no"')
    end
    local query = turn.body.query
    if query ~= nil and query ~= ngx.null and query ~= "" and query ~= BUTTONS[answer] then
        return replies.refusal(turn, 400, "contradicting_confirm",
            "query and confirm say two things: where a button was pressed, query is left out, or is the text of that button")
    end
    turn.press = { id = id, answer = answer }
end

-- One of the two: consent that comes with other words is none.
local function check_said(turn, longest)
    local confirm = turn.body.confirm
    if confirm == nil or confirm == ngx.null then return check_query(turn, longest) end
    return check_press(turn, confirm)
end

local function check_position(turn)
    local session, seq = turn.body.session_id, turn.body.seq
    if session ~= nil and session ~= ngx.null then
        if not is_name(session) then
            return replies.refusal(turn, 400, "invalid_session_id", "session_id must be 1 to 64 of A-Z a-z 0-9 _ -")
        end
        turn.session_id = session
    end
    if seq ~= nil and seq ~= ngx.null then
        if type(seq) ~= "number" or seq < 1 or seq > MAX_SEQ or seq ~= floor(seq) then
            return replies.refusal(turn, 400, "invalid_seq", "seq must be a whole number from 1 to 2^53-1")
        end
        turn.seq = seq
    end
end

function _M.answer(turn)
    local config = turn.config
    local refused, err = unwelcome(turn, config.screen)
    if refused or err then return refused, err end
    refused = unwanted_agent(turn, config.screen) or broken_url(turn)
    if refused or ngx.req.get_method() ~= "POST" then return refused end

    local body
    body, refused = body_of(turn)
    if not body then return refused end
    refused = parse(turn, body)
    if refused or turn.wants ~= "query" then return refused end
    return check_said(turn, config.settings.query_chars_max) or check_position(turn)
end

function _M.settle(turn, reply)
    bodies.leave(turn.id)
    offences.of_turn(turn, reply)
end

return _M
