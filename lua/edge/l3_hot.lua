-- Is this a common question whose answer is known already?
--
-- Answers when the router is sure (the tenant's calibrated threshold), or the student was when it was asked the same
-- (understood.lua), the intent has a reply that needs no slot and no back end, and the conversation waits for nothing. A button's
-- text (an intent's title) is sure by itself. What it could not answer it leaves on the turn: the guess, and the state of a
-- conversation that is busy. The press of a confirmation's button it never answers: somebody waits for it, and the shim looks for
-- itself what for. Nor what says that a life or money is in danger, nor, where the tenant's history keeps nothing personal, what may
-- say an address: a shim knows where that begins and ends. Who says a secret is told not to, in front of the answer, and what is kept
-- of the query has none in it.

local conversation = require "edge.conversation"
local places = require "edge.places"
local replies = require "edge.reply"
local script = require "edge.script"
local secrets = require "edge.secrets"
local said = require "edge.said"
local stored = require "edge.stored"
local understood = require "edge.understood"
local versions = require "edge.versions"

local find, format, sub, type = string.find, string.format, string.sub, type

local _M = { name = "l3_hot", on_error = "pass" }

-- Returns the intent, its confidence, and whether that is enough. Nothing may yield between the draw of the version and its use here:
-- a version that serves no more is closed a second later.
local function guess(turn)
    local tenant, version = turn.tenant, turn.version
    local titled = tenant.titles[turn.query]
    if titled then return titled, 1, true end
    local reads = versions.reading(version, tenant)
    local label, confidence = version.router:guess(turn.query, reads.columns, reads.priors)
    if not label then return end
    local intent = version.labels[label]
    return tenant.intents[intent] and intent or "out_of_scope", confidence, confidence >= reads.threshold
end

-- What the student made of the same text takes the place of a guess that is not enough. Returns as guess does; what a shim has to
-- answer it need not ask the student again.
local function remembered(turn, intent, confidence)
    local key = understood.key(turn)
    if not key then return intent, confidence, false end
    turn.memory = key
    local meant, surely, whole = understood.recall(turn.version, key)
    if not meant then return intent, confidence, false end
    turn.understood = true
    return meant, surely, whole
end

-- The reply's JSON members, but for seq and session_id, which the commit decides. What differs in each stands last: LuaJIT keeps a text
-- once, and finds a long one by a few of its bytes, the last ones among them.
local function fields_of(turn, hot, confidence)
    hot = hot.spoken[script.of(turn.query)] or hot
    local campaign, now = hot.campaign, ngx.time()
    local text = campaign and now >= campaign.from and now < campaign.until_ and campaign.fields or hot.fields
    return text .. format(',"confidence":%.4f,"answered_by":"l3_hot","turn_id":"', confidence) .. turn.id .. '"'
end

local ANSWER = #'"answer":"'

-- Writes what may be kept of the query. Returns the reply's members, with a warning in front of the answer where a secret was said.
local function guarded(turn, fields)
    local found, secret = secrets.find(turn.query, turn.tenant.masks_personal), false
    if not found then return fields end
    turn.kept = secrets.masked(turn.query, found)
    for i = 1, #found do secret = secret or found[i][3] ~= "phone" end
    if not secret then return fields end
    return sub(fields, 1, ANSWER) .. turn.tenant.warning .. "\\n" .. sub(fields, ANSWER + 1)
end

-- seq: its digits.
local function answer_of(seq, session, fields)
    return replies.answer(stored.reply(seq, session, fields))
end

-- Redis is away: the answer is known all the same, and the turn is kept to be written later.
local function degraded(turn, intent, fields, err)
    said.log(ngx.WARN, "answering without the state store", "answering without the state store: ", err, " turn_id=", turn.id)
    fields = fields .. ',"degraded":true'
    local kept, full = conversation.keep(turn, intent, fields)
    if not kept then
        return replies.refusal(turn, 503, "unavailable", full, { ["Retry-After"] = 5 })
    end
    turn.degraded = true
    return answer_of(format("%.0f", turn.seq or 1), turn.session_id or turn.id, fields)
end

function _M.answer(turn)
    turn.version = versions.draw(turn.tenant_id, turn.user_id)
    if turn.press then return end
    local intent, confidence, sure = guess(turn)
    local hot = sure and turn.tenant.hot[intent]
    if not hot and not turn.tenant.titles[turn.query] then
        intent, confidence, sure = remembered(turn, intent, confidence)
        hot = sure and turn.tenant.hot[intent]
    end
    if not intent then return end
    turn.guess, turn.guess_confidence = intent, confidence
    if not hot then return end
    local alarms = turn.tenant.alarms
    if alarms and alarms:stands_in(turn.query) then return end
    if turn.tenant.masks_personal and places:stands_in(turn.query) then return end

    local fields = guarded(turn, fields_of(turn, hot, confidence))
    local outcome, err = conversation.commit_idle(turn, intent, fields)
    if not outcome then return degraded(turn, intent, fields, err) end

    if type(outcome) == "string" then
        local gap = find(outcome, " ", 4, true)
        return answer_of(sub(outcome, 4, gap - 1), sub(outcome, gap + 1), fields)
    end
    local what = outcome[1]
    if what == "replay" then
        turn.stored = true
        return replies.answer(stored.reply_of(outcome[2]))
    end
    if what == "stale" then
        return replies.refusal(turn, 409, "stale_seq", "seq is lower than the last one, " .. format("%.0f", outcome[2]))
    end
    if what == "expired" then return degraded(turn, intent, fields, "redis: answered too late") end
    turn.state = outcome[2]      -- busy: the dialogue goes on behind the edge
end

return _M
