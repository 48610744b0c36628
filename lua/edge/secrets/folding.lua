-- How are the characters of a secret compared?
--
-- A text becomes a list of symbols, a number for each character: Latin in lower case, digits 0 to 9, Chinese ones A to J (which are
-- digits only where several stand together), one space and one dash for all, and the simplified form of what the words are made of.
-- pyshim/language/secrets/folding.py folds alike.
--
-- Scratch space is one for the Lua state, and no call yields, so none sees another's.

local byte = string.byte

local WIDE, CIRCLED = 0xFEE0, 0x2460
local CHINESE = { "零〇○", "一壹幺", "二贰貳", "三叁參", "四肆", "五伍", "六陆陸", "七柒", "八捌", "九玖" }
local SPACES = { 9, 10, 13, 0xA0, 0xAD, 0x3000, 0x202F, 0x205F, 0x2060, 0xFE0F, 0x20E3, 0xFEFF }
local DASHES = { 0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, 0x2212, 0x30FC }
local POINTS = { 0xB7, 0x30FB }
local TRADITIONAL = "碼驗證動態為設號銀訂單儲記進這個來發輸寫試過數應該爲萬鄉從們優會軍剛務變臺後嗎員"
    .. "圓塊頭媽實歲開張錄護換時顯機條灣點瑪現電禮筆結給編話詢購運還遞領飯馬係祕錯認權內親經訴鎖傳"
local SIMPLE = "码验证动态为设号银订单储记进这个来发输写试过数应该为万乡从们优会军刚务变台后吗员"
    .. "圆块头妈实岁开张录护换时显机条湾点玛现电礼笔结给编话询购运还递领饭马系秘错认权内亲经诉锁传"

local _M = {}
local SYMBOLS = {}

-- The code point that begins at byte i of valid UTF-8, and the byte after it.
local function code_point(text, i)
    local a = byte(text, i)
    if a < 0x80 then return a, i + 1 end
    if a < 0xE0 then return (a - 0xC0) * 64 + byte(text, i + 1) - 0x80, i + 2 end
    if a < 0xF0 then
        local b, c = byte(text, i + 1, i + 2)
        return (a - 0xE0) * 4096 + (b - 0x80) * 64 + c - 0x80, i + 3
    end
    local b, c, d = byte(text, i + 1, i + 3)
    return (a - 0xF0) * 262144 + (b - 0x80) * 4096 + (c - 0x80) * 64 + d - 0x80, i + 4
end

-- Fills symbols with those of a text, and places with the byte each begins at, one more than there are symbols. Returns how many.
local function read(text, symbols, places)
    local i, n, length = 1, 0, #text
    while i <= length do
        n = n + 1
        local code
        places[n] = i
        code, i = code_point(text, i)
        symbols[n] = SYMBOLS[code] or code
    end
    places[n + 1] = length + 1
    return n
end

local function codes(text)
    local found, i = {}, 1
    while i <= #text do found[#found + 1], i = code_point(text, i) end
    return found
end

for code, simple in pairs(codes(TRADITIONAL)) do SYMBOLS[simple] = codes(SIMPLE)[code] end
for code = 0x21, 0x7E do
    local small = byte(string.char(code):lower())
    SYMBOLS[code], SYMBOLS[code + WIDE] = small, small
end
for value, written in ipairs(CHINESE) do
    for _, code in ipairs(codes(written)) do SYMBOLS[code] = byte("A") + value - 1 end
end
for value = 0, 8 do SYMBOLS[CIRCLED + value] = byte("1") + value end
for _, code in ipairs(SPACES) do SYMBOLS[code] = byte(" ") end
for code = 0x2000, 0x200F do SYMBOLS[code] = byte(" ") end
for code = 0x202A, 0x202E do SYMBOLS[code] = byte(" ") end
for _, code in ipairs(DASHES) do SYMBOLS[code] = byte("-") end
for _, code in ipairs(POINTS) do SYMBOLS[code] = byte(".") end
SYMBOLS[0xD7] = byte("x")   -- ×

_M.read = read

-- A word as a list of symbols.
function _M.of(word)
    local symbols = {}
    read(word, symbols, {})
    return symbols
end

-- Whether anything in a text could be secret: without a digit and a letter nothing is.
function _M.may_hide(text)
    local i, length = 1, #text
    while i <= length do
        local a = byte(text, i)
        if a < 0x80 then
            local small = a >= 65 and a <= 90 and a + 32 or a
            if a >= 48 and a <= 57 or small >= 97 and small <= 122 then return true end
            i = i + 1
        else
            local code
            code, i = code_point(text, i)
            local symbol = SYMBOLS[code]
            if symbol and (symbol >= 48 and symbol <= 57 or symbol >= 65 and symbol <= 74 or symbol >= 97 and symbol <= 122) then
                return true
            end
        end
    end
    return false
end

return _M
