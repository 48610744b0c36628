-- Is this caller a customer of good standing, whatever others do at the same address?
--
-- Thousands of customers may share one address (a mobile carrier's). Who is known passes by what the address brought upon itself,
-- and its empty bucket, and is limited as a user. Known is
--
-- * who was answered here in known_minutes different minutes, the last of them within known_keep_s; or
-- * whose token says known_since, known_s ago or earlier: the tenant's own system knows its customers, and signs for it.
--
-- Nobody is known who is a guest, or whose own record is bad; who gets slowed begins anew. A token is verified for this even where
-- the address is refused; forging many is no way to keep the CPU busy: a hash costs less than the request itself, and for
-- other signatures there is a budget for each address.

local bucket = require "edge.bucket"
local clock = require "edge.clock"
local identity = require "edge.identity"
local names = require "edge.names"
local reputation = require "edge.reputation"

local known, records = ngx.shared.known, ngx.shared.records
local floor = math.floor

local VERIFIED = { rate_per_s = 100, burst = 200 }      -- signatures that are no hash; 63 us each at most

local _M = {}

-- The minute of the last answer, and in how many different ones there was one.
local function earned(name, screen)
    local _, minutes = known:get(name)
    return minutes and minutes >= screen.known_minutes
end

-- claims: as edge/identity.lua has verified them.
function _M.is_good(claims, screen, now)
    if claims.guest then return false end
    local name, since = claims.bucket, claims.known_since
    if reputation.look(records, name, screen, now) then return false end
    return since and since <= ngx.time() - screen.known_s or earned(name, screen) or false
end

-- Whether somebody known asks this, as far as may be found out now.
function _M.vouches(turn)
    local now, authorization = clock.seconds(), ngx.var.http_authorization
    if not authorization or #turn.layers == 1 then return false end      -- who asks for a guest's token is nobody yet
    local function affords()
        return bucket.take(records, names.verified(ngx.var.binary_remote_addr), VERIFIED, now)
    end
    local claims = identity.glance(authorization, turn.config, affords)
    return claims and _M.is_good(claims, turn.config.screen, now) or false
end

-- This turn was answered. Looks once a minute for each token, and writes once a minute for each user.
function _M.answered(turn, now)
    local claims, minute = turn.claims, floor(now / 60)
    if claims.answered == minute then return end
    claims.answered = minute
    local last, minutes = known:get(claims.bucket)
    if last ~= minute then known:set(claims.bucket, minute, turn.config.screen.known_keep_s, (minutes or 0) + 1) end
end

function _M.forget(claims)
    known:delete(claims.bucket)
end

return _M
