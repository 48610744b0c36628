-- Which limit does the bucket of this name have?
--
-- A bucket's name is one letter for its kind, the tenant, and whose it is. Buckets that are settled later have only their name
-- left; their limit is always that of the configuration now in force.

local match = string.match

local _M = {}

_M.EVERYTHING = "everything"
function _M.address(address) return "a:" .. address end
function _M.tenant(tenant) return "t:" .. tenant end
function _M.user(tenant, user) return "u:" .. tenant .. ":" .. user end
function _M.tenants_address(tenant, address) return "n:" .. tenant .. ":" .. address end
function _M.route(tenant, route) return "r:" .. tenant .. ":" .. route end

local function of_tenant(config, tenant)
    local found = config.tenants[tenant]
    return found and found.limits
end

local FINDERS = {
    a = function(config) return config.screen.address_limit end,
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
