-- Which digits stand together in a text, and what do they spell?
--
-- A run is a list of pieces, digits with at most three spaces, dashes, points or low lines between them: { start, last, digits }.
-- Chinese digits count where a run has three of them.
--
--   runs()        of the text that is read
--   lines(there)  of these runs those side by side, with other marks between them, as one: 4111/1111/1111/1111

local folding = require "edge.secrets.folding"
local symbols = require "edge.secrets.symbols"

local char, concat = string.char, table.concat
local S, is_any, is_chinese, is_digit, is_space = symbols.here, symbols.is_any, symbols.is_chinese, symbols.is_digit, symbols.is_space

local MOST_MARKS, LONGEST_LINE = 3, 24

local _M = {}

local function spelt(first, last)
    local digits = {}
    for at = first, last do digits[#digits + 1] = char(S[at] >= 65 and S[at] - 17 or S[at]) end
    return concat(digits)
end

-- The last symbol of the stretch that begins here, and its pieces.
local function stretch(at, counts)
    local pieces, first = {}, at
    while true do
        local last = first
        while counts(S[last + 1]) do last = last + 1 end
        pieces[#pieces + 1] = { start = first, last = last, digits = spelt(first, last) }
        local next = last + 1
        while next - last <= 3 and is_space(S[next]) do next = next + 1 end
        if next == last + 1 or not counts(S[next]) then return last, pieces end
        first = next
    end
end

_M.spelt = spelt

function _M.runs()
    local found, at = {}, 1
    while S[at] do
        if is_any(S[at]) then
            local last, pieces = stretch(at, is_any)
            local chinese = 0
            for i = at, last do
                if is_chinese(S[i]) then chinese = chinese + 1 end
            end
            if chinese >= 3 then
                found[#found + 1] = pieces
            else
                local i = at
                while i <= last do
                    if is_digit(S[i]) then
                        i, pieces = stretch(i, is_digit)
                        found[#found + 1] = pieces
                    end
                    i = i + 1
                end
            end
            at = last
        end
        at = at + 1
    end
    return found
end

local MARKS = {}
for _, symbol in ipairs(folding.of " -._/|\\*+:~=#&,;、") do MARKS[symbol] = true end

local function is_marked(first, last)
    if first > last or last - first >= MOST_MARKS then return false end
    for at = first, last do
        if not MARKS[S[at]] then return false end
    end
    return true
end

function _M.lines(there)
    local found, line, joined = {}, nil, false
    for _, run in ipairs(there) do
        if line and is_marked(line[#line].last + 1, run[1].start - 1) then
            if not joined then line = { unpack(line) } end
            joined = true
            for i = 1, #run do line[#line + 1] = run[i] end
        else
            if joined and #line <= LONGEST_LINE then found[#found + 1] = line end
            line, joined = run, false
        end
    end
    if joined and #line <= LONGEST_LINE then found[#found + 1] = line end
    return found
end

return _M
