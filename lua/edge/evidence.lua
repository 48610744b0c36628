-- How did the two versions do?
--
-- While a candidate gets turns, each worker counts for each version, in a table of its own: turns, failed ones (status of 500
-- or more, or the shim could not ask this version), answers of low confidence, fallbacks, and turns by time. The worker's beat
-- takes the counts to Redis once a second; pyshim/rollout/evidence.py reads them.

local log2 = math.log(2)
local log, floor = math.log, math.floor
local LAST = 22         -- bucket n ends at 2^(n/2) ms, as BOUNDS_MS in evidence.py; the last one has no end

local _M = {}
local counts, any = {}, false

local function add(name)
    counts[name] = (counts[name] or 0) + 1
end

local function bucket_of(seconds)
    if seconds <= 0.001 then return 0 end
    local number = -floor(-2 * log(seconds * 1000) / log2)
    return number > LAST and LAST or number
end
_M.bucket_of = bucket_of

-- One turn is over. version: that was drawn; failed, unsure: booleans; layer: who answered.
function _M.turn(version, failed, unsure, layer, seconds)
    any = true
    add(version .. ":turns")
    if failed then add(version .. ":failed") end
    if unsure then add(version .. ":low") end
    if layer == "l7_fallback" then add(version .. ":fallback") end
    add(version .. ":t" .. bucket_of(seconds))
end

-- What was counted, as a flat list of names and numbers, and forgets it.
function _M.take()
    local list = {}
    if not any then return list end
    for name, count in pairs(counts) do
        list[#list + 1] = name
        list[#list + 1] = count
    end
    counts, any = {}, false
    return list
end

return _M
