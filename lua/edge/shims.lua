-- Which shim is asked?
--
-- run/shims names those there are, a line each, and is kept as their names are resolved (gateway/shims.py); workers look at it once a
-- second. A user's shim is the same as long as it lives (rendezvous hashing): one that comes or goes moves nobody else's users. One that
-- failed is left alone for a second, twice as long each time again; where all are, they are asked all the same.

local balancer = require "ngx.balancer"
local clock = require "edge.clock"
local draw = require "edge.draw"
local turns = require "edge.turn"

local gmatch, match, min, sort = string.gmatch, string.match, math.min, table.sort
local LEFT_ALONE_S, LEFT_ALONE_MAX_S = 1, 16

local _M = {}
local path, known
local shims = {}        -- { name, host, port (nil: a unix socket), seed }, in the order of the file
local failed = {}       -- name -> { times, until }

local function shim(name)
    local host, port = match(name, "^(.*):(%d+)$")
    return { name = name, host = host or name, port = tonumber(port), seed = ":" .. draw.hash(name) }
end

-- Once a second. Returns nothing, or an error; then the old ones stay.
function _M.follow()
    local file, err = io.open(path, "rb")
    if not file then return err end
    local text = file:read("*a")
    file:close()
    if text == known then return end
    known, shims = text, {}
    for name in gmatch(text, "[^\n]+") do shims[#shims + 1] = shim(name) end
end

-- Before the workers fork. Any fault stops the start.
function _M.begin(folder)
    path = folder .. "/shims"
    local err = _M.follow()
    if err then error("cannot tell the shims: " .. err, 0) end
end

function _M.count() return #shims end

-- The one of this name could not be asked, or died or hung when it was.
function _M.failed(name)
    local one = failed[name] or { times = 0 }
    failed[name] = one
    one.over = clock.seconds() + min(LEFT_ALONE_MAX_S, LEFT_ALONE_S * 2 ^ one.times)
    one.times = one.times + 1
end

function _M.answered(name) failed[name] = nil end

-- In the order in which they are to be asked for who, a text: the user's first, those left alone last.
function _M.ranked(who)
    local now, found, weight = clock.seconds(), {}, {}
    for number, one in ipairs(shims) do
        found[number] = one
        local left_alone = failed[one.name] and failed[one.name].over > now
        weight[one] = draw.hash(who .. one.seed) + (left_alone and 0 or 2 ^ 32)
    end
    if #found > 1 then sort(found, function(one, other) return weight[one] > weight[other] end) end
    return found
end

-- balancer_by_lua: called for each try of a request. What an earlier one took is gone from what is left to the next.
function _M.choose()
    local asked = ngx.ctx.shims
    if not asked then
        asked = { ranked = _M.ranked(ngx.var.sluice_who), tries = 0 }
        ngx.ctx.shims = asked
        if #asked.ranked == 0 then return ngx.exit(ngx.HTTP_BAD_GATEWAY) end
        if #asked.ranked > 1 then assert(balancer.set_more_tries(#asked.ranked - 1)) end
    else
        _M.failed(asked.one.name)
        if ngx.ctx.turn then        -- and no subrequest, in which to recreate it ends the worker (lua-nginx-module 0.10.23)
            ngx.var.sluice_left = turns.left_ms(ngx.ctx.turn)
            assert(balancer.recreate_request())
        end
    end
    asked.one = asked.ranked[asked.tries % #asked.ranked + 1]      -- nginx itself tries again where an idle connection was closed
    asked.tries = asked.tries + 1
    assert(balancer.set_current_peer(asked.one.host, asked.one.port))
end

-- balancer_by_lua of the operations port: the one whose number, from 0, the URL names.
function _M.numbered()
    local one = shims[tonumber(ngx.var.number) + 1]
    if not one then return ngx.exit(ngx.HTTP_BAD_GATEWAY) end
    assert(balancer.set_current_peer(one.host, one.port))
end

-- The last one that was asked in this request, as nginx names it; nil where none was.
function _M.last(addresses)
    return addresses and match(addresses, "([^ ,]+)$")
end

return _M
