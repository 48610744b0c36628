-- How does the edge come to speak with one node of Redis?
--
-- A node's name is "unix:/path" or "host:port" (pyshim/redis_address.py). A connection that was used before is used again; a new one
-- shakes hands (TLS) and says who we are. The file with the password is read each time: it may be replaced while serving.

local resp = require "edge.resp"

local tcp = ngx.socket.tcp
local find, match = string.find, string.match

local POOL, IDLE_MS = { pool_size = 8 }, 60000

local _M = {}

-- Names are checked against the certificate; of an address, as nodes of a cluster tell theirs, only the authority is.
local function encrypted(socket, host)
    local name = not find(host, "^%[") and not find(host, "^[%d.]+$") and host or nil
    local session, err = socket:sslhandshake(false, name, true)
    if not session then return nil, "TLS: " .. err end
    return true
end

local function known(socket, path)
    local file, err = io.open(path, "rb")
    if not file then return nil, "SLUICE_REDIS_CREDENTIAL: " .. err end
    local text = match(file:read("*a"), "^%s*(.-)%s*$")
    file:close()
    local user, password = match(text, "^([^:]*):(.*)$")
    local command = user and resp.command("AUTH", user, password) or resp.command("AUTH", text)
    local sent
    sent, err = socket:send { command, "\r\n" }
    if not sent then return nil, err end
    local answer
    answer, err = resp.hear(socket)
    if answer then return true end
    return nil, answer == false and path .. ": Redis takes it for nobody's: " .. err or err
end

local function new(socket, about, host)
    local sound, err = true, nil
    if about.tls then sound, err = encrypted(socket, host) end
    if sound and about.credential then sound, err = known(socket, about.credential) end
    return sound, err
end

-- Returns a socket; or nil and why not.
function _M.open(settings, name)
    local about, socket = settings.redis, tcp()
    socket:settimeout(settings.redis_timeout_ms)
    local host, port, sound, err = match(name, "^(.*):(%d+)$")
    if port then sound, err = socket:connect(host, tonumber(port), POOL) else sound, err = socket:connect(name, POOL) end
    if not sound then return nil, err end
    if (about.tls or about.credential) and socket:getreusedtimes() == 0 then
        sound, err = new(socket, about, host)
        if not sound then
            socket:close()
            return nil, err
        end
    end
    return socket
end

-- For whoever comes next.
function _M.keep(socket)
    socket:setkeepalive(IDLE_MS)
end

return _M
