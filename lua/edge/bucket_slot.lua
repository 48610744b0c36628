-- In which slot does a bucket lie?
--
-- On one Redis all of them share one. In a cluster each turn's user and address would fill a core of whoever has that slot (100
-- edges with 500 turns a second each: 0.8 of it), so buckets are spread over COUNT slots by their names. All edges must agree on this.

local slots = require "edge.slots"

local _M = {
    COUNT = 32,
    HOME = "{meter}:",      -- where edges say that they are there
}

-- How many slots there are.
function _M.count(settings)
    return settings.redis.cluster and _M.COUNT or 1
end

-- How the key of a bucket of this name begins.
function _M.prefix(settings, name)
    if not settings.redis.cluster then return _M.HOME end
    return "{meter:" .. slots.of(name) % _M.COUNT .. "}:"
end

return _M
