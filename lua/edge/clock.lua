-- What time is it, on a clock that never jumps?
--
-- ngx.now() moves in steps of 1 ms and follows the wall clock; layer times need microseconds, and a token
-- bucket must not refill because somebody set the date. CLOCK_MONOTONIC is the same for every process of a
-- machine, so two workers agree on it.

local ffi = require "ffi"

ffi.cdef [[
typedef struct { long sec; long nsec; } sluice_timespec;
int sluice_clock_gettime(int clock, sluice_timespec *into) __asm__("clock_gettime");
]]

local MONOTONIC = 1
local C = ffi.C
local into = ffi.new("sluice_timespec")

local _M = {}

-- Seconds since the machine started, as a double with nanosecond steps.
function _M.seconds()
    C.sluice_clock_gettime(MONOTONIC, into)
    return tonumber(into.sec) + tonumber(into.nsec) * 1e-9
end

return _M
