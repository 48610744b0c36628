-- How many turns, how fast, answered by whom?
--
-- Each worker counts in its own tables and adds them to shared memory once a second: nothing is locked on a turn's way.
-- Label values come from our own lists (tenants, layers, statuses), never from a client.

local shared = ngx.shared.metrics
local format, sort, concat = string.format, table.sort, table.concat

local BOUNDS_S = { 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 1.5 }
local LABELS = {}       -- as they stand in le="..."
for i, bound in ipairs(BOUNDS_S) do LABELS[i] = format("%g", bound) end
LABELS[#LABELS + 1] = "+Inf"
local HELP = {
    sluice_turns_total = "counter Turns by tenant, answering layer and status.",
    sluice_turn_seconds = "histogram Time from request to reply, by tenant, answering layer and outcome.",
    sluice_turns_moved_total = "counter Turns for which more than one shim had to be asked.",
    sluice_spans_total = "counter Spans of this edge by what became of them.",
    sluice_metrics_lost_total = "counter Series that were forgotten because the zone of metrics is full.",
    sluice_metrics_free_bytes = "gauge Free memory of the zone that holds the metrics.",
    sluice_edge_lua_bytes = "gauge Memory that Lua holds in each worker.",
    sluice_edge_connections = "gauge Connections of clients by what they do.",
    sluice_shims_ready = "gauge Shims that said what they count.",
    sluice_layer_broken_total = "counter Times a layer failed and its on_error decided.",
    sluice_version_turns_total = "counter Turns by version of the model, and whether that version could answer.",
    sluice_understood_total = "counter Readings of the student that the edge kept, answered by, or passed on to a shim.",
    sluice_model_version = "gauge Version of the model by role, 0 for none.",
    sluice_config_version = "gauge Version of the configuration by role, 0 for none.",
    sluice_config_percent = "gauge Share of users the configuration's candidate gets here.",
    sluice_rollout_percent = "gauge Share of users the candidate gets here.",
    sluice_tokens_refused_total = "counter Requests refused for their token, by reason.",
    sluice_revocations = "gauge Revocations in force at this edge.",
    sluice_revocations_age_seconds = "gauge Time since this edge last learned what is revoked; above 2 it is behind.",
    sluice_redis_writable = "gauge Share of Redis' masters that answer this edge and take what it writes; 0 is Redis lost.",
    sluice_redis_shard_writable = "gauge 1 while this master of a cluster answers this edge and takes what it writes.",
    sluice_redis_redirects_total = "counter Answers of a cluster that sent a command elsewhere, by kind.",
    sluice_redis_map_learned_total = "counter Times a worker asked the cluster who has which slot.",
    sluice_redis_uncovered_turns_total = "counter Turns that no replica had when they were answered; they are written once more.",
    sluice_late_aside_total = "counter Late turns that Redis refused for good: `sluice late` shows them.",
    sluice_late_turns = "gauge Turns answered while Redis was away and not written yet.",
    sluice_late_copies = "gauge Turns that Redis has and no replica had yet; they are written once more.",
    sluice_limit_refused_total = "counter Turns refused by a bucket or for want of a slot, by tenant.",
    sluice_limit_shadow_total = "counter Turns a limit in shadow mode would have refused.",
    sluice_limit_excess_max = "gauge Tokens that may be admitted beyond burst and rate, all edges together, as things are now.",
    sluice_offences_total = "counter What was wrong with requests, by kind.",
    sluice_record_total = "counter Times an address' or a user's record became bad: slowed, refused.",
    sluice_screened_total = "counter Turns of addresses and users with a bad record, by what became of them.",
    sluice_records_free_bytes = "gauge Free memory of the zone that holds the records.",
    sluice_edges = "gauge Edges that share the limits with this one, itself included.",
    sluice_edges_lost = "gauge 1 while Redis is lost and this edge gives out its share of the limits.",
    sluice_lease_calls_total = "counter Calls to Redis for tokens, and to say that this edge is there.",
    sluice_lease_tokens_total = "counter Tokens by what became of them: granted ahead, owed and paid, given back.",
    sluice_lease_owing = "gauge Accounts that owe a token and are not settled yet.",
    sluice_buckets_free_bytes = "gauge Free memory of the zone that holds the token buckets.",
}

local _M = {}
local pending = {}

local function add(key, value)
    pending[key] = (pending[key] or 0) + value
end
_M.add = add

local refusals_of = { sluice_limit_refused_total = {}, sluice_limit_shadow_total = {} }    -- names made once

local function refusal(family, tenant, bucket)
    local tenants = refusals_of[family]
    local names = tenants[tenant]
    if not names then
        names = {}
        tenants[tenant] = names
    end
    names[bucket] = names[bucket] or family .. '{tenant="' .. tenant .. '",bucket="' .. bucket .. '"}'
    add(names[bucket], 1)
end

-- tenant: id or "-" before it is known; bucket: its kind.
function _M.refused(tenant, bucket) refusal("sluice_limit_refused_total", tenant, bucket) end
function _M.would_refuse(tenant, bucket) refusal("sluice_limit_shadow_total", tenant, bucket) end

local screened_of = {}

-- whose: "address" or "user"; what: slowed, refused, spared (known, so neither), shadow.
function _M.screened(whose, what)
    local key = whose .. what
    screened_of[key] = screened_of[key] or 'sluice_screened_total{whose="' .. whose .. '",what="' .. what .. '"}'
    add(screened_of[key], 1)
end

function _M.broken(layer)
    add('sluice_layer_broken_total{layer="' .. layer .. '"}', 1)
end

local function bucket_of(seconds)
    for i = 1, #BOUNDS_S do
        if seconds <= BOUNDS_S[i] then return LABELS[i] end
    end
    return LABELS[#LABELS]
end

-- What became of a turn. left: the client did not wait.
local function outcome_of(status, degraded)
    if status == 499 then return "left" end
    if status >= 500 then return "failed" end
    if status >= 400 then return "refused" end
    return degraded and "degraded" or "answered"
end

local function child(table, key)
    local found = table[key]
    if not found then
        found = {}
        table[key] = found
    end
    return found
end

local function times_of(tenant, layer, outcome)
    local labels = '{tenant="' .. tenant .. '",layer="' .. layer .. '",outcome="' .. outcome .. '"'
    local names = { sum = "sluice_turn_seconds_sum" .. labels .. "}" }
    for _, bound in ipairs(LABELS) do
        names[bound] = "sluice_turn_seconds_bucket" .. labels .. ',le="' .. bound .. '"}'
    end
    return names
end

local keys_of = {}      -- by layer, tenant and status: the keys of count and times, made once

-- One turn is over. layer: who answered; tenant: id or "-" before it is known; degraded: answered without the state store.
function _M.turn(tenant, layer, status, seconds, degraded)
    local statuses = child(child(keys_of, layer), tenant)
    local kind = degraded and -status or status
    local keys = statuses[kind]
    if not keys then
        keys = times_of(tenant, layer, outcome_of(status, degraded))
        keys.total = 'sluice_turns_total{tenant="' .. tenant .. '",layer="' .. layer .. '",status="' .. status .. '"}'
        statuses[kind] = keys
    end
    add(keys.total, 1)
    add(keys[bucket_of(seconds)], 1)
    add(keys.sum, seconds)
end

-- Adds what this worker counted to what all count, and says what the worker itself needs.
function _M.flush()
    local forced = 0
    for key, value in pairs(pending) do
        local _, _, forcible = shared:incr(key, value, 0)
        if forcible then forced = forced + 1 end
    end
    pending = {}
    if forced > 0 then add("sluice_metrics_lost_total", forced) end
    shared:set('sluice_edge_lua_bytes{worker="' .. ngx.worker.id() .. '"}', collectgarbage("count") * 1024)
end

-- Counts by bound become counts up to a bound, and sluice_turn_seconds_count.
local function cumulated(values)
    local all = {}
    for key in pairs(values) do
        local labels = key:match("^sluice_turn_seconds_sum({.*)}$")
        if labels then all[#all + 1] = labels end
    end
    for number, labels in ipairs(all) do
        local sum = 0
        for _, label in ipairs(LABELS) do
            local key = "sluice_turn_seconds_bucket" .. labels .. ',le="' .. label .. '"}'
            sum = sum + (values[key] or 0)
            values[key] = sum
        end
        values["sluice_turn_seconds_count" .. labels .. "}"] = sum
        _M.breathe(number)
    end
end

-- Many tenants have many series: whoever asks for them must not keep turns waiting.
function _M.breathe(number)
    if number % 200 == 0 then ngx.sleep(0) end
end

local function family_of(key)
    local name = key:match("^[%w_]+")
    local family = name:gsub("_bucket$", ""):gsub("_sum$", ""):gsub("_count$", "")
    return HELP[family] and family or name
end

-- Prometheus text format. gauges: name -> value, read at this moment.
function _M.render(gauges)
    local values, families, names = {}, {}, {}
    for number, key in ipairs(shared:get_keys(0)) do
        values[key] = shared:get(key)
        _M.breathe(number)
    end
    cumulated(values)
    for name, value in pairs(gauges) do values[name] = value end
    for key in pairs(values) do
        local family = family_of(key)
        if not families[family] then
            families[family] = {}
            names[#names + 1] = family
        end
        families[family][#families[family] + 1] = key
    end
    sort(names)
    local lines = {}
    for _, family in ipairs(names) do
        if HELP[family] then
            local kind, help = HELP[family]:match("^(%S+) (.*)$")
            lines[#lines + 1] = "# HELP " .. family .. " " .. help
            lines[#lines + 1] = "# TYPE " .. family .. " " .. kind
        end
        sort(families[family])
        for number, key in ipairs(families[family]) do
            lines[#lines + 1] = key .. " " .. format("%.15g", values[key])
            _M.breathe(number)
        end
    end
    return concat(lines, "\n") .. "\n"
end

-- What several shims say of themselves, as one text: every series says whose it is. pages: shim's number -> its text.
function _M.merged(pages)
    local order, families = {}, {}
    for number, page in pairs(pages) do
        local family
        for line in page:gmatch("[^\n]+") do
            local named = line:match("^# HELP (%S+)")
            if named then
                family = families[named]
                if not family then
                    family = { head = {}, lines = {} }
                    families[named] = family
                    order[#order + 1] = named
                end
            end
            if line:byte() == 35 then       -- #
                family.head[line:match("^# (%S+)")] = line
            elseif family then
                local name, labels, value = line:match("^([%w_:]+)({?.-}?) (%S+)$")
                labels = labels == "" and "}" or "," .. labels:sub(2)
                family.lines[#family.lines + 1] = name .. '{shim="' .. number .. '"' .. labels .. " " .. value
            end
        end
    end
    sort(order)
    local lines = {}
    for _, named in ipairs(order) do
        local family = families[named]
        lines[#lines + 1] = family.head.HELP
        lines[#lines + 1] = family.head.TYPE
        for _, line in ipairs(family.lines) do lines[#lines + 1] = line end
    end
    return concat(lines, "\n") .. "\n"
end

return _M
