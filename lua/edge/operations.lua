-- Is this edge well, and what does it count?
--
-- For the operations port only.

local arms = require "edge.arms"
local bounds = require "edge.bounds"
local cjson = require "cjson"
local config = require "edge.config"
local conversation = require "edge.conversation"
local metrics = require "edge.metrics"
local revoked = require "edge.revoked"

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
    local now = arms.current()
    return { stable = now.stable.version, candidate = now.candidate and now.candidate.version or 0, percent = now.percent }
end

local function configuration()
    local now = config.serves()
    return { serving = now.serving.number, candidate = now.candidate and now.candidate.number or 0, percent = now.percent }
end

-- Ready when the shim answers and finds Redis and Triton ready.
function _M.readyz()
    local answer = ngx.location.capture("/shim/readyz")
    local parts = answer.status < 500 and require("cjson.safe").decode(answer.body or "") or nil
    parts = parts and parts.parts or { redis = false, triton = false }
    parts.shim = answer.status == 200 or answer.status == 503 and answer.body ~= nil and parts.redis ~= nil
    local ready = parts.redis and parts.triton and answer.status == 200
    say(ready and 200 or 503, { ready = ready, parts = parts, config_version = config.current().number,
        configuration = configuration(), model = rollout() })
end

function _M.metrics()
    local behind, serves, configured = ngx.location.capture("/shim/metrics"), rollout(), configuration()
    local revocations, age_s = revoked.known()
    ngx.header["Content-Type"] = "text/plain; version=0.0.4; charset=utf-8"
    ngx.print(metrics.render(bounds.gauges({
        sluice_revocations = revocations,
        sluice_revocations_age_seconds = age_s,
        sluice_late_turns = conversation.late_turns(),
        ['sluice_model_version{role="stable"}'] = serves.stable,
        ['sluice_model_version{role="candidate"}'] = serves.candidate,
        sluice_rollout_percent = serves.percent,
        ['sluice_config_version{role="serving"}'] = configured.serving,
        ['sluice_config_version{role="candidate"}'] = configured.candidate,
        sluice_config_percent = configured.percent,
        sluice_records_free_bytes = ngx.shared.records:free_space(),
        sluice_buckets_free_bytes = ngx.shared.buckets:free_space(),
    }, config.current())))
    if behind.status == 200 then ngx.print(behind.body) end
end

return _M
