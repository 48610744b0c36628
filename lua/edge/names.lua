-- Which limit does the bucket of this name have?
--
-- A bucket's name is one letter for its kind, the tenant, and whose it is. Buckets that are settled later have only their name
-- left; their limit is always that of the configuration now in force.

local match, sub = string.match, string.sub

local _M = {}

-- Whoever has an IPv6 address has 2^64 of them: they count as one.
local function one(address) return #address == 16 and sub(address, 1, 8) or address end

_M.EVERYTHING = "everything"
function _M.address(address) return "a:" .. one(address) end
function _M.guests(address) return "g:" .. one(address) end
function _M.verified(address) return "v:" .. one(address) end       -- its signatures: no limit of a configuration
function _M.tenant(tenant) return "t:" .. tenant end
function _M.user(tenant, user) return "u:" .. tenant .. ":" .. user end
function _M.tenants_address(tenant, address) return "n:" .. tenant .. ":" .. one(address) end
function _M.route(tenant, route) return "r:" .. tenant .. ":" .. route end

function _M.slow(name) return "s:" .. name end      -- name: of an address or a user

local function of_tenant(config, tenant)
    local found = config.tenants[tenant]
    return found and found.limits
end

local FINDERS = {
    a = function(config) return config.screen.address_limit end,
    g = function(config) return config.screen.guests_limit end,
    s = function(config) return config.screen.slow_limit end,
    t = function(config, _, tenant)
        local limits = of_tenant(config, tenant)
        return limits and limits.tenant
    end,
    u = function(config, name)
        local limits = of_tenant(config, match(name, "^u:([^:]*)"))
        return limits and limits.user
    end,
    n = function(config, name)
        local limits = of_tenant(config, match(name, "^n:([^:]*)"))
        return limits and limits.address
    end,
    r = function(config, name)
        local tenant, route = match(name, "^r:([^:]*):(.*)$")
        local limits = of_tenant(config, tenant)
        return limits and limits.routes and limits.routes[route]
    end,
}

-- The limit, or nil where nobody has it any more.
function _M.of(name, config)
    if name == _M.EVERYTHING then return config.limits.everything end
    local finder = FINDERS[name:sub(1, 1)]
    return finder and finder(config, name, name:sub(3))
end

return _M
