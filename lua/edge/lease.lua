-- How does this edge come by the tokens it spends?
--
-- It leases them: one call to Redis (lua/redis/meter-2.lua) pays what accounts owe, leases what they will need, and gives
-- back what they need no more, for up to a hundred buckets at once. One worker at a time does so, under a lock in shared
-- memory: from a timer, or at once for a request that found its account empty; whoever else waits gets its part of the same
-- call. Rules:
--
-- * What accounts hold and owe, all edges together, is at most rate * 0.1 s or a token an edge: so much more than burst +
--   rate * T may be admitted in a time T, and no more (docs/limits.md).
-- * A call that was not answered did, as far as this edge knows, nothing good: its grants are lost, what it paid is paid
--   again. It carries a moment after which Redis must not follow it any more.
-- * After such a call Redis counts as lost: stand-ins give out this edge's share, and nobody waits (edge/standin.lua).
-- * In a cluster buckets lie in many slots (edge/bucket_slot.lua), each asked by a call of its own, all at once. What is owed is
--   asked about less often: it is as little, however long it waits. One slot that does not answer counts as Redis lost.

local account = require "edge.account"
local bucket_slot = require "edge.bucket_slot"
local clock = require "edge.clock"
local configuration = require "edge.config"
local demand = require "edge.demand"
local due = require "edge.due"
local edges = require "edge.edges"
local level = require "edge.level"
local metrics = require "edge.metrics"
local redis = require "edge.redis"
local standin = require "edge.standin"

local buckets = ngx.shared.buckets
local max, min = math.max, math.min
local format = string.format

local HOME = bucket_slot.HOME
local TICK_S = 0.01         -- how often accounts are looked at while there is anybody to share with
local CALL_S = 0.2          -- how often Redis is told at least that this edge is there, or asked whether it is back
local PAUSE_S = 0.08        -- a fast bucket that is empty is not asked for every single token
local FAST = 8              -- tokens a slice from which on less than one slice counts as dry: only the timer asks for the rest
local PATIENCE_S = 1        -- a request waits no longer than this for somebody else's call

local _M = {}

-- Seconds until it is worth asking again for a bucket that has less than one token.
local function pause(entry, rate, burst, tokens)
    local wait = (1 - tokens) / rate
    return entry.slice > 0 and max(wait, min(PAUSE_S, 0.9 * burst / rate)) or wait
end

local function granted(at, entry, tokens_granted, tokens, share)
    local raised = entry.debt + tokens_granted
    local _, left = account.change(entry.name, raised)
    demand.changed(entry.name, raised - entry.back)
    if left and left < 0 then account.owes(entry.name) end
    if tokens < (entry.ahead and entry.slice >= FAST and entry.slice or 1) then
        local wait = tokens < 1 and pause(entry, entry.limit.rate_per_s / share, entry.limit.burst / share, tokens) or 0
        account.dry_until(entry.name, entry.limit, at.now + wait + (entry.ahead and demand.AHEAD_S or 0), at.now)
    elseif entry.dry then
        account.dry_no_more(entry.name, entry.limit)
    end
    metrics.add('sluice_lease_tokens_total{what="granted"}', tokens_granted)
    metrics.add('sluice_lease_tokens_total{what="owed"}', entry.debt)
    metrics.add('sluice_lease_tokens_total{what="given_back"}', entry.back)
end

-- They owe still.
local function later(entries)
    for _, entry in ipairs(entries) do
        demand.changed(entry.name, -entry.back)
        entry.back = 0
        if entry.debt > 0 then account.owes(entry.name) end
        if entry.due > 0 then buckets:rpush("standins", entry.name) end
    end
end

-- Each node of a cluster has a clock of its own.
local function not_after(at, prefix)
    local offset = buckets:get("offset" .. prefix)
    return offset and format("%.0f", (at.now + offset + at.config.settings.redis_timeout_ms / 1000) * 1e6) or "0"
end

-- Settles with one slot. Returns how many edges have spoken there, when Redis answered.
local function ask(at, prefix, entries)
    local arguments = { edges.name(at.config.settings.node), edges.PRESENCE_MS, not_after(at, prefix) }
    for _, entry in ipairs(entries) do
        local last, limit = #arguments, entry.limit
        arguments[last + 1], arguments[last + 2], arguments[last + 3] = entry.name, limit.rate_per_s, limit.burst
        arguments[last + 4], arguments[last + 5] = format("%.12g", entry.debt + entry.due - entry.back), entry.wanted
    end
    if prefix == HOME then buckets:set("called", at.now) end
    local answer, err = redis.run(at.config.settings, "meter-2", prefix .. "edges", prefix, unpack(arguments))
    metrics.add(answer and 'sluice_lease_calls_total{outcome="answered"}' or 'sluice_lease_calls_total{outcome="failed"}', 1)
    if not answer then
        later(entries)
        if not at.lost and edges.sharing() then ngx.log(ngx.WARN, "limits go on with this edge's share: ", err) end
        buckets:set("failed", prefix)
        edges.lost()
        return nil
    end
    local now = clock.seconds()
    buckets:set("offset" .. prefix, tonumber(answer[1]) / 1e6 - now)
    local live = tonumber(answer[2])
    if #answer == 2 and #entries > 0 then       -- it came too late
        later(entries)
        return live
    end
    for number, entry in ipairs(entries) do
        local tokens = tonumber(answer[2 * number + 2])
        granted(at, entry, tonumber(answer[2 * number + 1]), tokens, 1)
        account.know(entry.name, entry.limit, tokens, at.now)
        if entry.due > 0 then
            buckets:delete(entry.name)
            standin.close(entry.name)
        end
    end
    return live
end

-- By slot the entries of its buckets, at most NAMES_MAX at once; and that of the edges alone, where it is time to be heard there.
local function by_slot(at, entries, overdue)
    local settings = at.config.settings
    if bucket_slot.count(settings) == 1 then return { { prefix = HOME, entries = entries } } end
    local groups, open = {}, {}
    if overdue then groups[1] = { prefix = HOME, entries = {} } end
    for _, entry in ipairs(entries) do
        local prefix = bucket_slot.prefix(settings, entry.name)
        local group = open[prefix]
        if not group or #group.entries >= due.NAMES_MAX then
            group = { prefix = prefix, entries = {} }
            groups[#groups + 1], open[prefix] = group, group
        end
        group.entries[#group.entries + 1] = entry
    end
    return groups
end

-- Settles with all of them at once. Returns the entries that were not settled.
local function call(at, entries, overdue)
    local groups, asked, failed, live, sound = by_slot(at, entries, overdue), {}, {}, nil, true
    for i = 2, #groups do asked[i] = ngx.thread.spawn(ask, at, groups[i].prefix, groups[i].entries) end
    for i, group in ipairs(groups) do
        local alive, heard = true, nil
        if i == 1 then heard = ask(at, group.prefix, group.entries) else alive, heard = ngx.thread.wait(asked[i]) end
        if not alive then ngx.log(ngx.ERR, "tokens cannot be leased: ", heard) end
        if not alive or not heard then
            sound = false
            for _, entry in ipairs(group.entries) do failed[#failed + 1] = entry end
        elseif group.prefix == HOME then
            live = heard
        end
    end
    if sound and live then edges.found(live) end
    return failed
end

local function stand_in(at, entries)
    for _, entry in ipairs(entries) do
        local known = account.known(entry.name, entry.limit, at.now)
        local got, tokens = standin.grant(entry.name, entry.limit, at.live, at.now, known, entry.debt - entry.back, entry.wanted)
        granted(at, entry, got, tokens, at.live)
    end
end

-- One round of settling. asked: the account a request found empty.
local function round(asked)
    local now, sharing = clock.seconds(), edges.sharing()
    local at = { now = now, config = configuration.current(), live = edges.live(), lost = sharing and sharing < 0,
        called = buckets:get("called") or -CALL_S, settled = buckets:get("settled") or -CALL_S }
    at.slots = bucket_slot.count(at.config.settings)
    local overdue = now - at.called >= CALL_S
    if overdue then level.touch(buckets) end
    if not sharing then return overdue and call(at, {}, true) end
    local entries, settles = due.gather(at, asked)
    if settles then buckets:set("settled", now) end
    local failed = entries
    if not at.lost then failed = (#entries > 0 or overdue) and call(at, entries, overdue) or {} end
    stand_in(at, failed)
end

-- Whether Redis is back. Nobody waits for that answer, so it is asked for without the lock.
local function look_for_redis()
    local sharing, now = edges.sharing(), clock.seconds()
    if not sharing or sharing > 0 or now - (buckets:get("called") or 0) < CALL_S then return end
    local at, failed = { now = now, config = configuration.current(), lost = true }, buckets:get("failed") or HOME
    local live = ask(at, HOME, {})
    if live and (failed == HOME or ask(at, failed, {})) then
        edges.found(live)
        ngx.log(ngx.NOTICE, "limits are shared again by ", edges.live(), " edges")
    end
end
_M.look_for_redis = look_for_redis

-- Runs a round unless another worker does. Returns whether it did.
local function settle(asked)
    local lock_s = 2 * configuration.current().settings.redis_timeout_ms / 1000 + 0.5
    if not buckets:add("lease|lock", true, lock_s) then return false end
    local sound, err = pcall(round, asked)
    buckets:delete("lease|lock")
    if not sound then ngx.log(ngx.ERR, "tokens cannot be leased: ", err) end
    return true
end
_M.settle = settle

-- Seconds until a caller who is refused now finds a token: all other edges may owe one that Redis does not know of yet.
local function honest(limit, wait)
    local live = edges.sharing() or 1
    return live < 2 and wait or wait + (live - 1) * account.credit(limit, live) / limit.rate_per_s
end

-- Seconds until the bucket has a token, 0 when it may have one now.
function _M.wait(name, limit, now)
    local dry = account.dry(name, limit, now)
    return dry and honest(limit, dry) or 0
end

-- Takes one token. Returns the key to give it back by; or false and the seconds until there is one; or nil and an error.
function _M.take(name, limit, now)
    local began = now
    repeat
        local key, err = account.spend(name, limit, edges.live(), now)
        if key ~= false then return key, err end
        local dry = account.dry(name, limit, now)
        if dry then return false, honest(limit, dry) end
        if not settle(name) then ngx.sleep(0.001) end
        now = clock.seconds()
    until now - began > PATIENCE_S
    return false, honest(limit, PATIENCE_S)
end

local function tick(premature)
    if premature then return end
    settle()
    if (edges.sharing() or 0) < 0 then assert(ngx.timer.at(0, look_for_redis)) end
    assert(ngx.timer.at(edges.sharing() and TICK_S or CALL_S, tick))
end

-- In every worker.
function _M.start()
    assert(ngx.timer.at(0, tick))
end

return _M
