-- What was revoked, as this machine knew it before it was started anew?
--
-- run/revoked, a line each, as pyshim/identity/revocations.py wrote it. One worker adds what is new, and writes it whole where half of it
-- is over. A line that was cut off when nginx was killed is no revocation, and the next one does not stand behind it.

local open, rename = io.open, os.rename

local _M = {}
local path, lines = nil, 0

-- Before the workers fork. Returns what is there, a list of texts.
function _M.begin(folder)
    path = folder .. "/revoked"
    local found = {}
    local file = open(path, "rb")
    if not file then return found end
    for line in file:lines() do
        if line ~= "" then found[#found + 1] = line end
    end
    file:close()
    lines = #found
    return found
end

local function write(into, mode, texts)
    local file, err = open(into, mode)
    if not file then return err end
    local written
    written, err = file:write("\n", table.concat(texts, "\n"), "\n")
    file:close()
    return not written and err or nil
end

-- Adds texts; known: all that is in force, a list that is made where it is wanted. Returns nothing, or an error.
function _M.add(texts, count, known)
    if lines + #texts <= 2 * count + 100 then
        lines = lines + #texts
        return write(path, "ab", texts)
    end
    local all = known()
    local err = write(path .. ".new", "wb", all)
    if err then return err end
    lines = #all
    local moved
    moved, err = rename(path .. ".new", path)
    return not moved and err or nil
end

return _M
