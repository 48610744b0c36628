-- Which bytes does this piece of a token stand for?
--
-- Base64 with the alphabet for URLs and without padding (RFC 4648, section 5), as tokens are written. Strict: nothing but the alphabet,
-- and the bits that are left over must be zero, so that no two texts stand for the same bytes.
--
-- LuaJIT keeps each text once and finds it by a hash of a few of its bytes. The claims of many customers differ in so few that the
-- hash may see none of them; each would be compared with all others that are not collected yet. So a tail that differs can be
-- put behind what is decoded, before it becomes a text.

local bit = require "bit"
local ffi = require "ffi"

local byte = string.byte
local band, bor, lshift, rshift = bit.band, bit.bor, bit.lshift, bit.rshift
local ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
local MAX_BYTES = 4096

local value_of = ffi.new("int8_t[256]")
ffi.fill(value_of, 256, 0xFF)
for i = 1, #ALPHABET do value_of[byte(ALPHABET, i)] = i - 1 end
local into = ffi.new("uint8_t[?]", MAX_BYTES)

local _M = {}

-- text[first, last] as bytes, and the tail behind them; nil where it is not base64url, or too long.
function _M.decode(text, first, last, tail)
    tail = tail or ""
    local count = last - first + 1
    if count % 4 == 1 or count + #tail > MAX_BYTES then return nil end
    local size, held, bits = 0, 0, 0
    for i = first, last do
        local value = value_of[byte(text, i)]
        if value < 0 then return nil end
        held, bits = bor(lshift(held, 6), value), bits + 6
        if bits >= 8 then
            bits = bits - 8
            into[size], size = rshift(held, bits), size + 1
            held = band(held, lshift(1, bits) - 1)
        end
    end
    if held ~= 0 then return nil end
    ffi.copy(into + size, tail, #tail)
    return ffi.string(into, size + #tail)
end

return _M
