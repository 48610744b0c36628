-- What does a tenant's part lack that an older sluice compiled?
--
-- After an upgrade it serves on until somebody applies it anew: what the older one did not say of it is empty here.

local pairs = pairs

local _M = {}

-- tenant: of a part, as decoded. Returns it.
function _M.completed(tenant)
    tenant.alarms = tenant.alarms or {}
    for _, hot in pairs(tenant.hot) do hot.spoken = hot.spoken or {} end
    return tenant
end

return _M
