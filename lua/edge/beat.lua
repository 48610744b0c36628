-- What should this worker serve by, and what has it counted?
--
-- Once a second, in one round trip (lua/redis/beat-3.lua): says which record it serves by and which candidate it has loaded,
-- leaves what it counted, and learns of a new record. While Redis is away it serves on by what it knows, and counts are lost.

local versions = require "edge.versions"
local cjson = require "cjson.safe"
local evidence = require "edge.evidence"
local redis = require "edge.redis"

local RECORD, SEEN, COUNTS = "{rollout}:record", "{rollout}:seen", "{rollout}:counts:"

local _M = {}

-- Returns nothing, or an error.
function _M.beat(settings)
    local now = versions.current()
    local name = "edge " .. settings.node .. " " .. ngx.worker.id()
    local text, err = redis.run(settings, "beat-3", RECORD, SEEN, COUNTS .. now.attempt, name, now.seq, now.attempt,
        unpack(evidence.take()))
    if not text then return err end
    local record
    if text ~= "" and text ~= "none" then       -- none: a shim that knows it says it again (pyshim/agreement/lost.py)
        record, err = cjson.decode(text)
        if not record then return "the rollout's record: " .. err end
    end
    return versions.follow(record)
end

return _M
