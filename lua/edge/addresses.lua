-- Which addresses does the operator of this machine refuse, and which are trusted?
--
-- run/addresses.json, which pyshim/tenants/addresses.py has checked and put there whole: a line that names its content, then the lists. Workers
-- look at that line once a second and read on where it is another.

local cjson = require "cjson.safe"
local ranges = require "edge.ranges"

local _M = {}
local path, known

function _M.begin(folder)
    path = folder .. "/addresses.json"
end

local function read()
    local file, err = io.open(path, "rb")
    if not file then return nil, err end
    local name = file:read("*l")
    local text = name ~= known and file:read("*a")
    file:close()
    return name, text
end

-- Puts the lists into screen where they changed. Returns nothing, or an error; then the old ones stay.
function _M.follow(screen)
    local name, text = read()
    if not name then return text or "empty: " .. path end
    if not text then return end
    local lists, err = cjson.decode(text)
    if not lists then return err end
    for _, kind in ipairs { "refused", "trusted" } do screen["addresses_" .. kind] = ranges.decoded(lists[kind]) end
    known = name
end

return _M
