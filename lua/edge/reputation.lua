-- What has this address, or this user, been up to?
--
-- A score: offences add to it (edge/offences.lua), and it halves every half_life_s. From score_slowed on its owner is slowed, at
-- score_refused refused for a while: refused_s, and twice as long each time again. Rules:
--
-- * A score is one number in shared memory, level = log2(score) + time / half_life, which stays what it is while the score decays.
--   Beside it, as its flags, stands the second until which its owner is refused.
-- * A good request costs one look at its address' record, and one at its user's. Writing is left to the log phase.
-- * Two offences counted at one moment may count as one: reading and writing are two steps, some 100 ns apart. Who offends often is
--   found a few offences later.
-- * What somebody does while refused is not held against them: who waits as told comes back slowed, not refused.
-- * Records are this nginx's own. An attack that is spread over n of them is seen n times as late by each.

local ceil, log, max, min = math.ceil, math.log, math.max, math.min

local EPISODES_S = 86400    -- somebody who was refused is remembered for so long
local TRACE = 0.25          -- a score below is none
local LOG2 = log(2)

local _M = {}

local function log2(score) return log(score) / LOG2 end

-- dict: the zone; name: of the address or user, as in edge/names.lua; now: monotonic seconds.
-- Returns nothing, or "slowed", or "refused" and for how many seconds more.
function _M.look(dict, name, screen, now)
    local level, till = dict:get(name)
    if not level then return end
    if till and now < till then return "refused", till - now end
    if level - now / screen.half_life_s >= log2(screen.score_slowed) then return "slowed" end
end

local function refuse(dict, name, screen, now)
    local times = dict:incr("e" .. name, 1, 0, EPISODES_S) or 1
    local seconds = min(screen.refused_max_s, screen.refused_s * 2 ^ (times - 1))
    local till, level = ceil(now + seconds), log2(screen.score_slowed)
    dict:set(name, level + till / screen.half_life_s, till - now + screen.half_life_s * (level + 2), till)
    return "refused", till - now
end

-- Adds to the score. Returns what its owner has become by it, if anything: "slowed", or "refused" and for how long.
function _M.add(dict, name, weight, screen, now)
    local level, till = dict:get(name)
    if till and now < till then return end
    local before = level and 2 ^ (level - now / screen.half_life_s) or 0
    local after = before + weight
    if after >= screen.score_refused then return refuse(dict, name, screen, now) end
    local lives_s = screen.half_life_s * max(1, log2(after / TRACE))
    dict:set(name, log2(after) + now / screen.half_life_s, lives_s)
    if before < screen.score_slowed and after >= screen.score_slowed then return "slowed" end
end

return _M
