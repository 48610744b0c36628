-- What does an nginx worker do besides answering?

local config = require "edge.config"
local conversation = require "edge.conversation"
local metrics = require "edge.metrics"
local redis = require "edge.redis"

local SCRIPTS = { "commit-3" }

local _M = {}

-- Before the workers fork.
function _M.prepare(snapshot_path, scripts_folder)
    config.load(snapshot_path)
    for _, name in ipairs(SCRIPTS) do redis.load_script(scripts_folder, name) end
end

local function every_second(premature)
    metrics.flush()
    if premature then return end
    if conversation.late_turns() > 0 then
        local written, err = conversation.write_late(config.current().settings)
        if written > 0 then ngx.log(ngx.NOTICE, "wrote ", written, " turns answered while Redis was away") end
        if err then ngx.log(ngx.WARN, "late turns still wait: ", err) end
    end
end

function _M.start()
    assert(ngx.timer.every(1, every_second))
end

return _M
