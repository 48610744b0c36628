-- Who is this, and how fast may they go?
--
-- Refuses: 401 without a good token, 403 an address the tenant refuses, 409 a position before the token's, 429 when a bucket (everything, tenant, user) is
-- empty. A turn takes one token from all three buckets or from none.

local bucket = require "edge.bucket"
local clock = require "edge.clock"
local config = require "edge.config"
local identity = require "edge.identity"
local replies = require "edge.reply"

local buckets = ngx.shared.buckets
local take, give_back = bucket.take, bucket.give_back

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
    turn.tenant_id, turn.user_id = claims.tenant_id, claims.user_id
    turn.config = config.draw(claims.tenant_id, claims.user_id)
    local tenant = turn.config.tenants[claims.tenant_id]
    turn.tenant = tenant
    local address = ngx.var.binary_remote_addr
    if tenant.addresses_refused:holds(address) and not tenant.addresses_trusted:holds(address) then
        return replies.refusal(turn, 403, "refused", "this address is refused")
    end
end

local function too_fast(turn, whose, limit, wait)
    return replies.refusal(turn, 429, "rate_limited", "too many requests: limit of " .. whose .. ", try again in "
        .. string.format("%.3f", wait) .. " s", bucket.headers(limit, wait))
end

local function meter(turn)
    local everything, limits = turn.config.limits.everything, turn.tenant.limits
    local now = clock.seconds()
    local tenant_bucket = "t:" .. turn.tenant_id
    local user_bucket = "u:" .. turn.tenant_id .. ":" .. turn.user_id

    local left, wait = take(buckets, "everything", everything, now)
    if left == nil then return nil, wait end
    if not left then return too_fast(turn, "everything", everything, wait) end

    left, wait = take(buckets, tenant_bucket, limits.tenant, now)
    if not left then
        give_back(buckets, "everything")
        if left == nil then return nil, wait end
        return too_fast(turn, "the tenant", limits.tenant, wait)
    end

    left, wait = take(buckets, user_bucket, limits.user, now)
    if not left then
        give_back(buckets, "everything")
        give_back(buckets, tenant_bucket)
        if left == nil then return nil, wait end
        return too_fast(turn, "the user", limits.user, wait)
    end
end

function _M.answer(turn)
    local refused = identify(turn)
    if refused then return refused end
    return meter(turn)
end

return _M
