-- Whose token is this?
--
-- JSON Web Tokens, signed by HS256, RS256, ES256 or EdDSA (edge/signature.lua). Rules:
--
-- * The key is found by kid and has its algorithm written beside it; the token's own alg must equal it and chooses nothing. No
--   other member of the header is read, but for crit: what is critical to somebody else is refused.
-- * A key belongs to one tenant, and its tenant may name an issuer; a token for another tenant or of another issuer is refused.
-- * A header or claims with a member said twice are refused: whoever else reads the token may take the other one (RFC 7519, section 4).
-- * exp is required; nbf and iat may not lie in the future (leeway applies); aud must hold ours; no token lives for longer than
--   token_life_max_s, which is how long a revocation must be remembered.
-- * A verified token is remembered by its whole header until exp, with its key's mark: a digest of all that decides beside the token
--   itself (kid, algorithm, key, tenant, issuer, audience). After the configuration was swapped, it is known on where that
--   is as before, and verified again where anything of it changed.
-- * Whether it was revoked is asked on every turn (edge/revoked.lua).

local base64 = require "ngx.base64"
local cjson = require("cjson.safe").new()
local lrucache = require "resty.lrucache"
local metrics = require "edge.metrics"
local revoked = require "edge.revoked"
local signature = require "edge.signature"

cjson.decode_max_depth(8)
cjson.decode_invalid_numbers(false)       -- an exp that is not a number would never be over

local match, find, gsub, type, pairs = string.match, string.find, string.gsub, type, pairs
local MAX_TOKEN_BYTES = 4096
local MAX_ID_BYTES = 256
local REMEMBERED = 20000
local REFUSED = {}                        -- by code: the key of its count
for _, code in ipairs { "token_missing", "token_invalid", "token_expired", "token_revoked" } do
    REFUSED[code] = 'sluice_tokens_refused_total{reason="' .. code .. '"}'
end

local _M = {}
local remembered = assert(lrucache.new(REMEMBERED))

-- How often a member is said in the outermost object of this JSON text, which cjson has understood; nil where it is no object.
local function members_said(json)
    local bare = gsub(gsub(json, "\\.", ""), '"[^"]*"', "")
    local inner = match(bare, "^%s*{(.*)}%s*$")
    if not inner then return nil end
    local _, said = gsub(gsub(gsub(inner, "%b{}", ""), "%b[]", ""), ":", "")
    return said
end

-- One part of a token as a table; nil and why where it is no JSON object, or says a member twice.
local function part(text)
    local raw = base64.decode_base64url(text)
    local value = raw and cjson.decode(raw)
    local said = type(value) == "table" and members_said(raw)
    if not said then return nil, "not a JSON Web Token" end
    for _ in pairs(value) do said = said - 1 end
    if said ~= 0 then return nil, "a member is said twice" end
    return value
end

local function for_us(audience, ours)
    if type(audience) == "table" then
        for _, name in ipairs(audience) do
            if name == ours then return true end
        end
    end
    return audience == ours
end

local function wrong_person(claims, key)
    if claims.tenant_id ~= key.tenant_id then return "the key belongs to another tenant" end
    if key.issuer and claims.iss ~= key.issuer then return "iss is not the tenant's issuer" end
    local user, id, seq = claims.user_id, claims.jti, claims.seq
    if type(user) ~= "string" or #user > 64 or not find(user, "^[%w._@:+=-]+$") then
        return "user_id must be 1 to 64 of A-Z a-z 0-9 . _ @ : + = -"
    end
    if id ~= nil and (type(id) ~= "string" or #id > MAX_ID_BYTES) then
        return "jti must be a text of at most " .. MAX_ID_BYTES .. " bytes"
    end
    if seq ~= nil and type(seq) ~= "number" then return "seq must be a number" end
    local since = claims.known_since
    if since ~= nil and type(since) ~= "number" then return "known_since must be a number" end
end

local function wrong_time(claims, settings, now)
    local leeway, exp, iat = settings.token_leeway_s, claims.exp, claims.iat
    if type(exp) ~= "number" then return "token_invalid", "exp is missing" end
    if exp + leeway <= now then return "token_expired", "the token has expired" end
    for _, name in ipairs { "nbf", "iat" } do
        local value = claims[name]
        if value ~= nil and (type(value) ~= "number" or value > now + leeway) then
            return "token_invalid", name .. " lies in the future"
        end
    end
    if exp > (iat or now) + settings.token_life_max_s + leeway then
        return "token_invalid", "no token may live for longer than " .. settings.token_life_max_s .. " s"
    end
end

local function verify(token, config, now, affords)
    local head, payload, signed = match(token, "^([%w_-]+)%.([%w_-]+)%.([%w_-]+)$")
    if not head then return nil, "token_invalid", "not a JSON Web Token" end
    local header, fault = part(head)
    if not header then return nil, "token_invalid", fault end
    local key = type(header.kid) == "string" and config.keys[header.kid]
    if not key then return nil, "token_invalid", "unknown kid" end
    if header.alg ~= key.alg or header.crit ~= nil then return nil, "token_invalid", "wrong algorithm for this key" end
    if affords and key.alg ~= "HS256" and not affords() then return nil, "token_invalid", "not verified now" end
    if not signature.verify(key, head .. "." .. payload, base64.decode_base64url(signed) or "") then
        return nil, "token_invalid", "wrong signature"
    end
    local claims
    claims, fault = part(payload)
    if not claims then return nil, "token_invalid", fault end
    fault = not for_us(claims.aud, config.settings.token_audience) and "aud is not this service" or wrong_person(claims, key)
    if fault then return nil, "token_invalid", fault end
    local code, message = wrong_time(claims, config.settings, now)
    if code then return nil, code, message end
    return {
        tenant_id = claims.tenant_id, user_id = claims.user_id, seq = claims.seq, jti = claims.jti, iat = claims.iat,
        exp = claims.exp, kid = key.kid, mark = key.mark, guest = claims.guest == true, known_since = claims.known_since,
    }
end

local function known(authorization, config, now)
    local claims = remembered:get(authorization)
    local key = claims and config.keys[claims.kid]
    if key and key.mark == claims.mark and claims.exp + config.settings.token_leeway_s > now then return claims end
end

local function identify(authorization, config, affords)
    if not authorization then return nil, "token_missing", "an Authorization header is wanted" end
    local now = ngx.now()
    local claims = known(authorization, config, now)
    if not claims then
        local token = #authorization <= MAX_TOKEN_BYTES and match(authorization, "^[Bb][Ee][Aa][Rr][Ee][Rr] +([%w._-]+)$")
        if not token then return nil, "token_invalid", "Authorization must be: Bearer <token>" end
        local code, message
        claims, code, message = verify(token, config, now, affords)
        if not claims then return nil, code, message end
        remembered:set(authorization, claims)
    end
    if revoked.holds(claims) then return nil, "token_revoked", "the token was revoked" end
    return claims
end

-- As verify(), of a caller who may be refused whatever the token says: counts nothing. affords(): whether a signature that takes
-- longer than a hash may be verified now.
function _M.glance(authorization, config, affords)
    return (identify(authorization, config, affords))
end

-- authorization: the header's value. Returns what is known of the caller {tenant_id, user_id, seq?, ...}; or nil, code, message.
function _M.verify(authorization, config)
    local claims, code, message = identify(authorization, config)
    if not claims then metrics.add(REFUSED[code], 1) end
    return claims, code, message
end

return _M
