-- How many turns, how fast, answered by whom?
--
-- Each worker counts in its own tables and adds them to shared memory once a second: nothing is locked on a turn's way.
-- Label values come from our own lists (tenants, layers, statuses), never from a client.

local shared = ngx.shared.metrics
local format, sort, concat = string.format, table.sort, table.concat

local BOUNDS_S = { 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 1.5 }
local LABELS = {}       -- as they stand in le="..."
for i, bound in ipairs(BOUNDS_S) do LABELS[i] = format("%g", bound) end
local HELP = {
    sluice_turns_total = "counter Turns by tenant, answering layer and status.",
    sluice_turn_seconds = "histogram Time from request to reply, by answering layer.",
    sluice_layer_broken_total = "counter Times a layer failed and its on_error decided.",
    sluice_arm_turns_total = "counter Turns by version of the model, and whether that version could answer.",
    sluice_model_version = "gauge Version of the model by role, 0 for none.",
    sluice_config_version = "gauge Version of the configuration by role, 0 for none.",
    sluice_config_percent = "gauge Share of users the configuration's candidate gets here.",
    sluice_rollout_percent = "gauge Share of users the candidate gets here.",
    sluice_tokens_refused_total = "counter Requests refused for their token, by reason.",
    sluice_revocations = "gauge Revocations in force at this edge.",
    sluice_revocations_age_seconds = "gauge Time since this edge last learned what is revoked; above 2 it is behind.",
    sluice_late_turns = "gauge Turns answered while Redis was away and not written yet.",
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
    return "+Inf"
end

local names_of = {}      -- by layer: the keys of its times, made once

local function times_of(layer)
    local names = names_of[layer]
    if not names then
        local label = '{layer="' .. layer .. '"'
        names = { sum = "sluice_turn_seconds_sum" .. label .. "}", count = "sluice_turn_seconds_count" .. label .. "}" }
        for _, bound in ipairs { "+Inf", unpack(LABELS) } do
            names[bound] = "sluice_turn_seconds_bucket" .. label .. ',le="' .. bound .. '"}'
        end
        names_of[layer] = names
    end
    return names
end

local totals_of = {}     -- by layer, tenant and status: the key of their count, made once

local function total_of(tenant, layer, status)
    local tenants = totals_of[layer]
    if not tenants then
        tenants = {}
        totals_of[layer] = tenants
    end
    local statuses = tenants[tenant]
    if not statuses then
        statuses = {}
        tenants[tenant] = statuses
    end
    local name = statuses[status]
    if not name then
        name = 'sluice_turns_total{tenant="' .. tenant .. '",layer="' .. layer .. '",status="' .. status .. '"}'
        statuses[status] = name
    end
    return name
end

-- One turn is over. layer: who answered; tenant: id or "-" before it is known.
function _M.turn(tenant, layer, status, seconds)
    add(total_of(tenant, layer, status), 1)
    local names = times_of(layer)
    add(names[bucket_of(seconds)], 1)
    add(names.sum, seconds)
    add(names.count, 1)
end

function _M.flush()
    for key, value in pairs(pending) do shared:incr(key, value, 0) end
    pending = {}
end

local function cumulated(values)
    local layers = {}
    for key in pairs(values) do
        local layer = key:match('^sluice_turn_seconds_count{layer="([^"]+)"}')
        if layer then layers[#layers + 1] = layer end
    end
    for _, layer in ipairs(layers) do
        local sum = 0
        for _, label in ipairs(LABELS) do
            local key = 'sluice_turn_seconds_bucket{layer="' .. layer .. '",le="' .. label .. '"}'
            sum = sum + (values[key] or 0)
            values[key] = sum
        end
        values['sluice_turn_seconds_bucket{layer="' .. layer .. '",le="+Inf"}'] =
            values['sluice_turn_seconds_count{layer="' .. layer .. '"}']
    end
end

-- Prometheus text format. gauges: name -> value, read at this moment.
function _M.render(gauges)
    local values, names = {}, {}
    for _, key in ipairs(shared:get_keys(0)) do values[key] = shared:get(key) end
    cumulated(values)
    for name, value in pairs(gauges) do values[name] = value end
    for key in pairs(values) do names[#names + 1] = key end
    sort(names)
    local lines, described = {}, {}
    for _, key in ipairs(names) do
        local family = key:match("^[%w_]+"):gsub("_bucket$", ""):gsub("_sum$", ""):gsub("_count$", "")
        if HELP[family] and not described[family] then
            described[family] = true
            local kind, help = HELP[family]:match("^(%S+) (.*)$")
            lines[#lines + 1] = "# HELP " .. family .. " " .. help
            lines[#lines + 1] = "# TYPE " .. family .. " " .. kind
        end
        lines[#lines + 1] = key .. " " .. format("%.15g", values[key])
    end
    return concat(lines, "\n") .. "\n"
end

return _M
