-- What does wrk send, and what does it say at the end?
--
-- args: a file with one turn a line (token, tab, JSON body), the number of threads, and turns a second to keep, all
-- threads together; without a rate, or with 0, it goes as fast as it can. "named" as a fourth: a GET, whose X-User says who
-- asks, for what reads neither tokens nor bodies.
-- Every request is built before the first is sent: the load generator shares the machine with what it measures.
--
-- Pacing: each thread has a schedule of random (exponential) gaps; a free connection takes the next moment of it and
-- waits until then. wrk's timers have steps of 1 ms. When every connection is busy, what is due is sent late and its
-- wait is not seen; how much was sent all the same is in the rate that is reported.

local ffi = require "ffi"
ffi.cdef [[
typedef struct { long sec; long nsec; } bench_timespec;
int bench_clock_gettime(int clock, bench_timespec *into) __asm__("clock_gettime");
]]

local MONOTONIC = 1
local into = ffi.new("bench_timespec")
local threads = 0
local requests, next_one = {}, 0
local gap_ms, due_ms

local function now_ms()
    ffi.C.bench_clock_gettime(MONOTONIC, into)
    return tonumber(into.sec) * 1e3 + tonumber(into.nsec) * 1e-6
end

function setup(thread)
    thread:set("number", threads)
    threads = threads + 1
end

local function wait_ms()
    local now = now_ms()
    due_ms = (due_ms or now) - math.log(1 - math.random()) * gap_ms
    return math.max(0, math.floor(due_ms - now + 0.5))
end

function init(args)
    for line in io.lines(args[1]) do
        local token, body = line:match("^(%S+)\t(.+)$")
        requests[#requests + 1] = args[4] and wrk.format("GET", nil, { ["X-User"] = token:sub(-24) })
            or wrk.format("POST", nil, { ["Authorization"] = "Bearer " .. token, ["Content-Type"] = "application/json" }, body)
    end
    local of_threads, rate = tonumber(args[2]), tonumber(args[3])
    next_one = math.floor(number * #requests / of_threads)   -- each thread begins elsewhere in the round
    if rate and rate > 0 then
        math.randomseed(20 + number)
        gap_ms = 1000 * of_threads / rate
        delay = wait_ms                                      -- wrk asks for delays only where this global exists
    end
end

function request()
    next_one = next_one % #requests + 1
    return requests[next_one]
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        '{"requests":%d,"seconds":%.6f,"mean_ms":%.3f,"p50_ms":%.3f,"p99_ms":%.3f,"max_ms":%.3f,"refused":%d,"broken":%d}\n',
        summary.requests, summary.duration / 1e6, latency.mean / 1000, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
        latency.max / 1000, errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
