-- Which numbers are secret, or personal, by themselves?
--
--   numbers(found, there, personal)  adds them to what was found; there: the runs of digits, or lines of them; personal: phones, too
--   mobile(digits)                   whether these are a mobile phone's, with or without its country's number

local add = require("edge.secrets.found").add
local folding = require "edge.secrets.folding"
local symbols = require "edge.secrets.symbols"
local words = require "edge.secrets.words"

local ipairs, tonumber = ipairs, tonumber
local find, sub = string.find, string.sub
local max, min = math.max, math.min
local S, by_end, is_letter, near = symbols.here, symbols.by_end, symbols.is_letter, symbols.near

local BEFORE, BEHIND = 12, 8
local LEAST_DIGITS, MOST_DIGITS, PIECES = 11, 19, 6
local PAUSE = 0x3001       -- 、
local CARDS = {
    { { "62", "60" }, { [16] = true, [17] = true, [18] = true, [19] = true } }, { { "4" }, { [16] = true, [19] = true } },
    { { "51", "52", "53", "54", "55", "35", "65" }, { [16] = true } }, { { "34", "37" }, { [15] = true } },
    { { "9558" }, { [19] = true } },
}
local WEIGHTS, CHECKS = { 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2 }, "10X98765432"
local MONTH_DAYS = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

local IDENTITY, CARD_WORDS, NO_CARD = by_end { words.identity }, by_end { words.card }, by_end { words.no_card }
local ORDER = by_end { words.order }

local _M = { LEAST_DIGITS = LEAST_DIGITS }

local function luhn(digits)
    local total = 0
    for i = 1, #digits do
        local value = (digits:byte(-i) - 48) * (1 + (i - 1) % 2)
        total = total + (value > 9 and value - 9 or value)
    end
    return total % 10 == 0
end

local function is_card(digits)
    for _, known in ipairs(CARDS) do
        for _, prefix in ipairs(known[1]) do
            if known[2][#digits] and sub(digits, 1, #prefix) == prefix then return true end
        end
    end
    return false
end

local function born(day)
    local year, month, date = tonumber(sub(day, 1, 4)), tonumber(sub(day, 5, 6)), tonumber(sub(day, 7, 8))
    if year < 1850 or month < 1 or month > 12 or date < 1 then return false end
    local leap = year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)
    return date <= (month == 2 and leap and 29 or MONTH_DAYS[month])
end

local function valid_identity(text)
    if #text == 15 then return find(text, "^[1-9]") ~= nil and born("19" .. sub(text, 7, 12)) end
    if not born(sub(text, 7, 14)) then return false end
    local total = 0
    for i = 1, 17 do total = total + WEIGHTS[i] * (text:byte(i) - 48) end
    return sub(CHECKS, total % 11 + 1, total % 11 + 1) == sub(text, 18, 18)
end

local function mobile(digits)
    local rest = digits:match("^0086(%d+)$") or digits:match("^086(%d+)$") or digits:match("^86(%d+)$")
    for _, one in ipairs { rest or digits, digits } do
        if #one == 11 and find(one, "^1[3-9]") then return true end
    end
    return false
end

_M.mobile = mobile

local function landline(digits)
    local rest = digits:match("^010(%d+)$") or digits:match("^02%d(%d+)$") or digits:match("^0[3-9]%d%d(%d+)$")
    return rest ~= nil and find(rest, "^[2-9]") ~= nil and (#rest == 7 or #rest == 8)
end

-- place: run, first, last (numbers of pieces), digits, start, stop (symbols; stop is the one behind it)
local function alone(place, stop) return not (is_letter(S[place.start - 1]) or is_letter(S[stop])) end
local function whole(place) return place.first == 1 and place.last == #place.run end
local function is_near(known, place) return near(known, place.start - BEFORE, place.start - 1) end

local function identity(place)
    local text, stop = place.digits, place.stop
    if #text == 17 then
        local at = stop
        if S[at] == 32 or S[at] == 45 then at = at + 1 end
        if S[at] ~= 120 then return end
        text, stop = text .. "X", at + 1
    end
    if #text ~= 15 and #text ~= 18 or not alone(place, stop) then return end
    local said = (is_near(IDENTITY, place) or near(IDENTITY, place.stop, place.stop + BEHIND - 1))
        and (whole(place) or place.first == place.last)
    local is_one = #text == 18 and (said or valid_identity(text)) or #text == 15 and said and valid_identity(text)
    return is_one and { place.start, stop, "identity" } or nil
end

local function service(digits)
    return #digits == 10 and (sub(digits, 1, 3) == "400" or sub(digits, 1, 3) == "800")
end

local function grouped(place)
    local run, first, last = place.run, place.first, place.last
    if first == last then return true end
    local fours, longest, other = #run[last].digits <= 7, 0, false
    for i = first, last do
        local digits = run[i].digits
        if i < last and #digits ~= 4 then fours = false end
        longest = max(longest, #digits)
        other = other or mobile(digits) or service(digits)
    end
    if fours then return true end
    return whole(place) and not other and (#run[first].digits >= 4 or longest <= 2)
end

local LISTS = { [44] = true, [59] = true, [PAUSE] = true }      -- ,;、

local function is_listed(place)
    for at = place.start, place.stop - 1 do
        if LISTS[S[at]] then return true end
    end
    return false
end

local function card(place)
    local digits = place.digits
    if #digits < 15 or #digits > 19 or not alone(place, place.stop) or not grouped(place) then return end
    local is_one
    if is_near(CARD_WORDS, place) and not is_near(NO_CARD, place) then
        is_one = luhn(digits) or is_card(digits)
    else
        is_one = is_card(digits) and luhn(digits) and not is_near(ORDER, place) and not is_listed(place)
    end
    return is_one and { place.start, place.stop, "card" } or nil
end

local PHONE_GROUPS = { ["3 4 4 "] = true, ["2 3 4 4 "] = true }

local function phone(place)
    local digits = place.digits
    if not alone(place, place.stop) then return end
    local groups = ""
    for i = place.first, place.last do groups = groups .. #place.run[i].digits .. " " end
    local is_one = mobile(digits) and (whole(place) or place.first == place.last or PHONE_GROUPS[groups])
        or whole(place) and landline(digits)
    return is_one and { place.start, place.stop, "phone" } or nil
end

local function place_of(run, first, last)
    local digits = ""
    for i = first, last do digits = digits .. run[i].digits end
    return { run = run, first = first, last = last, digits = digits, start = run[first].start, stop = run[last].last + 1 }
end

local function read_as(run, first, last, personal)
    local place = place_of(run, first, last)
    return identity(place) or card(place) or personal and phone(place)
end

-- Longest first: with the run, or within a few pieces.
local function by_itself(run, first, personal)
    if first == 1 and #run > PIECES and #run <= MOST_DIGITS then
        local count = 0
        for i = 1, #run do count = count + #run[i].digits end
        if count >= LEAST_DIGITS and count <= MOST_DIGITS then
            local one = read_as(run, 1, #run, personal)
            if one then return one, #run end
        end
    end
    local count, last = 0, min(#run, first + PIECES - 1)
    for i = first, last do count = count + #run[i].digits end
    while last >= first and count >= LEAST_DIGITS do
        local one = count <= MOST_DIGITS and read_as(run, first, last, personal)
        if one then return one, last end
        count = count - #run[last].digits
        last = last - 1
    end
end

function _M.numbers(found, there, personal)
    for _, run in ipairs(there) do
        local first = 1
        while first <= #run do
            local one, last = by_itself(run, first, personal)
            if one then
                add(found, one)
                first = last
            end
            first = first + 1
        end
    end
end

return _M
