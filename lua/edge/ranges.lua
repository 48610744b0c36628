-- Is this address inside one of these ranges?
--
-- IPv4 and IPv6. pyshim/tenants/addresses.py has read, sorted and merged them: first and last address of each range, as words of 32
-- bits, one an IPv4 address, four an IPv6 address. They are searched where they lie, so a list of 100,000 ranges takes no time to
-- load; a look-up is one binary search. An address is its bytes as a string (nginx's $binary_remote_addr).

local ffi = require "ffi"

local byte = string.byte
local rshift = require("bit").rshift
local WORDS = ffi.typeof("const uint32_t *")

local _M = {}
local mt = { __index = _M }

-- packed: {v4, v6}, each as a string of bytes, or nil for none.
function _M.new(packed)
    local v4, v6 = packed.v4 or "", packed.v6 or ""
    return setmetatable({
        v4 = v4, v6 = v6,       -- what the pointers point to must stay
        words4 = ffi.cast(WORDS, v4), count4 = #v4 / 8,
        words6 = ffi.cast(WORDS, v6), count6 = #v6 / 32,
    }, mt)
end

-- packed: as it stands in JSON, in base64.
function _M.decoded(packed)
    return _M.new { v4 = ngx.decode_base64(packed.v4 or ""), v6 = ngx.decode_base64(packed.v6 or "") }
end

local function word(address, at)
    local a, b, c, d = byte(address, at, at + 3)
    return a * 0x1000000 + b * 0x10000 + c * 0x100 + d
end

local function holds_v4(words, count, address)
    local wanted = word(address, 1)
    local low, high = 0, count              -- the last range that begins at wanted or before is in [low - 1, high)
    while low < high do
        local middle = rshift(low + high, 1)
        if words[2 * middle] <= wanted then low = middle + 1 else high = middle end
    end
    return low > 0 and wanted <= words[2 * low - 1]
end

-- Whether the address at words[at] is a, b, c, d or before it.
local function reaches(words, at, a, b, c, d)
    if words[at] ~= a then return words[at] < a end
    if words[at + 1] ~= b then return words[at + 1] < b end
    if words[at + 2] ~= c then return words[at + 2] < c end
    return words[at + 3] <= d
end

local function holds_v6(words, count, address)
    local a, b, c, d = word(address, 1), word(address, 5), word(address, 9), word(address, 13)
    local low, high = 0, count
    while low < high do
        local middle = rshift(low + high, 1)
        if reaches(words, 8 * middle, a, b, c, d) then low = middle + 1 else high = middle end
    end
    if low == 0 then return false end
    local last = 8 * low - 4
    return not reaches(words, last, a, b, c, d)
        or words[last] == a and words[last + 1] == b and words[last + 2] == c and words[last + 3] == d
end

function _M:holds(address)
    if #address == 4 then return holds_v4(self.words4, self.count4, address) end
    return #address == 16 and holds_v6(self.words6, self.count6, address)
end

return _M
