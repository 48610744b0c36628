-- Was this token revoked?
--
-- A revocation names a tenant and either one token (its jti), one user, or everything; the last two refuse what was issued (iat) up
-- to their moment, and what does not say when it was issued. pyshim/identity/revocations.py writes them into a log in Redis; each worker
-- asks for what is new once a second and looks at its own tables on every turn. Rules:
--
-- * Of two things said about the same tokens the later one counts, in whatever order they come. Restoring is said, too.
-- * What is known stays in force until it ends, whatever becomes of Redis. While it is away nothing new is learned. A copy lies in
--   shared memory, so that a worker that takes a dead one's place knows it at once.
-- * A Redis that comes back with another log, or with none, is told what is known here: nothing is un-revoked by losing it.
--
-- * An nginx that is started anew knows what this machine knew (revoked_copy.lua), and lets nobody in before it was told what is
--   new, or Redis had the time to say it.

local cjson = require "cjson.safe"
local copy = require "edge.revoked_copy"
local redis = require "edge.redis"

local LOG, ENDS, EPOCH = "{revoked}:log", "{revoked}:ends", "{revoked}:epoch"
local AT_ONCE = 1000
local TIDY_S = 60           -- what is over may lie about for so long

local shared = ngx.shared.revoked
local type, pairs, max = type, pairs, math.max

local _M = {}
local said = {}             -- by tokens meant: the last that was said of them {text, at, until_}
local tenants = {}          -- by tenant: what a turn looks at {tenant = at, user = {user -> at}, token = {jti -> at}}
local epoch, number = "not asked yet", "0"
local ends = math.huge      -- when the first of said is over
local asked_at              -- when Redis answered last
local waits_until           -- the moment until which nobody is let in, nil once Redis answered
local new = {}              -- texts that are not in the copy yet
local asking = false
local told                  -- what another log has told so far (a set of texts), until it was told what it lacks

-- The first turns of a worker wait for what is new.
local function wait()
    while waits_until and ngx.now() < waits_until do ngx.sleep(0.005) end
    waits_until = nil
end

-- claims: as edge/identity.lua has verified them.
function _M.holds(claims)
    if waits_until then wait() end
    local mine = tenants[claims.tenant_id]
    if not mine then return false end
    if claims.jti and mine.token[claims.jti] then return true end
    local all, user, iat = mine.tenant, mine.user[claims.user_id], claims.iat
    if not all and not user then return false end
    return not iat or iat <= max(all or user, user or all)
end

local function put(what, at)
    local mine = tenants[what.tenant]
    if not mine then
        mine = { user = {}, token = {} }
        tenants[what.tenant] = mine
    end
    if what.kind == "tenant" then mine.tenant = at else mine[what.kind][what.value] = at end
end

local function well_formed(what)
    return type(what) == "table" and type(what.tenant) == "string" and type(what.at) == "number" and type(what["until"]) == "number"
        and (what.kind == "tenant" or (what.kind == "user" or what.kind == "token") and type(what.value) == "string")
end

-- Takes one thing that was said. Returns nothing, or an error.
local function take(text)
    local what = cjson.decode(text)
    if not well_formed(what) then return "not a revocation: " .. text end
    local meant = what.tenant .. " " .. what.kind .. " " .. (what.value or "")
    local before, until_ = said[meant], what["until"]
    if until_ <= ngx.time() or before and before.at >= what.at then return end
    said[meant] = { text = text, what = what, at = what.at, until_ = until_ }
    if until_ < ends then ends = until_ end
    put(what, not what.restored and what.at or nil)
    new[#new + 1] = text
    local kept, err = shared:safe_set(meant, text, until_ - ngx.time())
    if not kept then return "no copy in shared memory: " .. err end
end

-- Forgets what is over.
local function tidy()
    local now = ngx.time()
    if now < ends then return end
    tenants, ends = {}, math.huge
    for meant, it in pairs(said) do
        if it.until_ <= now then
            said[meant] = nil
        else
            if it.until_ < ends then ends = it.until_ end
            put(it.what, not it.what.restored and it.at or nil)
        end
    end
    ends = max(ends, now + TIDY_S)
end

-- Says again what is known here and the log did not tell. Returns nothing, or an error.
local function say_again(settings)
    local list = {}
    for _, it in pairs(said) do
        if not told[it.text] then
            list[#list + 1] = it.text
            list[#list + 1] = it.until_
        end
    end
    for from = 1, #list, 2 * AT_ONCE do
        local new, err = redis.run(settings, "revoke-3", LOG, ENDS, EPOCH, unpack(list, from, math.min(from + 2 * AT_ONCE - 1, #list)))
        if not new then return err end
    end
    told = nil
end

local function ask(settings)
    local fault
    repeat
        local answer, err = redis.run(settings, "revoked-2", LOG, EPOCH, epoch, number, AT_ONCE)
        if not answer then return err end
        asked_at = ngx.now()
        if answer == "" then break end
        if answer[1] ~= epoch or tonumber(answer[2]) < tonumber(number) then told = {} end
        epoch, number = answer[1], answer[2]
        for i = 3, #answer do
            if told then told[answer[i]] = true end
            fault = take(answer[i]) or fault
        end
    until #answer < AT_ONCE + 2
    waits_until = nil
    return told and say_again(settings) or fault
end

local function texts()
    local found = {}
    for _, it in pairs(said) do found[#found + 1] = it.text end
    return found
end

-- One worker of a machine keeps the copy. Returns nothing, or an error.
local function keep()
    if #new == 0 then return end
    local added = new
    new = {}
    if ngx.worker.id() ~= 0 then return end
    local count = 0
    for _ in pairs(said) do count = count + 1 end
    return copy.add(added, count, texts)
end

-- Learns what is new. Returns nothing, or an error.
function _M.follow(settings)
    if asking then return end
    asking = true
    local _, err = pcall(ask, settings)
    asking = false
    tidy()
    return keep() or err
end

-- Before the workers fork: what this machine knew.
function _M.prepare(folder)
    for _, text in ipairs(copy.begin(folder)) do take(text) end
    new = {}
end

-- What this machine's workers know already.
function _M.begin(settings)
    asked_at = ngx.now()
    waits_until = asked_at + settings.redis_timeout_ms / 1000
    for _, meant in ipairs(shared:get_keys(0)) do
        local text = shared:get(meant)
        if text then take(text) end
    end
    new = {}
end

-- How many are in force here, and for how many seconds nothing new could be learned.
function _M.known()
    local count = 0
    for _, it in pairs(said) do
        if not it.what.restored then count = count + 1 end
    end
    return count, ngx.now() - asked_at
end

return _M
