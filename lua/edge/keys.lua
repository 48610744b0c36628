-- Which secret (HS256) does this machine have for a key?
--
-- With the configuration only a secret's fingerprint travels; the secret is in this machine's JWKS file of the tenant, where
-- pyshim/identity/jwks.py has checked it on the machine that applied it. Read where a configuration is loaded, never on a turn's way.

local cjson = require "cjson.safe"
local signature = require "edge.signature"

local format, gsub, rep = string.format, string.gsub, string.rep

local _M = {}

local function fingerprint(secret)
    local hex = gsub(signature.sha256("sluice key\0" .. secret), ".", function(byte) return format("%02x", byte:byte()) end)
    return hex:sub(1, 32)
end

local function decoded(k)
    if type(k) ~= "string" then return end
    local plain = gsub(gsub(k, "-", "+"), "_", "/")
    return ngx.decode_base64(plain .. rep("=", -#plain % 4))
end

local function entries(path)
    local file = io.open(path, "rb")
    local text = file and file:read("*a") or ""
    if file then file:close() end
    local value = cjson.decode(text)
    return type(value) == "table" and type(value.keys) == "table" and value.keys or {}
end

-- folder: of JWKS files; key: kid and fingerprint. Returns the secret, or nil and what is wanted.
function _M.secret(folder, tenant, key)
    local path, other = folder .. "/" .. tenant .. ".jwks.json", false
    for _, entry in ipairs(entries(path)) do
        if type(entry) == "table" and entry.kid == key.kid and entry.kty == "oct" then
            local secret = decoded(entry.k)
            if secret and fingerprint(secret) == key.fingerprint then return secret end
            other = true
        end
    end
    return nil, path .. ": key '" .. key.kid .. "' " .. (other and "is another one than was applied" or "is wanted on this machine, too")
end

return _M
