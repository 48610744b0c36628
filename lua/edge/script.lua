-- In which language and script is a text written? As pyshim/language/scripts.py says it, whose two sets of characters these are.

local ffi = require "ffi"

local byte, find = string.byte, string.find

local FIRST, LAST = 0x4000, 0x9FFF         -- what begins with E4..E9
local OLD, NEW = 1, 2       -- only in traditional script, only in simplified

local _M = {}
local kinds = ffi.new("uint8_t[?]", LAST - FIRST + 1)

local function place(text, at)
    local first, second, third = byte(text, at, at + 2)
    return (first - 0xE0) * 4096 + (second - 0x80) * 64 + third - 0x80 - FIRST
end

-- sets: { traditional = "...", simplified = "..." }, texts of such characters.
function _M.begin(sets)
    ffi.fill(kinds, LAST - FIRST + 1)
    for name, kind in pairs { traditional = OLD, simplified = NEW } do
        for at = 1, #sets[name], 3 do kinds[place(sets[name], at)] = kind end
    end
end

-- Returns "zh", "hant" or "en"; "" where nothing decides. text: valid UTF-8, in which a byte of E3..E9 begins a character of three.
function _M.of(text)
    if not find(text, "[\128-\255]") then
        return find(text, "%a%a+[^%a].-%a%a") and "en" or ""
    end
    local found, at, length = "", 1, #text
    while at <= length do
        local first = byte(text, at)
        if first >= 0xE4 and first <= 0xE9 then
            local kind = kinds[place(text, at)]
            if kind == NEW then return "zh" end
            if kind == OLD then found = "hant" end
            at = at + 3
        else
            at = at + (first < 0x80 and 1 or first < 0xE0 and 2 or first < 0xF0 and 3 or 4)
        end
    end
    return found
end

return _M
