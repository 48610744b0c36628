-- How does a text read without what is secret in it?
--
--   find(text, personal) -> list of { start, end_, kind }, symbols of the text, nil for none; personal: phones, too
--   masked(text, found)  -> the text with •••• for each, ************1234 for a card and 138****2046 for a phone
--
-- The twin of pyshim/language/secrets/, file by file, in secrets/: what it finds is told there.

local folding = require "edge.secrets.folding"
local named = require "edge.secrets.named"
local numbers = require "edge.secrets.numbers"
local runs = require "edge.secrets.runs"
local symbols = require "edge.secrets.symbols"

local concat, sub = table.concat, string.sub
local sort = table.sort
local S, P, is_any, read = symbols.here, symbols.places, symbols.is_any, symbols.read
local NAMES, name_at = named.NAMES, named.name_at
local mobile, spelt = numbers.mobile, runs.spelt
local LEAST_DIGITS = numbers.LEAST_DIGITS

local HIDDEN, CARD, PHONE = "••••", "************", "****"

local _M = {}

-- Most texts with a digit or a letter hide nothing: no name of a secret in them, and too few digits.
local function is_worth_a_look(length)
    local digits = 0
    for at = 1, length do
        if is_any(S[at]) then digits = digits + 1 end
        if digits == LEAST_DIGITS or NAMES[S[at]] and name_at(at) then return true end
    end
    return false
end

-- text: valid UTF-8.
function _M.find(text, personal)
    if not folding.may_hide(text) then return end
    if not is_worth_a_look(read(text)) then return end
    local there, found = runs.runs(), {}
    named.named(found, there)
    numbers.numbers(found, there, personal)
    numbers.numbers(found, runs.lines(there), false)
    if #found == 0 then return end
    sort(found, function(one, other) return one[1] < other[1] end)
    return found
end

local function mask(one)
    if one[3] ~= "card" and one[3] ~= "phone" then return HIDDEN end
    local digits = {}
    for at = one[1], one[2] - 1 do
        if is_any(S[at]) then digits[#digits + 1] = spelt(at, at) end
    end
    local text = concat(digits)
    if one[3] == "card" then return CARD .. sub(text, -4) end
    local without = sub(text, -11)      -- its country's number before it
    return sub(mobile(without) and without or text, 1, 3) .. PHONE .. sub(text, -4)
end

-- found: of this text, and nothing was asked about another one meanwhile.
function _M.masked(text, found)
    local pieces, at = {}, 1
    for _, one in ipairs(found) do
        pieces[#pieces + 1] = sub(text, at, P[one[1]] - 1) .. mask(one)
        at = P[one[2]]
    end
    return concat(pieces) .. sub(text, at)
end

return _M
