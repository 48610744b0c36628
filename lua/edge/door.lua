-- What happens to a request at each of our URLs?
--
-- Called from the locations in gateway/conf.d. access: the funnel runs, and either its reply is sent or the request goes
-- on to the shim with what is known about it. header: the layers' times are shown. log: layers settle, the turn is counted.

local versions = require "edge.versions"
local bucket = require "edge.bucket"
local cjson = require "cjson"
local config = require "edge.config"
local evidence = require "edge.evidence"
local funnel = require "edge.funnel"
local leaving = require "edge.leaving"
local metrics = require "edge.metrics"
local offences = require "edge.offences"
local replies = require "edge.reply"
local shims = require "edge.shims"
local trace = require "edge.trace"
local understood = require "edge.understood"
local turns = require "edge.turn"
local clock = require "edge.clock"

local byte, encode, find, format, gsub = string.byte, cjson.encode, string.find, string.format, string.gsub
local ONE = byte("1")

local _M = {}

local function send(reply)
    local header = ngx.header
    ngx.status = reply.status
    header["Content-Type"] = "application/json; charset=utf-8"
    header["Content-Length"] = #reply.body + 1
    if reply.headers then
        for name, value in pairs(reply.headers) do header[name] = value end
    end
    ngx.print(reply.body, "\n")
    return ngx.exit(ngx.HTTP_OK)
end

local function begin(wants)
    local turn = turns.new()
    turn.config = config.current()
    turn.wants = wants
    ngx.ctx.turn = turn
    return turn
end

-- Turns a wrong method away; allowed: set of names, listed: for the Allow header.
local function wrong_method(turn, allowed, listed)
    if allowed[ngx.req.get_method()] then return end
    turn.answered_by = "l1_screen"
    return replies.refusal(turn, 405, "method_not_allowed", "this URL takes " .. listed, { Allow = listed })
end

-- The shim gets what was understood here, not the text: two parsers may read one text differently.
local function asked(turn)
    local session, seq, press = turn.session_id, turn.seq, turn.press
    local said = press and format('"confirm":{"id":"%s","answer":"%s"}', press.id, press.answer) or '"query":' .. encode(turn.query)
    return "{" .. said .. (session and ',"session_id":"' .. session .. '"' or "")
        .. (seq and format(',"seq":%.0f', seq) or "") .. "}"      -- cjson itself writes 14 digits
end

local function hand_over(turn)
    local var = ngx.var
    if turn.query or turn.press then ngx.req.set_body_data(asked(turn)) end
    var.sluice_who = (turn.tenant_id or "-") .. ":" .. (turn.user_id or turn.id)      -- who is nobody yet is anybody's
    var.sluice_user = turn.user_id or ""
    var.sluice_left = turns.left_ms(turn)
    -- A turn with seq is written once, however often it is asked: that is what PUT says, and nginx goes by the method when it
    -- decides whether the next shim may be asked what one that died was asked already.
    if turn.seq then ngx.req.set_method(ngx.HTTP_PUT) end
    if turn.guess then
        var.sluice_guess = turn.guess .. ";" .. format("%.4f", turn.guess_confidence) .. (turn.understood and ";1" or "")
    end
    var.sluice_config = turn.config.name
    if turn.version then var.sluice_model = turn.version.name end
    if turn.state then var.sluice_state = ngx.encode_base64(turn.state) end
end

local function enter(route, layers, wants, allowed, listed)
    local turn = begin(wants)
    turn.route = route
    local reply = wrong_method(turn, allowed, listed) or funnel.run(turn, layers)
    ngx.var.sluice_tenant = turn.tenant_id or ""        -- for the log, whoever answers
    if reply then
        turn.reply = reply
        return send(reply)
    end
    hand_over(turn)
end

local ASKING, SESSION, READING = { POST = true }, { POST = true, DELETE = true }, { GET = true, HEAD = true }
local ERASING = { DELETE = true }

function _M.chat() return enter("chat", funnel.LAYERS, "query", ASKING, "POST") end

-- POST asks for a guest token, DELETE ends the caller's dialogue.
function _M.session()
    local layers = ngx.req.get_method() == "POST" and funnel.GUESTS or funnel.ADMISSION
    return enter("session", layers, "object", SESSION, "POST, DELETE")
end

-- DELETE erases what is kept of the caller.
function _M.user() return enter("user", funnel.ADMISSION, nil, ERASING, "DELETE") end

function _M.history() return enter("history", funnel.ADMISSION, nil, READING, "GET, HEAD") end

function _M.intent() return enter("intent", funnel.ADMISSION, nil, READING, "GET, HEAD") end

-- In microseconds, for a number with a fraction takes longer to write than a layer to run.
local function timing(turn)
    local layers, spent = turn.layers, turn.spent_us
    local text = format("%s;dur=%d.%03d", layers[1].name, spent[1] / 1000, spent[1] % 1000)
    for number = 2, turn.reached do
        text = format("%s, %s;dur=%d.%03d", text, layers[number].name, spent[number] / 1000, spent[number] % 1000)
    end
    return text
end

function _M.header()
    leaving.goodbye()
    local turn = ngx.ctx.turn
    if not turn or turn.reached == 0 then return end
    local header = ngx.header
    if turn.answered_by then
        header["X-Answered-By"] = turn.answered_by
        header["Server-Timing"] = timing(turn)
        header["X-Config-Version"] = turn.config.name
        if turn.version then header["X-Model-Version"] = turn.version.name end
    else
        local behind = ngx.var.upstream_http_server_timing
        header["Server-Timing"] = behind and timing(turn) .. ", " .. behind or timing(turn)
    end
end

-- How many shims were reached with this turn; each but the one that answered died with it, or hung.
local function shims_asked()
    local _, reached = gsub(ngx.var.upstream_connect_time or "", "%d+%.%d+", "")
    return reached
end

-- said: what the shim found out about the version it was told to ask: "<could not be asked><unsure><degraded>", each 0 or 1.
-- died: a shim did, asking it.
local function judged(turn, layer, seconds, said, died)
    local version = turn.version
    local failed = died or ngx.status >= 500 or said and byte(said) == ONE
    metrics.add(failed and version.failed or version.answered, 1)
    if versions.current().percent > 0 then
        local confidence = turn.answered_by and not turn.stored and turn.guess_confidence
        local unsure = confidence and confidence < turn.tenant.confidence_min or said and byte(said, 2) == ONE
        evidence.turn(version.name, failed, unsure, layer, seconds)
    end
end

function _M.log()
    local turn = ngx.ctx.turn
    if not turn then return end
    funnel.settle(turn)
    local layer = turn.answered_by or ngx.var.upstream_http_x_answered_by or "shim"
    local seconds = clock.seconds() - turn.started
    local said = not turn.answered_by and ngx.var.upstream_http_x_sluice_evidence
    metrics.turn(turn.tenant_id or "-", layer, ngx.status, seconds, turn.degraded or said and byte(said, 3) == ONE)
    if turn.memory and not turn.answered_by and not turn.understood then
        understood.keep(turn, ngx.var.upstream_http_x_sluice_understood)
    elseif turn.understood and not turn.stored then
        metrics.add(turn.answered_by and 'sluice_understood_total{what="answered"}' or 'sluice_understood_total{what="passed on"}', 1)
    end
    local addresses = not turn.answered_by and ngx.var.upstream_addr or ""
    if ngx.ctx.shims then shims.answered(ngx.ctx.shims.one.name) end
    if find(addresses, ", ", 1, true) then metrics.add("sluice_turns_moved_total", 1) end
    -- Where no shim could be reached no version was asked, and none is to blame.
    if turn.version and not (turn.unanswered and shims_asked() == 0) then
        judged(turn, layer, seconds, said, find(addresses, "[,:] ") and shims_asked() > 1)
    end
    trace.turn(turn, layer, ngx.status, seconds)
end

local STATUS_CODES = {
    [400] = "bad_request", [403] = "refused", [404] = "not_found", [405] = "method_not_allowed", [408] = "too_slow",
    [411] = "bad_request", [413] = "too_large", [414] = "too_large", [415] = "unsupported_media_type",
    [416] = "bad_request", [429] = "rate_limited", [431] = "too_large", [500] = "internal",
}
local STATUS_MESSAGES = {
    [404] = "there is nothing at this URL; /openapi.json lists what is", [405] = "this URL does not take this method",
    [408] = "the request came too slowly", [413] = "the body is too large", [414] = "the URL is too long",
    [429] = "too many requests of this address are under way", [431] = "the headers are too large",
}
local ALLOWED = { ["/v1/chat"] = "POST", ["/v1/session"] = "POST, DELETE", ["/v1/users/me"] = "DELETE" }    -- all others: what a page takes

-- What nginx itself refuses, in the same words as everything else.
function _M.fault()
    local status = ngx.status
    local code = STATUS_CODES[status] or (status < 500 and "bad_request") or "unavailable"
    local message = STATUS_MESSAGES[status] or (status < 500 and "nginx could not accept this request")
        or "something is out of order"
    local headers = status == 405 and { Allow = ALLOWED[ngx.var.uri] or "GET, HEAD" }
        or status == 429 and bucket.headers({ burst = config.current().screen.connections }, 1) or nil
    return send(replies.refusal({ id = ngx.var.request_id }, status, code, message, headers))
end

-- What became of a request that no turn was made of.
function _M.left()
    if ngx.status >= 400 then offences.of_request() end
end

-- GET /v1/tenants: what anybody may know of them: of one that is named, and of all where SLUICE_TENANTS_LISTED says so.
function _M.tenants()
    local now, named = config.current(), ngx.var.arg_tenant
    local reply = replies.answer(named and config.page(now, named) or now.page)
    local turn = { id = ngx.var.request_id }
    return send(wrong_method(turn, READING, "GET, HEAD") or reply)
end

-- The turn anew, where nginx emptied ngx.ctx on its way to a named location. What its layers took is still given back.
local function taken_up()
    local turn = begin()
    turn.layers, turn.reached = funnel.ADMISSION, #funnel.ADMISSION
    turn.tenant_id = ngx.var.sluice_tenant ~= "" and ngx.var.sluice_tenant or nil
    turn.version = versions.named(ngx.var.sluice_model)
    return turn
end

-- No shim answers: the fallback sentence is the answer.
function _M.unavailable()
    local last = shims.last(ngx.var.upstream_addr)
    if last then shims.failed(last) end
    local turn = taken_up()
    turn.answered_by, turn.unanswered = "shim", true
    local reply = replies.refusal(turn, 503, "unavailable", "no shim answers", { ["Retry-After"] = 2 })
    local tenant = turn.config.tenants[turn.tenant_id or "-"]
    if tenant then
        local body = cjson.decode(reply.body)
        body.answer = tenant.unavailable
        reply.body = encode(body)
    end
    return send(reply)
end

return _M
