-- May this edge spend one token of a bucket it shares?
--
-- An account in shared memory is one number: tokens leased from the bucket and not spent yet, for all workers of this nginx.
-- Spending is one atomic incr. Rules:
--
-- * An account may go into debt, unless the bucket is known to be dry: by one token, or this edge's part of what a fast
--   bucket is given in CREDIT_S. So a caller who comes now and then costs neither a lease nor a wait. Whoever takes the
--   account from 0 to -1 writes its name on the list of those who owe; the next call to Redis pays (edge/lease.lua).
-- * "Dry" is what Redis said: no token before that moment. Nothing is asked meanwhile.
-- * Nothing here talks to Redis.

local buckets = ngx.shared.buckets

local byte = string.byte
local floor, max, min = math.floor, math.max, math.min
local MARK = byte("=")
local CREDIT_S = 0.02
local EARLY_S, EARLY = 0.005, 0.1   -- edges know the moment of a token's birth this well: as many seconds, or tokens

local _M = {}

-- The most tokens the account of one edge may owe.
function _M.credit(limit, live)
    return max(1, floor(limit.rate_per_s * CREDIT_S / live))
end

-- Whether what was taken is given back to an account, or to a bucket of this nginx alone.
function _M.is_key(key) return byte(key) == MARK end

function _M.give_back(key) buckets:incr(key, 1) end

-- A limit that changes knows nothing of a drought at its old rate.
local function dry_key(name, limit)
    local mark = limit.dry_mark
    if not mark then
        mark = "!" .. limit.rate_per_s .. ":"
        limit.dry_mark, limit.early_s = mark, min(EARLY_S, EARLY / limit.rate_per_s)
    end
    return mark .. name
end

-- Seconds until the bucket has a token, as far as is known here; nil when there may be one now.
function _M.dry(name, limit, now)
    local moment = buckets:get(dry_key(name, limit))
    return moment and moment - now > limit.early_s and moment - now or nil
end

function _M.dry_until(name, limit, moment, now)
    buckets:set(dry_key(name, limit), moment, moment - now + 0.001)
end

function _M.dry_no_more(name, limit)
    buckets:delete(dry_key(name, limit))
end

-- Remembers what Redis said is left of the bucket, until it would be full.
function _M.know(name, limit, tokens, now)
    local full_s = (limit.burst - tokens) / limit.rate_per_s
    if full_s > 0.001 then buckets:set("#" .. name, now + full_s, full_s) else buckets:delete("#" .. name) end
end

-- What the bucket holds, as far as is known: full where nobody said anything else.
function _M.known(name, limit, now)
    local full = buckets:get("#" .. name)
    return full and full > now and max(0, limit.burst - (full - now) * limit.rate_per_s) or limit.burst
end

function _M.owes(name)
    buckets:rpush("owing", name)
end

-- Returns the key to give it back by; or false when there is nothing to spend; or nil and an error.
function _M.spend(name, limit, live, now)
    local key = "=" .. name
    local left, err = buckets:incr(key, -1, 0)
    if not left then return nil, err end
    if left >= 0 then return key end
    if left >= -_M.credit(limit, live) and not _M.dry(name, limit, now) then
        if left == -1 then _M.owes(name) end
        return key
    end
    buckets:incr(key, 1)
    return false
end

function _M.left(name)
    return buckets:get("=" .. name) or 0
end

-- More tokens, paid for; or fewer, as much as there is. Returns by how much it changed.
function _M.change(name, by)
    local left = buckets:incr("=" .. name, by, 0)
    if by < 0 and left and left < 0 then
        local back = min(-left, -by)
        buckets:incr("=" .. name, back)
        return by + back
    end
    return by, left
end

return _M
