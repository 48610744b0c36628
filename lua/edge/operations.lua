-- Is this edge well, and what does it count?
--
-- For the operations port only.

local versions = require "edge.versions"
local bounds = require "edge.bounds"
local cjson = require "cjson"
local config = require "edge.config"
local decode = require("cjson.safe").decode
local late = require "edge.late"
local metrics = require "edge.metrics"
local redis = require "edge.redis"
local revoked = require "edge.revoked"
local shims = require "edge.shims"

local _M = {}

local function say(status, value)
    ngx.status = status
    ngx.header["Content-Type"] = "application/json; charset=utf-8"
    ngx.say(cjson.encode(value))
end

function _M.healthz()
    say(200, { status = "ok" })
end

-- What serves in this worker.
local function rollout()
    local now = versions.current()
    return { stable = now.stable.version, candidate = now.candidate and now.candidate.version or 0, percent = now.percent }
end

local function configuration()
    local now = config.serves()
    return { serving = now.serving.number, candidate = now.candidate and now.candidate.number or 0, percent = now.percent }
end

-- What each shim says at this path, all asked at once. Returns number -> body, and how many there are.
local function shims_say(path)
    local asked, said, count = {}, {}, 0
    for number = 1, shims.count() do asked[number] = { "/shim-" .. number - 1 .. "/" .. path } end
    if #asked == 0 then return said, 0 end
    for number, answer in ipairs { ngx.location.capture_multi(asked) } do
        if answer.status == 200 then said[number - 1], count = answer.body, count + 1 end
    end
    return said, count
end

-- What a shim says of the parts behind it and of why they are away; or nil and its status, when none answers. One that was just
-- started is not ready yet: then another one's word counts.
local function shim_says()
    local answer = ngx.location.capture("/shim/readyz")
    local text = answer.status ~= 200 and select(2, next((shims_say("readyz")))) or answer.body
    local said = decode(text or "")
    if type(said) == "table" and type(said.parts) == "table" then return said.parts, said.away or {} end
    return nil, answer.status
end

-- Ready when this edge and a shim can write to Redis, and the shim finds the model ready. What is away is named, with the reason; what
-- only a shim could tell is null while none answers.
function _M.readyz()
    local parts, away = shim_says()
    if parts then
        parts.shim = true
    else
        parts, away = { triton = cjson.null, shim = false }, { shim = "no shim answers: status " .. away .. " (nginx.log says why)" }
    end
    local sound, without = redis.state(config.current().settings)
    parts.redis = sound > 0 and parts.redis ~= false
    local ready = parts.redis and parts.shim and parts.triton == true
    for node, why in pairs(without) do away[sound == 0 and "redis" or "redis " .. node] = why end
    say(ready and 200 or 503, { ready = ready, parts = parts, away = next(away) and away or nil,
        config_version = config.current().number, configuration = configuration(), model = rollout() })
end

-- Adds what Redis is like to a table of gauges, and returns it.
local function shards(into)
    local settings = config.current().settings
    local sound, away, masters = redis.state(settings)
    into.sluice_redis_writable = #masters > 0 and sound / #masters or 0
    if settings.redis.cluster then
        for _, node in ipairs(masters) do into['sluice_redis_shard_writable{node="' .. node .. '"}'] = away[node] and 0 or 1 end
    end
    return into
end

function _M.metrics()
    local serves, configured, behind, answering = rollout(), configuration(), shims_say("metrics")
    local var = ngx.var
    local turns, copies = late.count()
    local revocations, age_s = revoked.known()
    ngx.header["Content-Type"] = "text/plain; version=0.0.4; charset=utf-8"
    ngx.print(metrics.render(bounds.gauges(shards({
        sluice_revocations = revocations,
        sluice_revocations_age_seconds = age_s,
        sluice_late_turns = turns,
        sluice_late_copies = copies,
        ['sluice_model_version{role="stable"}'] = serves.stable,
        ['sluice_model_version{role="candidate"}'] = serves.candidate,
        sluice_rollout_percent = serves.percent,
        ['sluice_config_version{role="serving"}'] = configured.serving,
        ['sluice_config_version{role="candidate"}'] = configured.candidate,
        sluice_config_percent = configured.percent,
        sluice_records_free_bytes = ngx.shared.records:free_space(),
        sluice_buckets_free_bytes = ngx.shared.buckets:free_space(),
        sluice_metrics_free_bytes = ngx.shared.metrics:free_space(),
        sluice_shims_ready = answering,
        ['sluice_edge_connections{state="reading"}'] = tonumber(var.connections_reading),
        ['sluice_edge_connections{state="writing"}'] = tonumber(var.connections_writing),
        ['sluice_edge_connections{state="waiting"}'] = tonumber(var.connections_waiting),
    }), config.current())))
    ngx.print(metrics.merged(behind))
end

return _M
