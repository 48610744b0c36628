-- Is this text valid UTF-8, and how many characters has it?

local byte = string.byte

local _M = {}

-- Returns the number of code points, or nil and the offset of the first bad byte (1-based).
-- Overlong forms, surrogates and anything past U+10FFFF are bad (RFC 3629).
function _M.length(text)
    local i, n, count = 1, #text, 0
    while i <= n do
        local a = byte(text, i)
        if a < 0x80 then
            i = i + 1
        elseif a < 0xC2 then
            return nil, i
        elseif a < 0xE0 then
            local b = byte(text, i + 1)
            if not b or b < 0x80 or b > 0xBF then return nil, i end
            i = i + 2
        elseif a < 0xF0 then
            local b, c = byte(text, i + 1, i + 2)
            if not c or b < (a == 0xE0 and 0xA0 or 0x80) or b > (a == 0xED and 0x9F or 0xBF)
                or c < 0x80 or c > 0xBF then
                return nil, i
            end
            i = i + 3
        elseif a < 0xF5 then
            local b, c, d = byte(text, i + 1, i + 3)
            if not d or b < (a == 0xF0 and 0x90 or 0x80) or b > (a == 0xF4 and 0x8F or 0xBF)
                or c < 0x80 or c > 0xBF or d < 0x80 or d > 0xBF then
                return nil, i
            end
            i = i + 4
        else
            return nil, i
        end
        count = count + 1
    end
    return count
end

return _M
