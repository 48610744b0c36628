-- Which words stand where, in the symbols of the text that is read?
--
--   here, places               of the text, and the byte each begins at; nil behind the last symbol. Scratch space, one for the
--                              Lua state: no call yields, so none sees another's
--   read(text)                 fills them, and returns how many there are
--   by_end(lists, last)        words by their first symbol, or by their last: what the others take as `known`
--   word_at, last_word, without, near
--
-- A Latin word stands alone, and a 2 behind cvv is none of a longer number.

local folding = require "edge.secrets.folding"

local ipairs, pairs = ipairs, pairs
local insert, sort = table.insert, table.sort
local max = math.max

local _M = { here = {}, places = {} }
local S, P = _M.here, _M.places
local length = 0

local function is_letter(symbol) return symbol ~= nil and symbol >= 97 and symbol <= 122 end
local function is_digit(symbol) return symbol ~= nil and symbol >= 48 and symbol <= 57 end
local function is_chinese(symbol) return symbol ~= nil and symbol >= 65 and symbol <= 74 end
local function is_space(symbol) return symbol == 32 or symbol == 45 or symbol == 46 or symbol == 95 end  -- " -._"
local function is_any(symbol) return is_digit(symbol) or is_chinese(symbol) end

_M.is_letter, _M.is_digit, _M.is_chinese, _M.is_space, _M.is_any = is_letter, is_digit, is_chinese, is_space, is_any

-- text: valid UTF-8.
function _M.read(text)
    for i = 1, length + 1 do S[i] = nil end
    length = folding.read(text, S, P)
    return length
end

-- Longest first. Each: its symbols, whether it is Latin, whether it ends with a digit, its tag, its text.
function _M.by_end(lists, last)
    local known = {}
    for tag, list in pairs(lists) do
        for _, text in ipairs(list) do
            local word = folding.of(text)
            word.latin, word.numbered, word.tag, word.text = is_letter(word[1]), is_digit(word[#word]), tag, text
            local key = word[last and #word or 1]
            known[key] = known[key] or {}
            insert(known[key], word)
        end
    end
    for _, list in pairs(known) do sort(list, function(one, other) return #one > #other end) end
    return known
end

local function stands(word, at)
    for i = 1, #word do
        if S[at + i - 1] ~= word[i] then return false end
    end
    return true
end

-- The word that begins at a symbol.
function _M.word_at(known, at)
    local list = known[S[at]]
    for i = 1, list and #list or 0 do
        local word = list[i]
        local behind = S[at + #word]
        if stands(word, at)
            and not (word.latin and (is_letter(S[at - 1]) or is_letter(behind)))
            and not (word.numbered and is_digit(behind)) then
            return word
        end
    end
end

-- The length of the word that ends before a symbol and begins at floor or later, 0 for none.
local function last_word(known, stop, floor)
    local list = known[S[stop - 1]]
    for i = 1, list and #list or 0 do
        local word = list[i]
        local first = stop - #word
        if first >= floor and stands(word, first) and not (word.latin and (is_letter(S[first - 1]) or is_letter(S[stop]))) then
            return #word
        end
    end
    return 0
end

_M.last_word = last_word

-- The symbol behind what stands before stop, when these words are taken off its end.
function _M.without(known, stop, floor)
    while true do
        local found = last_word(known, stop, floor)
        if found == 0 then return stop end
        stop = stop - found
    end
end

-- Whether one of these words stands wholly within first to last.
function _M.near(known, first, last)
    for at = max(1, first), last do
        local list = known[S[at]]
        for i = 1, list and #list or 0 do
            if at + #list[i] - 1 <= last and stands(list[i], at) then return true end
        end
    end
    return false
end

return _M
