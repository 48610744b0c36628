-- What does an nginx worker do besides answering?

local arms = require "edge.arms"
local beat = require "edge.beat"
local config = require "edge.config"
local conversation = require "edge.conversation"
local clock = require "edge.clock"
local lease = require "edge.lease"
local metrics = require "edge.metrics"
local redis = require "edge.redis"
local slots = require "edge.slots"

local SCRIPTS = { "commit-3", "beat-3", "meter-2" }

local _M = {}
local said

-- Before the workers fork.
function _M.prepare(snapshot_path, scripts_folder)
    arms.begin(config.load(snapshot_path).settings.arms)
    for _, name in ipairs(SCRIPTS) do redis.load_script(scripts_folder, name) end
end

-- Said once where it does not change, and not every second.
local function follow()
    local err = beat.beat(config.current().settings)
    if err and err ~= said then ngx.log(ngx.NOTICE, "the rollout is not followed yet: ", err) end
    said = err
end

local function every_second(premature)
    metrics.flush()
    if premature then return end
    slots.sweep(clock.seconds())
    follow()
    if conversation.late_turns() > 0 then
        local written, err = conversation.write_late(config.current().settings)
        if written > 0 then ngx.log(ngx.NOTICE, "wrote ", written, " turns answered while Redis was away") end
        if err then ngx.log(ngx.WARN, "late turns still wait: ", err) end
    end
end

function _M.start()
    slots.reset(config.current().tenants)
    lease.start()
    assert(ngx.timer.at(0, every_second))       -- a worker that was replaced serves by the record from its first second
    assert(ngx.timer.every(1, every_second))
end

return _M
