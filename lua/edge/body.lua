-- What is the body of this request?
--
-- Nearly every body has come with its headers and is read at once. One that has not gets body_s seconds for the whole of it (nginx's
-- own client_body_timeout begins anew with every byte), and one address may have so many of them under way in each worker: a
-- connection that waits for its body holds memory, and a slot of nobody else's.

local bucket = require "edge.bucket"
local names = require "edge.names"
local replies = require "edge.reply"

local spawn, wait, kill = ngx.thread.spawn, ngx.thread.wait, ngx.thread.kill
local status = coroutine.status

local AWAITED = 50          -- bodies that one address may be slow with, in each worker

local _M = {}
local waiting = {}          -- by address: how many
local held = {}             -- by turn: address and since when

local function leave(id)
    local one = held[id]
    if not one then return end
    held[id] = nil
    local left = waiting[one.address] - 1
    waiting[one.address] = left > 0 and left or nil
end
_M.leave = leave

local function enter(turn, address)
    local now = waiting[address] or 0
    if now >= AWAITED then return false end
    waiting[address] = now + 1
    held[turn.id] = { address = address, since = turn.started }
    return true
end

local function pause(seconds)
    ngx.sleep(seconds)
    return true
end

local function read_all() ngx.req.read_body() end      -- a light thread begins with a function of Lua

local function refuse(turn, offence, ...)
    turn.offence = offence
    return replies.refusal(turn, ...)
end

-- A reader that is given up ends with the request, and the connection with it.
local function read_slowly(turn, reader)
    if not enter(turn, names.address(ngx.var.binary_remote_addr)) then
        return refuse(turn, "crowd", 429, "rate_limited", "too many bodies of this address are under way",
            bucket.headers({ burst = AWAITED }, 1))
    end
    local guard = spawn(pause, turn.config.screen.body_s)
    local _, too_slow = wait(reader, guard)
    leave(turn.id)
    if too_slow then
        return refuse(turn, "slow", 408, "too_slow", "the body came too slowly")
    end
    kill(guard)
end

-- Reads it. Returns the body; or nil, where there is none or it lies in a file; or nil and a refusal.
function _M.read(turn)
    local reader = spawn(read_all)
    if status(reader) ~= "zombie" then
        local refused = read_slowly(turn, reader)
        if refused then return nil, refused end
    end
    return ngx.req.get_body_data()
end

-- Every now and then: whoever hung up did not say goodbye.
function _M.sweep(now, body_s)
    for id, one in pairs(held) do
        if now - one.since > body_s + 1 then leave(id) end
    end
end

return _M
