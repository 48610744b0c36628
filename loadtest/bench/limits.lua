-- As turns.lua sends; says besides when it was admitted or refused, and how long the edge took to decide.
--
-- Moments are those of the machine's monotonic clock in steps of 10 ms, so that several wrk can be added up.

dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "turns.lua")

local ffi = require "ffi"
local into = ffi.new("bench_timespec")
local floor = math.floor
local all = {}

admitted, refused, decided_us = {}, {}, {}      -- global: done() asks each thread for them

local function moment()
    ffi.C.bench_clock_gettime(1, into)
    return floor(tonumber(into.sec) * 100 + tonumber(into.nsec) / 1e7)
end

local base_setup = setup
function setup(thread)
    base_setup(thread)
    all[#all + 1] = thread
end

function response(status, headers)
    local now, counts = moment(), status == 429 and refused or admitted
    counts[now] = (counts[now] or 0) + 1
    local screen, meter = (headers["Server-Timing"] or ""):match("l1_screen;dur=([%d.]+), l2_meter;dur=([%d.]+)")
    if meter then
        local us = floor((screen + meter) * 1000)
        decided_us[us] = (decided_us[us] or 0) + 1
    end
end

local function written(name)
    local sums, parts = {}, {}
    for _, thread in ipairs(all) do
        for key, count in pairs(thread:get(name)) do sums[key] = (sums[key] or 0) + count end
    end
    for key, count in pairs(sums) do parts[#parts + 1] = string.format('"%d":%d', key, count) end
    return '"' .. name .. '":{' .. table.concat(parts, ",") .. "}"
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format('{"requests":%d,"p50_ms":%.3f,"p99_ms":%.3f,"broken":%d,%s,%s,%s}\n', summary.requests,
        latency:percentile(50) / 1000, latency:percentile(99) / 1000, errors.connect + errors.read + errors.write + errors.timeout,
        written("admitted"), written("refused"), written("decided_us")))
end
