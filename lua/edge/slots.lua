-- Which slot of a cluster has a key? (CRC16, XMODEM, of what stands in the first braces, or of all of it.)

local bit, ffi = require "bit", require "ffi"

local band, bxor, lshift, rshift = bit.band, bit.bxor, bit.lshift, bit.rshift
local byte, find = string.byte, string.find

local _M = { COUNT = 16384 }

local TABLE = ffi.new("uint16_t[256]")
for i = 0, 255 do
    local crc = lshift(i, 8)
    for _ = 1, 8 do
        crc = band(bxor(lshift(crc, 1), band(crc, 0x8000) ~= 0 and 0x1021 or 0), 0xffff)
    end
    TABLE[i] = crc
end

-- 0 to 16383.
function _M.of(key)
    local first, last = 1, #key
    local from = find(key, "{", 1, true)
    local to = from and find(key, "}", from + 1, true)
    if to and to > from + 1 then first, last = from + 1, to - 1 end
    local crc = 0
    for i = first, last do
        crc = bxor(band(lshift(crc, 8), 0xffff), TABLE[band(bxor(rshift(crc, 8), byte(key, i)), 0xff)])
    end
    return band(crc, 16383)
end

return _M
