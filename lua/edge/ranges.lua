-- Is this address inside one of these ranges?
--
-- IPv4 and IPv6 in CIDR form. Ranges are sorted by their first address and merged, so a look-up is one binary
-- search. An address is its bytes as a string: strings compare byte by byte in network order.

local bit = require "bit"
local char, byte, find, gmatch = string.char, string.byte, string.find, string.gmatch
local concat = table.concat

local _M = {}
local mt = { __index = _M }

local function v4_bytes(text)
    local a, b, c, d = text:match("^(%d+)%.(%d+)%.(%d+)%.(%d+)$")
    a, b, c, d = tonumber(a), tonumber(b), tonumber(c), tonumber(d)
    if not d or a > 255 or b > 255 or c > 255 or d > 255 then return nil end
    return char(a, b, c, d)
end

local function groups(text)
    if find(text, "^:") or find(text, ":$") or find(text, "::", 1, true) then return nil end
    local bytes = {}
    for group in gmatch(text, "[^:]+") do
        local v4 = find(group, ".", 1, true) and v4_bytes(group)
        local number = not v4 and #group <= 4 and tonumber(group, 16)
        if v4 then
            bytes[#bytes + 1] = v4
        elseif number then
            bytes[#bytes + 1] = char(bit.rshift(number, 8), bit.band(number, 255))
        else
            return nil
        end
    end
    return concat(bytes)
end

local function v6_bytes(text)
    local head, tail = text:match("^(.-)::(.*)$")
    if not head then
        local whole = groups(text)
        return whole and #whole == 16 and whole or nil
    end
    head, tail = groups(head), groups(tail)
    if not head or not tail or #head + #tail > 14 then return nil end
    return head .. ("\0"):rep(16 - #head - #tail) .. tail
end

-- The 4 or 16 bytes of an address, or nil.
function _M.bytes(text)
    if find(text, ":", 1, true) then return v6_bytes(text) end
    return v4_bytes(text)
end

local function last_of(first, prefix)
    local bytes = {}
    for i = 1, #first do
        local free = math.min(8, math.max(0, 8 * i - prefix))
        bytes[i] = char(bit.bor(byte(first, i), bit.lshift(1, free) - 1))
    end
    return concat(bytes)
end

local function first_of(address, prefix)
    local bytes = {}
    for i = 1, #address do
        local free = math.min(8, math.max(0, 8 * i - prefix))
        bytes[i] = char(bit.band(byte(address, i), bit.bnot(bit.lshift(1, free) - 1)))
    end
    return concat(bytes)
end

local function parse(range)
    local address, prefix = range:match("^([^/]+)/?(%d*)$")
    local bytes = address and _M.bytes(address)
    if not bytes then return nil, "not an address range: " .. range end
    prefix = prefix == "" and #bytes * 8 or tonumber(prefix)
    if prefix > #bytes * 8 then return nil, "prefix too long: " .. range end
    local first = first_of(bytes, prefix)
    return { first = first, last = last_of(first, prefix) }
end

-- list: array of "10.0.0.0/8", "2001:db8::/32" or single addresses. Returns a matcher, or nil and what is wrong.
function _M.new(list)
    local parsed = {}
    for _, range in ipairs(list) do
        local r, err = parse(range)
        if not r then return nil, err end
        parsed[#parsed + 1] = r
    end
    table.sort(parsed, function(a, b)
        if #a.first ~= #b.first then return #a.first < #b.first end
        return a.first < b.first
    end)
    local merged = {}
    for _, r in ipairs(parsed) do
        local top = merged[#merged]
        if top and #top.first == #r.first and r.first <= top.last then
            if r.last > top.last then top.last = r.last end
        else
            merged[#merged + 1] = r
        end
    end
    return setmetatable({ ranges = merged }, mt)
end

-- address: its bytes (nginx's $binary_remote_addr is that already).
function _M:holds(address)
    local ranges, low, high = self.ranges, 1, #self.ranges
    while low <= high do
        local middle = bit.rshift(low + high, 1)
        local r = ranges[middle]
        if #address < #r.first or (#address == #r.first and address < r.first) then
            high = middle - 1
        elseif #address > #r.first or address > r.last then
            low = middle + 1
        else
            return true
        end
    end
    return false
end

return _M
