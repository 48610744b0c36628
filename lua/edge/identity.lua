-- Whose token is this?
--
-- JSON Web Tokens, HS256. Rules:
--
-- * The key is found by kid and has its algorithm written beside it; the token's own alg must equal it and chooses nothing.
-- * A key belongs to one tenant; a token for another tenant is refused.
-- * exp is required; nbf and iat may not lie in the future (leeway applies); aud must hold ours.
-- * A verified token is remembered by its whole header until it expires: kid, issuer and audience are inside that text,
--   and the memory belongs to one snapshot of the keys.

local base64 = require "ngx.base64"
local cjson = require("cjson.safe").new()
local hmac = require "edge.hmac"
local lrucache = require "resty.lrucache"

cjson.decode_max_depth(8)
cjson.decode_invalid_numbers(false)       -- an exp that is not a number would never be over

local match, find, type = string.match, string.find, type
local MAX_TOKEN_BYTES = 4096
local REMEMBERED = 20000

local _M = {}
local remembered, remembered_for

local function memory(config)
    if remembered_for ~= config then
        remembered, remembered_for = assert(lrucache.new(REMEMBERED)), config
    end
    return remembered
end

local function part(text)
    local raw = base64.decode_base64url(text)
    local value = raw and cjson.decode(raw)
    return type(value) == "table" and value or nil
end

local function for_us(audience, ours)
    if type(audience) == "table" then
        for _, name in ipairs(audience) do
            if name == ours then return true end
        end
    end
    return audience == ours
end

local function wrong_claims(claims, key, settings, now)
    local leeway = settings.token_leeway_s
    if claims.tenant_id ~= key.tenant_id then return "token_invalid", "the key belongs to another tenant" end
    if type(claims.user_id) ~= "string" or #claims.user_id > 64 or not find(claims.user_id, "^[%w._@:+=-]+$") then
        return "token_invalid", "user_id must be 1 to 64 of A-Z a-z 0-9 . _ @ : + = -"
    end
    if not for_us(claims.aud, settings.token_audience) then return "token_invalid", "aud is not this service" end
    if type(claims.exp) ~= "number" then return "token_invalid", "exp is missing" end
    if claims.exp + leeway <= now then return "token_expired", "the token has expired" end
    for _, name in ipairs { "nbf", "iat" } do
        local value = claims[name]
        if value ~= nil and (type(value) ~= "number" or value > now + leeway) then
            return "token_invalid", name .. " lies in the future"
        end
    end
    if claims.seq ~= nil and type(claims.seq) ~= "number" then return "token_invalid", "seq must be a number" end
end

local function verify(token, config, now)
    local head, payload, signature = match(token, "^([%w_-]+)%.([%w_-]+)%.([%w_-]+)$")
    local header = head and part(head)
    if not header then return nil, "token_invalid", "not a JSON Web Token" end
    local key = type(header.kid) == "string" and config.keys[header.kid]
    if not key then return nil, "token_invalid", "unknown kid" end
    if header.alg ~= key.alg or header.crit ~= nil then return nil, "token_invalid", "wrong algorithm for this key" end
    if not hmac.verify(key.secret, head .. "." .. payload, base64.decode_base64url(signature) or "") then
        return nil, "token_invalid", "wrong signature"
    end
    local claims = part(payload)
    if not claims then return nil, "token_invalid", "the claims are not a JSON object" end
    local code, message = wrong_claims(claims, key, config.settings, now)
    if code then return nil, code, message end
    return claims
end

-- authorization: the header's value. Returns the claims {tenant_id, user_id, seq?, exp}; or nil, code, message.
function _M.verify(authorization, config)
    if not authorization then return nil, "token_missing", "an Authorization header is wanted" end
    local now, known = ngx.now(), memory(config)
    local claims = known:get(authorization)
    if claims and claims.exp + config.settings.token_leeway_s > now then return claims end

    local token = #authorization <= MAX_TOKEN_BYTES and match(authorization, "^[Bb][Ee][Aa][Rr][Ee][Rr] +([%w._-]+)$")
    if not token then return nil, "token_invalid", "Authorization must be: Bearer <token>" end
    local code, message
    claims, code, message = verify(token, config, now)
    if not claims then return nil, code, message end
    known:set(authorization, claims)
    return claims
end

return _M
