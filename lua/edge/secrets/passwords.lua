-- Which letters, digits and signs are a password?
--
--   word_of(at, kind, says)  the last symbol of the one that begins here, at - 1 where it is none, nil where it has no letter;
--                            says: the word, if any, by which the text says that this is one
--   word_before(stop)        the first symbol of the one that ends before stop, which has letters and digits

local symbols = require "edge.secrets.symbols"
local words = require "edge.secrets.words"

local ipairs = ipairs
local char, concat, find, max = string.char, table.concat, string.find, math.max
local S = symbols.here

local LONGEST, SHORTEST, LONGEST_MORE = 20, 4, 8

local _M = { LONGEST = LONGEST }

local TOKEN = {}
for at = 33, 126 do
    if find(char(at), "[a-z0-9!@#$%%^&*_+=~.%-]") then TOKEN[at] = true end
end

local ENGLISH, PROSE, STATES = {}, {}, {}
for _, word in ipairs(words.english) do ENGLISH[word] = true end
for _, word in ipairs(words.prose) do PROSE[word] = true end
for _, word in ipairs(words.states) do STATES[word] = true end

-- What is said of a password in English, and is none.
local function is_english(piece)
    local word = piece:match "^([a-z]+)[.!]*$"
    return word ~= nil and (ENGLISH[word] or find(word, "^[a-z]+ed$") ~= nil or find(word, "^[a-z]+ing$") ~= nil)
end

-- The piece of a word that begins at a symbol, nil for none, and its last symbol.
local function piece_at(at)
    local last, signs = at - 1, {}
    while TOKEN[S[last + 1] or 0] do
        last = last + 1
        signs[#signs + 1] = char(S[last])
    end
    if last >= at then return concat(signs), last end
end

-- Is this piece, behind a space, of the same word?
local function goes_on(spelt_, piece, says)
    if not says or #piece == 1 then return #piece == 1 end
    if #piece > LONGEST_MORE or find(piece, "[^a-z]") then return #piece <= LONGEST_MORE end
    local prose = PROSE[says] and (#spelt_ >= SHORTEST or is_english(piece))
    return find(spelt_, "[a-z]") ~= nil and not prose
end

function _M.word_of(at, kind, says)
    local text, last = piece_at(at)
    if not text then return end
    if STATES[says] and is_english(text) then return at - 1 end
    while S[last + 1] == 32 do
        local piece, stop = piece_at(last + 2)
        if not piece or not goes_on(text, piece, says) then break end
        text, last = text .. piece, stop
    end
    if not find(text, "[a-z]") then return end
    local stripped = text:match "^(.-)[.-]*$"
    last = last - (#text - #stripped)
    local is_one = #stripped >= SHORTEST and kind ~= "cvv" and (says or find(stripped, "[0-9]"))
    return is_one and last or at - 1
end

function _M.word_before(stop)
    local first, signs = stop, {}
    while first > max(1, stop - LONGEST) and TOKEN[S[first - 1]] do
        first = first - 1
        signs[#signs + 1] = char(S[first])
    end
    local text = concat(signs)
    if #text >= SHORTEST and find(text, "[a-z]") and find(text, "[0-9]") then return first end
end

return _M
