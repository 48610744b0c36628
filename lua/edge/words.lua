-- Does this text hold one of these words?
--
-- Words are compared byte by byte, with A-Z as a-z; a Latin word inside a longer one is none ("cash" in "cashew"). All words are
-- one tree in one table: state * 256 + byte -> state. From each character of the text the tree is followed until it ends,
-- which for most characters is at once.

local byte, lower = string.byte, string.lower

local _M = {}
local mt = { __index = _M }

local function is_latin(b)
    return b and (b >= 97 and b <= 122 or b >= 48 and b <= 57)
end

-- words: in small letters. Returns nil for none.
function _M.new(words)
    if #words == 0 then return nil end
    local following, ends, states = {}, {}, 0
    for _, word in ipairs(words) do
        local state = 0
        for i = 1, #word do
            local edge = state * 256 + byte(word, i)
            if not following[edge] then
                states = states + 1
                following[edge] = states
            end
            state = following[edge]
        end
        ends[state] = true
    end
    return setmetatable({ following = following, ends = ends }, mt)
end

local function stands_alone(text, first, last)
    return not (is_latin(byte(text, first)) and is_latin(byte(text, first - 1)))
        and not (is_latin(byte(text, last)) and is_latin(byte(text, last + 1)))
end

-- Whether a word begins at this byte of the text. state: where its first byte leads.
local function word_at(self, text, first, state)
    local following, ends, last = self.following, self.ends, first
    while state do
        if ends[state] and stands_alone(text, first, last) then return true end
        last = last + 1
        local b = byte(text, last)
        state = b and following[state * 256 + b]
    end
end

-- text: valid UTF-8, in which no character begins inside another.
function _M:stands_in(text)
    text = lower(text)
    local following = self.following
    for first = 1, #text do
        local state = following[byte(text, first)]
        if state and word_at(self, text, first, state) then return true end
    end
    return false
end

return _M
