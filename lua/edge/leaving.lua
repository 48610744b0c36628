-- Is this nginx being replaced by another one?
--
-- The launcher writes the process id of the master that serves into run/nginx.pid. A worker of another master leaves soon: until then
-- every answer ends its connection, so that no client sends the next turn on a connection that is about to be closed.

local ffi = require "ffi"

ffi.cdef "int getppid(void);"

local _M = {}
local leaving = false

-- Once a second.
function _M.look(run_folder)
    local file = io.open(run_folder .. "/nginx.pid", "rb")
    local serves = file and tonumber(file:read("*a"))
    if file then file:close() end
    leaving = serves ~= nil and serves ~= ffi.C.getppid()
end

-- A worker that knows what is revoked may answer: one line for each, which the launcher counts before it lets the other master go.
function _M.ready(run_folder)
    local file = io.open(run_folder .. "/nginx-ready." .. ffi.C.getppid(), "ab")
    if not file then return end
    file:write(ngx.worker.id(), "\n")
    file:close()
end

-- In the header filter. An answer without a length lasts as long as its connection: nginx says so and closes it, since
-- chunked_transfer_encoding is off (gateway/conf.d/urls.inc). HTTP/2 has its own way to say goodbye.
function _M.goodbye()
    if leaving and ngx.req.http_version() < 2 then ngx.header["Content-Length"] = nil end
end

return _M
