-- How do commands and answers of Redis look on the wire (RESP 2)?

local byte, sub, tonumber, tostring, concat = string.byte, string.sub, tonumber, tostring, table.concat
local STATUS, ERROR, INTEGER, BULK, ARRAY = byte("+-:$*", 1, 5)

local _M = {}

-- One argument.
function _M.bulk(value)
    value = tostring(value)
    return "$" .. #value .. "\r\n" .. value .. "\r\n"
end

-- A whole command, but for the last end of line, which edge/pipeline.lua writes.
function _M.command(...)
    local parts = { "*" .. select("#", ...) }
    for i = 1, select("#", ...) do
        local value = tostring((select(i, ...)))
        parts[i + 1] = "$" .. #value .. "\r\n" .. value
    end
    return concat(parts, "\r\n")
end

-- One answer. Returns it; false and an error of Redis; or nil and why there is none.
local function hear(socket)
    local line, err = socket:receive()
    if not line then return nil, err end
    local kind = byte(line)
    if kind == STATUS then return sub(line, 2) end
    if kind == ERROR then return false, sub(line, 2) end
    if kind == INTEGER then return tonumber(sub(line, 2)) end
    local size = tonumber(sub(line, 2))
    if kind == BULK then
        if size < 0 then return ngx.null end
        local text
        text, err = socket:receive(size + 2)
        return text and sub(text, 1, size), err
    end
    if kind ~= ARRAY then return nil, "this is no answer of Redis: " .. line end
    local list = {}
    for i = 1, size do
        list[i], err = hear(socket)
        if list[i] == nil then return nil, err end
    end
    return list
end
_M.hear = hear

return _M
