-- How does a text read without what is secret in it?
--
--   find(text, personal) -> list of { start, end_, kind }, symbols of the text, nil for none; personal: phones, too
--   masked(text, found)  -> the text with •••• for each, ************1234 for a card and 138****2046 for a phone
--
-- The twin of pyshim/language/secrets/, file by file: what it finds is told there.

local symbols_of = require "edge.secret_symbols"
local words = require "edge.secret_words"

local char, concat, find, format, sub = string.char, table.concat, string.find, string.format, string.sub
local max, min = math.max, math.min

local GAP, LONG_PIECE, LONGEST, SHORTEST_TOKEN = 16, 4, 20, 4
local LONGEST_MORE, MOST_MARKS, LONGEST_LINE, SERIES = 8, 3, 24, 3
local LENGTHS = { password = { 4, 8 }, code = { 4, 8 }, cvv = { 3, 4 }, document = { 6, 10 } }
local BEFORE, BEHIND = 12, 8
local LEAST_DIGITS, MOST_DIGITS, PIECES = 11, 19, 6
local PLACE, EACH, FULL_STOP, PAUSE = 0x4F4D, 0x4E2A, 0x3002, 0x3001       -- 位个。、
local BARE_CODE = 6
local HIDDEN, CARD, PHONE = "••••", "************", "****"
local CARDS = {
    { { "62", "60" }, { [16] = true, [17] = true, [18] = true, [19] = true } }, { { "4" }, { [16] = true, [19] = true } },
    { { "51", "52", "53", "54", "55", "35", "65" }, { [16] = true } }, { { "34", "37" }, { [15] = true } },
    { { "9558" }, { [19] = true } },
}
local WEIGHTS, CHECKS = { 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2 }, "10X98765432"
local MONTH_DAYS = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

local _M = {}
local S, P = {}, {}         -- symbols of the text that is read, and the byte each begins at
local length = 0

local function is_letter(symbol) return symbol ~= nil and symbol >= 97 and symbol <= 122 end
local function is_digit(symbol) return symbol ~= nil and symbol >= 48 and symbol <= 57 end
local function is_chinese(symbol) return symbol ~= nil and symbol >= 65 and symbol <= 74 end
local function is_space(symbol) return symbol == 32 or symbol == 45 or symbol == 46 or symbol == 95 end  -- " -._"

-- Words by their first or last symbol, longest first. Each: its symbols, whether it is Latin, whether it ends with a digit, its tag.
local function by_end(lists, last)
    local known = {}
    for tag, list in pairs(lists) do
        for _, text in ipairs(list) do
            local word = symbols_of.of(text)
            word.latin, word.numbered, word.tag, word.text = is_letter(word[1]), is_digit(word[#word]), tag, text
            local key = word[last and #word or 1]
            known[key] = known[key] or {}
            table.insert(known[key], word)
        end
    end
    for _, list in pairs(known) do table.sort(list, function(one, other) return #one > #other end) end
    return known
end

local NAMES = by_end(words.names)
local JOINS = by_end { says = words.says, joins = words.joins }
local COUNTS, CHAINS = by_end { words.counts }, by_end { words.chains }
local OF, IS, BEFORE_IS = by_end({ words.of }, true), by_end({ words.is }, true), by_end({ words.before_is }, true)
local AGAIN, IS_AGAIN = by_end { words.again }, by_end { words.is }
local IDENTITY, CARD_WORDS, NO_CARD = by_end { words.identity }, by_end { words.card }, by_end { words.no_card }
local ORDER = by_end { words.order }

local function stands(word, at)
    for i = 1, #word do
        if S[at + i - 1] ~= word[i] then return false end
    end
    return true
end

-- The name that begins at a symbol, which may be divided as digits may but before a digit, and the symbol behind it.
local function name_at(at)
    local list = NAMES[S[at]]
    for i = 1, list and #list or 0 do
        local word, next = list[i], at + 1
        for j = 2, #word do
            local first = next
            while next - first < 3 and is_space(S[next]) do next = next + 1 end
            if S[next] ~= word[j] or next > first and is_digit(word[j]) then next = nil break end
            next = next + 1
        end
        if next and not (word.latin and (is_letter(S[at - 1]) or is_letter(S[next]))) and not (word.numbered and is_digit(S[next])) then
            return word, next
        end
    end
end

-- The word that begins at a symbol; a Latin one stands alone, and a 2 behind cvv is none of a longer number.
local function word_at(known, at)
    local list = known[S[at]]
    for i = 1, list and #list or 0 do
        local word = list[i]
        local behind = S[at + #word]
        if at + #word - 1 <= length and stands(word, at)
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

local function without(known, stop, floor)
    while true do
        local found = last_word(known, stop, floor)
        if found == 0 then return stop end
        stop = stop - found
    end
end

-- Whether one of these words stands wholly within first to last.
local function near(known, first, last)
    for at = max(1, first), min(last, length) do
        local list = known[S[at]]
        for i = 1, list and #list or 0 do
            if at + #list[i] - 1 <= last and stands(list[i], at) then return true end
        end
    end
    return false
end

-- Runs: pieces of digits with at most three spaces between them ----------------------------------------------------------------

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

local function is_any(symbol) return is_digit(symbol) or is_chinese(symbol) end

local function runs()
    local found, at = {}, 1
    while at <= length do
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

-- What a text itself calls a secret ----------------------------------------------------------------------------------------------

local TOKEN = {}
for at = 33, 126 do
    if find(char(at), "[a-z0-9!@#$%%^&*_+=~.%-]") then TOKEN[at] = true end
end

local function is_date(run, first)
    local year, rest = run[first].digits, run[first + 1]
    local century, mark = sub(year, 1, 2), S[run[first].last + 1]
    return #year == 4 and (century == "19" or century == "20") and rest ~= nil and #rest.digits <= 2 and (mark == 45 or mark == 46)
end

-- The last symbol of the digits that are the value, nil where they are none.
local function value_end(run, first, kind, says)
    local least, most = LENGTHS[kind][1], says and kind == "password" and LONGEST or LENGTHS[kind][2]
    if not says and is_date(run, first) then return end
    local count, last = 0, nil
    for i = first, #run do
        local digits = #run[i].digits
        if count + digits > most or count >= least and digits > LONG_PIECE then break end
        count, last = count + digits, run[i].last
    end
    return count >= least and last or nil
end

local function counts_something(at)
    return word_at(COUNTS, at) ~= nil or S[at] == 32 and word_at(COUNTS, at + 1) ~= nil
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
    local prose = PROSE[says] and (#spelt_ >= SHORTEST_TOKEN or is_english(piece))
    return find(spelt_, "[a-z]") ~= nil and not prose
end

-- The last symbol of the word of letters, digits and signs that begins here, at - 1 where it is no password, nil where it has no letter.
local function word_of(at, kind, says)
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
    local is_one = #stripped >= SHORTEST_TOKEN and kind ~= "cvv" and (says or find(stripped, "[0-9]"))
    return is_one and last or at - 1
end

-- The symbol behind the letters of a passport's number; at, where there are none.
local function after_series(at)
    local next = at
    while next - at < SERIES and is_letter(S[next]) do next = next + 1 end
    if next > at and (S[next] == 32 or S[next] == 45) then next = next + 1 end
    return next
end

-- says: the word, if any, by which the text says that this is one.
local function value(at, kind, says, begins)
    if is_any(S[at]) and S[at + 1] == EACH and is_any(S[at + 2]) and not is_any(S[at + 3]) then     -- 六个8
        return { at, at + 3, kind }
    end
    local first = kind == "document" and after_series(at) or at
    local last = first == at and word_of(at, kind, says) or nil
    if last then return last >= at and { at, last + 1, kind } or nil end
    local place = begins[first]
    last = place and value_end(place[1], place[2], kind, says)
    if last and not counts_something(last + 1) then return { at, last + 1, kind } end
end

local function behind(start, kind, begins)
    local at, says = start, nil
    while true do
        local join = word_at(JOINS, at)
        local length_of = join and #join or is_any(S[at]) and S[at + 1] == PLACE and 2      -- 6位的123456
        if not length_of or at + length_of > start + GAP then break end
        says, at = says or join and join.tag == "says" and join.text, at + length_of
    end
    return value(at, kind, says or nil, begins)
end

local PAUSES = { [32] = true, [44] = true, [59] = true, [46] = true, [33] = true, [FULL_STOP] = true }

-- 验证码发我手机了，是667788
local function again(start, kind, begins)
    local at, stop = start, min(start + GAP, length + 1)
    while at < stop and not is_digit(S[at]) do
        if PAUSES[S[at]] then
            local next = at + 1
            while true do
                local word = word_at(AGAIN, next)
                if not word then break end
                next = next + #word
            end
            local is = word_at(IS_AGAIN, next)
            local one = is and next + #is <= stop and behind(next + #is, kind, begins)
            if one then return one end
        end
        at = at + 1
    end
end

local CLAUSE_ENDS = { [32] = true, [44] = true, [46] = true, [FULL_STOP] = true, [33] = true, [63] = true, [126] = true, [41] = true }

local function bare_code(at, after, kind, ends)
    local run = ends[S[at - 1] == 32 and at - 1 or at]
    if kind ~= "code" or not run or after <= length and not CLAUSE_ENDS[S[after]] then return end
    local count = 0
    for i = 1, #run do count = count + #run[i].digits end
    if count == BARE_CODE then return { run[1].start, run[#run].last + 1, kind } end
end

-- The first symbol of the word of letters and digits that ends before this one.
local function word_before(stop)
    local first, signs = stop, {}
    while first > max(1, stop - LONGEST) and TOKEN[S[first - 1]] do
        first = first - 1
        signs[#signs + 1] = char(S[first])
    end
    local text = concat(signs)
    if #text >= SHORTEST_TOKEN and find(text, "[a-z]") and find(text, "[0-9]") then return first end
end

-- The first of the letters of a passport's number whose digits begin here; here, where there are none.
local function before_series(at)
    local last = at - 1
    if S[last] == 32 or S[last] == 45 then last = last - 1 end
    local first = last + 1
    while last - first + 1 < SERIES and is_letter(S[first - 1]) do first = first - 1 end
    return first <= last and not is_letter(S[first - 1]) and first or at
end

local function before(name_first, after, kind, ends)
    local at = name_first
    if S[at - 1] == 40 and S[after] == 41 then      -- 1234(密码)
        at = at - 1
    else
        local floor = max(1, at - GAP)
        at = without(OF, at, floor)
        local joined = last_word(IS, at, floor)
        if joined == 0 then return bare_code(name_first, after, kind, ends) end
        at = at - joined
    end
    at = without(BEFORE_IS, at, max(1, at - GAP))
    local word = kind ~= "document" and word_before(at)
    if word then return { word, at, kind } end
    local run = ends[at]
    if not run then return end
    local all, last, first = 0, #run[#run].digits, nil
    for i = 1, #run do all = all + #run[i].digits end
    local least, most = LENGTHS[kind][1], LENGTHS[kind][2]
    if least <= all and all <= most then
        first = run[1].start
    elseif least <= last and last <= most then
        first = run[#run].start
    end
    if first and kind == "document" then first = before_series(first) end
    return first and { first, at, kind } or nil
end

local function apart(found, one)
    for i = 1, #found do
        if one[1] < found[i][2] and found[i][1] < one[2] then return end
    end
    found[#found + 1] = one
end

local function named(found, there)
    local begins, ends = {}, {}
    for _, run in ipairs(there) do
        for number, piece in ipairs(run) do begins[piece.start] = { run, number } end
        ends[run[#run].last + 1] = run
    end
    local at = 1
    while at <= length do
        local name, after = name_at(at)
        if name then
            local kind = name.tag
            local one = kind ~= "none" and (behind(after, kind, begins) or before(at, after, kind, ends) or again(after, kind, begins))
            while one do
                apart(found, one)
                local chain = word_at(CHAINS, one[2])
                one = chain and value(one[2] + #chain, kind, chain.text, begins)
            end
            at = after - 1
        end
        at = at + 1
    end
end

-- What is secret, or personal, by itself -----------------------------------------------------------------------------------------

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

local function numbers(found, there, personal)
    for _, run in ipairs(there) do
        local first = 1
        while first <= #run do
            local one, last = by_itself(run, first, personal)
            if one then
                apart(found, one)
                first = last
            end
            first = first + 1
        end
    end
end

local MARKS = {}
for _, symbol in ipairs(symbols_of.of " -._/|\\*+:~=#&,;、") do MARKS[symbol] = true end

local function is_marked(first, last)
    if first > last or last - first >= MOST_MARKS then return false end
    for at = first, last do
        if not MARKS[S[at]] then return false end
    end
    return true
end

-- Runs side by side, with marks between them, as one: 4111/1111/1111/1111.
local function lines(there)
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

-- Most texts with a digit or a letter hide nothing: no name of a secret in them, and too few digits.
local function is_worth_a_look()
    local digits = 0
    for at = 1, length do
        if is_any(S[at]) then digits = digits + 1 end
        if digits == LEAST_DIGITS or NAMES[S[at]] and name_at(at) then return true end
    end
    return false
end

-- text: valid UTF-8.
function _M.find(text, personal)
    if not symbols_of.may_hide(text) then return end
    for i = 1, length + 1 do S[i] = nil end
    length = symbols_of.read(text, S, P)
    if not is_worth_a_look() then return end
    local there, found = runs(), {}
    named(found, there)
    numbers(found, there, personal)
    numbers(found, lines(there), false)
    if #found == 0 then return end
    table.sort(found, function(one, other) return one[1] < other[1] end)
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
