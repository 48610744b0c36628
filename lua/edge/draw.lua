-- Which of two versions does this user get?
--
-- below(salt, tenant, user, percent): a hash of the three decides, so that a user gets the same on every worker and node, and raising
-- the percent moves nobody back.

local bit = require "bit"

local bxor, lshift, rshift, band, tobit = bit.bxor, bit.lshift, bit.rshift, bit.band, bit.tobit
local byte = string.byte
local PARTS = 2 ^ 32

local _M = {}

-- The low 32 bits of a product: a double holds 53 bits, so the upper half of a is multiplied by itself.
local function times(a, b)
    return tobit(band(a, 0xffff) * b + band(rshift(a, 16) * (b % 0x10000), 0xffff) * 0x10000)
end

-- A number from 0 to 2^32 - 1: FNV-1a over the bytes, then mixed so that every bit counts for every other (Murmur3).
local function hash(text)
    local h = 0x811c9dc5
    for i = 1, #text do
        h = bxor(h, byte(text, i))
        h = tobit(h + lshift(h, 1) + lshift(h, 4) + lshift(h, 7) + lshift(h, 8) + lshift(h, 24))     -- * 16777619
    end
    h = times(bxor(h, rshift(h, 16)), 0x85ebca6b)
    h = times(bxor(h, rshift(h, 13)), 0xc2b2ae35)
    return bxor(h, rshift(h, 16)) % PARTS
end
_M.hash = hash

function _M.below(salt, tenant_id, user_id, percent)
    return hash(salt .. tenant_id .. ":" .. user_id) < percent / 100 * PARTS
end

return _M
