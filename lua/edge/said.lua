-- What is said with every turn, and how is it said once?
--
-- Of what has the same key a worker writes the first FEW lines in EVERY seconds, and then one that says how many more there were. For
-- what may be said on a turn's way only: there, a Redis that is away is a line for each turn.

local FEW, EVERY = 3, 10

local _M = {}
local kinds = {}        -- key -> {times, level, seconds}

-- key: one of few; ...: the line.
function _M.log(level, key, ...)
    local kind = kinds[key]
    if not kind then
        kind = { times = 0, level = level, seconds = 0 }
        kinds[key] = kind
    end
    kind.times = kind.times + 1
    if kind.times <= FEW then ngx.log(level, ...) end
end

-- Once a second.
function _M.tell()
    for key, kind in pairs(kinds) do
        kind.seconds = kind.seconds + 1
        if kind.seconds >= EVERY then
            if kind.times > FEW then ngx.log(kind.level, key, ": ", kind.times - FEW, " more in ", kind.seconds, " s") end
            kinds[key] = nil
        end
    end
end

return _M
