-- Which numbers and words does a text itself call a password, a code, a CVV, a passport's number?
--
--   named(found, there)  adds them to what was found; there: the runs of digits
--   name_at(at)          the name of a secret that begins at a symbol

local add = require("edge.secrets.found").add
local passwords = require "edge.secrets.passwords"
local symbols = require "edge.secrets.symbols"
local words = require "edge.secrets.words"

local sub, max = string.sub, math.max
local S, is_any, is_digit, is_letter, is_space = symbols.here, symbols.is_any, symbols.is_digit, symbols.is_letter, symbols.is_space
local by_end, last_word, without, word_at = symbols.by_end, symbols.last_word, symbols.without, symbols.word_at
local LONGEST, word_before, word_of = passwords.LONGEST, passwords.word_before, passwords.word_of

local GAP, LONG_PIECE, SERIES = 16, 4, 3
local LENGTHS = { password = { 4, 8 }, code = { 4, 8 }, cvv = { 3, 4 }, document = { 6, 10 } }
local PLACE, EACH, FULL_STOP = 0x4F4D, 0x4E2A, 0x3002       -- 位个。
local BARE_CODE = 6

local NAMES = by_end(words.names)
local JOINS = by_end { says = words.says, joins = words.joins }
local COUNTS, CHAINS = by_end { words.counts }, by_end { words.chains }
local OF, IS, BEFORE_IS = by_end({ words.of }, true), by_end({ words.is }, true), by_end({ words.before_is }, true)
local AGAIN, IS_AGAIN = by_end { words.again }, by_end { words.is }

local _M = { NAMES = NAMES }

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

_M.name_at = name_at

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
    local at, stop = start, start + GAP
    while at < stop and S[at] and not is_digit(S[at]) do
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
    if kind ~= "code" or not run or S[after] and not CLAUSE_ENDS[S[after]] then return end
    local count = 0
    for i = 1, #run do count = count + #run[i].digits end
    if count == BARE_CODE then return { run[1].start, run[#run].last + 1, kind } end
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

function _M.named(found, there)
    local begins, ends = {}, {}
    for _, run in ipairs(there) do
        for number, piece in ipairs(run) do begins[piece.start] = { run, number } end
        ends[run[#run].last + 1] = run
    end
    local at = 1
    while S[at] do
        local name, after = name_at(at)
        if name then
            local kind = name.tag
            local one = kind ~= "none" and (behind(after, kind, begins) or before(at, after, kind, ends) or again(after, kind, begins))
            while one do
                add(found, one)
                local chain = word_at(CHAINS, one[2])
                one = chain and value(one[2] + #chain, kind, chain.text, begins)
            end
            at = after - 1
        end
        at = at + 1
    end
end

return _M
