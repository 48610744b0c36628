-- Which accounts need something from Redis now, and what?
--
-- Those that owe, those of busy buckets that run low or hold too much, and what stood in for a bucket while this edge was
-- alone or Redis was lost. Only whoever holds the lease's lock asks: what is given back is taken out of its account here.

local account = require "edge.account"
local bucket = require "edge.bucket"
local demand = require "edge.demand"
local names = require "edge.names"
local standin = require "edge.standin"

local buckets = ngx.shared.buckets
local max, min = math.max, math.min

local NAMES_MAX = 100       -- buckets a call: Redis works about 3 us on each, and has nobody else's turn meanwhile
local SOON_S = 0.04         -- what would be asked for this soon is asked for where a call goes anyway
local SETTLE_S = 0.1        -- how long a debt may wait for a call that goes anyway
local SPREAD_S = 0.4        -- where each slot has a call of its own: as long again that it pays for more than one or two

local _M = { NAMES_MAX = NAMES_MAX }

-- What has to be done about one account, or nil. look: what demand says of it, where somebody has looked already.
local function plan(at, name, look, empty)
    local limit = names.of(name, at.config)
    if not limit then return end
    look = look or demand.look(name, account.left(name), demand.slice(limit, at.live), at.now, empty)
    local left, known = look.left, account.dry(name, limit, at.now)
    local dry = known and (empty or known > demand.AHEAD_S + SOON_S or not look.target)
    local wish = look.target and demand.wish(left, look.target) or 0
    if empty then wish = max(wish, 1 - max(left, 0)) end
    local entry = { name = name, limit = limit, slice = look.slice, dry = known, ahead = look.target ~= nil,
        debt = max(0, -left), due = 0, wanted = dry and 0 or max(0, wish), back = wish < 0 and -account.change(name, wish) or 0 }
    if not at.lost then
        entry.due = bucket.missing(buckets, name, limit, at.now) + standin.due(name, limit, at.now)
    end
    if entry.debt + entry.due + entry.wanted + entry.back > 0 then return entry end
end

local function add(at, entries, name, look, empty)
    if entries[name] then return end
    local entry = plan(at, name, look, empty)
    if entry then
        entries[#entries + 1] = entry
        entries[name] = entry
    end
end

-- Looks at every account that is leased ahead. Returns what was seen, by name, and whether one of them needs a call.
local function watch(at)
    local seen, pressing = {}, false
    for _ = 1, buckets:llen("watched") or 0 do
        local name = buckets:lpop("watched")
        if not name then break end
        buckets:rpush("watched", name)
        local limit = names.of(name, at.config)
        local look = limit and demand.look(name, account.left(name), demand.slice(limit, at.live), at.now)
        if look and look.alive then
            seen[name] = look
            pressing = pressing or demand.presses(look.left, look.target) and not account.dry(name, limit, at.now + demand.AHEAD_S)
        else
            buckets:rpop("watched")
            demand.forget(name)
        end
    end
    return seen, pressing
end

local function add_listed(at, entries, list, most)
    for _ = 1, min(most, buckets:llen(list) or 0) do
        local name = buckets:lpop(list)
        if not name then return end
        add(at, entries, name)
        if list == "standins" and not entries[name] then standin.close(name) end    -- it is full again: nothing is due
    end
end

-- at: now, config, live (edges), lost (whether Redis is), called and settled (when Redis was called, and debts were paid, last), slots
-- (in which buckets lie). asked: the account a request found empty.
-- Returns a list of entries: name, limit, slice, and debt, due (by a bucket or stand-in that served alone), wanted, back; and whether
-- debts are among them.
function _M.gather(at, asked)
    local entries, most, alone = {}, NAMES_MAX * at.slots, at.slots == 1
    if asked then add(at, entries, asked, nil, true) end
    local seen, pressing = watch(at)
    if not at.lost then add_listed(at, entries, "standins", most) end
    local owing = buckets:llen("owing") or 0
    local settles = owing >= most or at.now - (alone and at.called or at.settled) >= (alone and SETTLE_S or SPREAD_S)
    if not (#entries > 0 or pressing or settles) then return entries, false end
    settles = settles or alone      -- a call that goes takes them along
    for name, look in pairs(seen) do
        if demand.presses(look.left, look.target) or settles and #entries < most then add(at, entries, name, look) end
    end
    if settles then add_listed(at, entries, "owing", most - #entries) end
    return entries, settles
end

return _M
