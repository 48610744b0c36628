-- What was found in a text: { start, end_, kind } of each, symbols; end_ is the one behind it.

local _M = {}

-- Notes one, unless it overlaps one that was found before.
function _M.add(found, one)
    for i = 1, #found do
        if one[1] < found[i][2] and found[i][1] < one[2] then return end
    end
    found[#found + 1] = one
end

return _M
