-- Who is this, and how fast may they go?
--
-- Refuses: 401 without a good token, 403 an address the tenant refuses or a word it has blocked, 429 a user whose record is bad, 409
-- a position before the token's, 429 when a bucket (everything, tenant, user, the tenant's for an address or a URL) is empty, or all
-- slots of the tenant are taken. A turn takes one token from each bucket or from none.

local bucket = require "edge.bucket"
local clock = require "edge.clock"
local config = require "edge.config"
local identity = require "edge.identity"
local meter = require "edge.meter"
local metrics = require "edge.metrics"
local names = require "edge.names"
local reputation = require "edge.reputation"
local replies = require "edge.reply"
local concurrency = require "edge.concurrency"

local records = ngx.shared.records

local _M = { name = "l2_meter", on_error = "refuse" }

local function identify(turn)
    local claims, code, message = identity.verify(ngx.var.http_authorization, turn.config)
    if not claims then
        local challenge = code == "token_missing" and "Bearer" or 'Bearer error="invalid_token"'    -- RFC 6750, section 3.1
        return replies.refusal(turn, 401, code, message, { ["WWW-Authenticate"] = challenge })
    end
    if turn.seq and claims.seq and turn.seq < claims.seq then
        return replies.refusal(turn, 409, "stale_seq", "seq is before the token's position " .. claims.seq)
    end
    turn.claims, turn.tenant_id, turn.user_id = claims, claims.tenant_id, claims.user_id
    turn.config = config.draw(claims.tenant_id, claims.user_id)
    local tenant = turn.config.tenants[claims.tenant_id]
    turn.tenant = tenant
    local address = ngx.var.binary_remote_addr
    if tenant.addresses_refused:holds(address) and not tenant.addresses_trusted:holds(address) then
        return replies.refusal(turn, 403, "refused", "this address is refused")
    end
end

-- Whether this user's own record is bad. Returns the name of the slow bucket, if it is to be asked; or a refusal.
local function judged(turn)
    local screen, name = turn.config.screen, turn.claims.bucket
    local state, wait = reputation.look(records, name, screen, clock.seconds())
    if not state then return end
    metrics.screened("user", screen.shadow and "shadow" or state)
    if screen.shadow then return end
    if state == "slowed" then return names.slow(name) end
    return nil, replies.refusal(turn, 429, "rate_limited", "too much was wrong with what this user sent",
        bucket.headers(screen.slow_limit, wait))
end

-- The buckets this turn needs a token from: kind, name, limit. A bucket cannot have two rates: limits are those of the version that
-- serves, also for whom a candidate answers.
local function buckets_of(turn, limits, slow)
    local tenant = turn.tenant_id
    local wanted = {
        "everything", names.EVERYTHING, turn.config.limits.everything,
        "tenant", names.tenant(tenant), limits.tenant,
        "user", turn.claims.bucket, limits.user,
    }
    if limits.address then
        wanted[10], wanted[11], wanted[12] =
            "tenants_address", names.tenants_address(tenant, ngx.var.binary_remote_addr), limits.address
    end
    local route = limits.routes and limits.routes[turn.route]
    if route then
        local last = #wanted
        wanted[last + 1], wanted[last + 2], wanted[last + 3] = "route", names.route(tenant, turn.route), route
    end
    if slow then
        local last = #wanted
        wanted[last + 1], wanted[last + 2], wanted[last + 3] = "slow", slow, turn.config.screen.slow_limit
    end
    return wanted
end

local function crowded(turn, limit)
    if concurrency.enter(turn, limit.turns, clock.seconds()) then return end
    if limit.shadow then return metrics.would_refuse(turn.tenant_id, "concurrency") end
    meter.give_back(turn)
    metrics.refused(turn.tenant_id, "concurrency")
    return replies.refusal(turn, 429, "rate_limited", "too many requests at once: limit of the tenant",
        bucket.headers({ burst = limit.turns }, 1))
end

local function blocked(turn)
    local words = turn.tenant.blocked
    if turn.query and words and words:stands_in(turn.query) then
        turn.offence = "blocked_words"
        return replies.refusal(turn, 403, "refused", "the query holds a word that is not taken here")
    end
end

function _M.answer(turn)
    local refused = identify(turn)
    if refused then return refused end
    local slow, err
    slow, refused = judged(turn)
    if refused then return refused end
    local limits = config.current().tenants[turn.tenant_id].limits
    refused, err = meter.admit(turn, buckets_of(turn, limits, slow))
    if refused or err then return refused, err end
    return limits.concurrency and crowded(turn, limits.concurrency) or blocked(turn)
end

function _M.settle(turn)
    concurrency.leave(turn.id)
end

return _M
