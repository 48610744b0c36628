-- What was wrong with this request, and whom is it held against?
--
-- Asked in the log phase, when the client has its answer. An offence counts against its address and, where the token is good, its
-- user; one of a user who is known (edge/standing.lua) does not count against the address, which others share. Limits that
-- everybody shares, and addresses and agents on a list, are nobody's offence.

local clock = require "edge.clock"
local config = require "edge.config"
local identity = require "edge.identity"
local names = require "edge.names"
local metrics = require "edge.metrics"
local reputation = require "edge.reputation"
local standing = require "edge.standing"

local records = ngx.shared.records

-- What an offence adds to a score. An address is slowed at 100 and refused at 500, and a score halves in a minute (defaults.env).
local WEIGHTS = {
    bad_token = 5,          -- forged, revoked, of nobody we know
    no_token = 1,           -- none, or one that has expired
    malformed = 5,          -- what no client of ours says: no UTF-8, no JSON, a header nginx cannot read
    unfit = 1,              -- what a bad client of ours says: an empty query, a button or a position that is none
    oversized = 10,         -- body, URL or headers
    slow = 10,              -- headers or a body that did not come in time
    blocked_words = 20,
    agent = 5,
    crowd = 1,              -- too many requests under way
    limit = 1,
    slow_limit = 0.1,       -- who is slowed and does not wait
}

local OF_CODE = {
    token_invalid = "bad_token", token_revoked = "bad_token", token_missing = "no_token", token_expired = "no_token",
    invalid_json = "malformed", invalid_utf8 = "malformed", bad_request = "malformed", unsupported_media_type = "malformed",
    invalid_query = "unfit", query_too_long = "unfit", invalid_confirm = "unfit", contradicting_confirm = "unfit",
    invalid_session_id = "unfit", invalid_seq = "unfit",
    too_large = "oversized",
}
-- What nginx refuses by itself, before there is a turn.
local OF_STATUS = {}
for kind, statuses in pairs { malformed = { 400 }, slow = { 408 }, oversized = { 413, 414, 431, 494 }, crowd = { 429 } } do
    for _, status in ipairs(statuses) do OF_STATUS[status] = kind end
end
local COUNTED, BECAME = {}, {}          -- by kind, by what and whose: the keys of their counts
for kind in pairs(WEIGHTS) do COUNTED[kind] = 'sluice_offences_total{kind="' .. kind .. '"}' end
for _, whose in ipairs { "address", "user" } do
    for _, what in ipairs { "slowed", "refused" } do
        BECAME[whose .. what] = 'sluice_record_total{whose="' .. whose .. '",became="' .. what .. '"}'
    end
end

local _M = {}

local function against_address(kind, screen, now)
    local address = ngx.var.binary_remote_addr
    if screen.addresses_trusted:holds(address) then return end
    local became, seconds = reputation.add(records, names.address(address), WEIGHTS[kind], screen, now)
    if not became then return end
    metrics.add(BECAME["address" .. became], 1)
    if became == "refused" then
        ngx.log(ngx.WARN, ngx.var.remote_addr, " is refused for ", math.ceil(seconds), " s; the last of its offences: ", kind)
    end
end

local function against_user(kind, claims, screen, now)
    local became = reputation.add(records, claims.bucket, WEIGHTS[kind], screen, now)
    if not became then return end
    metrics.add(BECAME["user" .. became], 1)
    standing.forget(claims)
end

local function nothing() return false end

-- An offence of this kind; claims: of whom, where that is known.
local function held(kind, claims, screen)
    local now = clock.seconds()
    metrics.add(COUNTED[kind], 1)
    local good = claims and standing.is_good(claims, screen, now)
    if claims then against_user(kind, claims, screen, now) end
    if not good then against_address(kind, screen, now) end
end

-- A turn is over. reply: what the edge answered, nil when the shim did.
function _M.of_turn(turn, reply)
    local status = ngx.status
    if status == 200 then
        local claims = turn.claims
        if claims and not claims.guest and turn.route == "chat" then standing.answered(turn, clock.seconds()) end
        return
    end
    local kind = turn.offence or reply and OF_CODE[reply.code]
        or status == 400 and ngx.var.upstream_status and "unfit"        -- without a shim it is a client that hung up
    if not kind then return end
    local claims = turn.claims or turn.reached == 1 and identity.glance(ngx.var.http_authorization, turn.config, nothing)
    held(kind, claims, turn.config.screen)
end

-- nginx has refused it.
function _M.of_request()
    local kind = OF_STATUS[ngx.status]
    if kind then held(kind, nil, config.current().screen) end
end

return _M
