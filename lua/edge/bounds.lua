-- How much may be admitted beyond what the limits say, as things are now?
--
-- The bound that docs/limits.md explains, and what is behind it, for /metrics.

local account = require "edge.account"
local demand = require "edge.demand"
local edges = require "edge.edges"

local buckets = ngx.shared.buckets

local _M = {}

-- Tokens beyond burst + rate * T, all edges together.
local function excess(limit, sharing, live)
    if not sharing then return 0 end
    local held = live * (demand.slice(limit, live) + account.credit(limit, live))
    return sharing < 0 and held + math.max(limit.burst, live) or held
end

-- Adds the gauges to the table, and returns it.
function _M.gauges(into, config)
    local sharing, live = edges.sharing(), edges.live()
    into.sluice_edges, into.sluice_edges_lost = live, sharing and sharing < 0 and 1 or 0
    into.sluice_lease_owing = buckets:llen("owing") or 0
    into['sluice_limit_excess_max{bucket="everything"}'] = excess(config.limits.everything, sharing, live)
    for tenant, about in pairs(config.tenants) do
        into['sluice_limit_excess_max{bucket="tenant",tenant="' .. tenant .. '"}'] = excess(about.limits.tenant, sharing, live)
        into['sluice_limit_excess_max{bucket="user",tenant="' .. tenant .. '"}'] = excess(about.limits.user, sharing, live)
    end
    return into
end

return _M
