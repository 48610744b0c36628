-- What does an nginx worker do besides answering?

local addresses = require "edge.addresses"
local versions = require "edge.versions"
local beat = require "edge.beat"
local bodies = require "edge.body"
local config = require "edge.config"
local config_follower = require "edge.config_follower"
local clock = require "edge.clock"
local identity = require "edge.identity"
local late = require "edge.late"
local lease = require "edge.lease"
local leaving = require "edge.leaving"
local metrics = require "edge.metrics"
local cluster = require "edge.cluster"
local redis = require "edge.redis"
local said = require "edge.said"
local revoked = require "edge.revoked"
local shims = require "edge.shims"
local concurrency = require "edge.concurrency"
local trace = require "edge.trace"

local SCRIPTS = { "commit-3", "beat-3", "config_beat-2", "get-1", "revoke-3", "revoked-2", "meter-2", "writable-0" }

local _M = {}
local complained, unheard, folder, ready = {}, nil, nil, false

-- Before the workers fork.
function _M.prepare(run_folder, scripts_folder)
    folder = run_folder
    local settings = config.begin(run_folder).settings
    versions.begin(settings.versions)
    shims.begin(run_folder)
    revoked.prepare(run_folder)
    identity.begin(settings.tokens_remembered)
    for _, name in ipairs(SCRIPTS) do redis.load_script(scripts_folder, name) end
end

-- Said once where it does not change, and not every second.
local function follow(what, beats)
    local err = beats(config.current().settings)
    if err and err ~= complained[what] then ngx.log(ngx.NOTICE, what, " is not followed yet: ", err) end
    complained[what] = err
end

-- Alone: no other work of the second may keep it from its two seconds.
local function learn_revoked(premature)
    if premature then return end
    local err = revoked.follow(config.current().settings)
    if not err and not ready then
        ready = true
        leaving.ready(folder)
    end
    if err and err ~= unheard then ngx.log(ngx.WARN, "revocations are not followed: ", err) end
    unheard = err
end

local function every_second(premature)
    metrics.flush()
    said.tell()
    if premature then return end
    follow("the configuration", config_follower.beat)
    follow("the list of addresses", function() return addresses.follow(config.current().screen) end)
    follow("the list of shims", shims.follow)
    follow("the rollout", beat.beat)
    concurrency.sweep(clock.seconds())
    leaving.look(folder)
    local settings = config.current().settings
    if ngx.worker.id() == 0 then late.take_up(settings, folder) end
    bodies.sweep(clock.seconds(), config.current().screen.body_s)
    local written, err = late.write(settings, folder)
    if written > 0 then ngx.log(ngx.NOTICE, "wrote ", written, " turns answered while Redis was away") end
    if err then ngx.log(ngx.WARN, "late turns still wait: ", err) end
end

local function send_spans(premature)
    if not premature then trace.flush(config.current().settings.node) end
end

function _M.start()
    local again, err = config.begin_again()     -- a worker that was replaced: the master knows only what it began with
    if not again then ngx.log(ngx.ERR, "the configuration of this machine: ", err) end
    revoked.begin(config.current().settings)
    cluster.start(config.current().settings)
    assert(ngx.timer.at(0, learn_revoked))
    assert(ngx.timer.every(1, learn_revoked))
    concurrency.reset(config.current().tenants)
    lease.start()
    assert(ngx.timer.at(0, every_second))       -- a worker that was replaced serves by the record from its first second
    assert(ngx.timer.every(1, every_second))
    assert(ngx.timer.every(1, send_spans))
end

-- The last thing a worker does.
function _M.leave()
    late.leave(folder)
end

return _M
