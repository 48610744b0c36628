-- How many edges share the limits?
--
-- One number in shared memory, for all workers of this nginx: nothing while it is alone (buckets are local), n while n edges
-- lease from one Redis, -n while Redis is lost and each goes on with its share. Rules:
--
-- * An nginx starts alone, and its first call says whether it is. An edge that ever shared goes on leasing until it is
--   started again, alone or not: what the others took from a bucket stands in Redis, and nowhere else.
-- * An edge is gone when it was silent for PRESENCE_MS; until then its share is nobody's. A Redis that was lost has heard of
--   nobody: for that long after its return they are at least as many as before.

local buckets = ngx.shared.buckets
local abs, max = math.abs, math.max

local _M = { PRESENCE_MS = 2000 }

-- nil, n or -n.
function _M.sharing() return buckets:get("edges") end

-- How many, whether Redis is there or not.
function _M.live() return max(1, abs(buckets:get("edges") or 1)) end

-- Redis has said how many.
function _M.found(live)
    local known = buckets:get("edges")
    if not known and live < 2 then return end
    if known and known < 0 then buckets:set("before", -known, _M.PRESENCE_MS / 1000) end
    buckets:set("edges", max(1, live, buckets:get("before") or 1))
end

-- Redis has said nothing.
function _M.lost()
    local known = buckets:get("edges")
    if known then buckets:set("edges", -abs(known)) end
end

-- A name nobody else has, for as long as this shared memory lives.
function _M.name(node)
    local name = buckets:get("name")
    if name then return name end
    buckets:add("name", node .. " " .. ngx.worker.pid() .. " " .. ngx.time())
    return buckets:get("name")
end

return _M
