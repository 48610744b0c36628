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

local base64url = require "edge.base64url"
local cjson = require("cjson.safe").new()
local names = require "edge.names"
local lrucache = require "resty.lrucache"
local metrics = require "edge.metrics"
local revoked = require "edge.revoked"
local signature = require "edge.signature"

cjson.decode_max_depth(8)
cjson.decode_invalid_numbers(false)       -- an exp that is not a number would never be over

local byte, match, find, sub, type, pairs = string.byte, string.match, string.find, string.sub, type, pairs
local floor = math.floor
local MAX_TOKEN_BYTES = 4096
local MAX_ID_BYTES = 256
local HEADERS_REMEMBERED = 1000
local REFUSED = {}                        -- by code: the key of its count
for _, code in ipairs { "token_missing", "token_invalid", "token_expired", "token_revoked" } do
    REFUSED[code] = 'sluice_tokens_refused_total{reason="' .. code .. '"}'
end

local _M = {}
local remembered

-- Before the first turn. count: of tokens that are remembered.
function _M.begin(count)
    remembered = assert(lrucache.new(count))
end

local QUOTE, BACKSLASH, COLON = byte('"'), byte("\\"), byte(":")
local OPENS, CLOSES = { [byte("{")] = true, [byte("[")] = true }, { [byte("}")] = true, [byte("]")] = true }

-- How often a member is said in the outermost object of this JSON text, which cjson has understood as an object.
local function members_said(json)
    local said, depth, quoted, i = 0, 0, false, 1
    while i <= #json do
        local b = byte(json, i)
        if b == QUOTE then
            quoted = not quoted
        elseif quoted then
            if b == BACKSLASH then i = i + 1 end
        elseif b == COLON then
            if depth == 1 then said = said + 1 end
        elseif OPENS[b] then
            depth = depth + 1
        elseif CLOSES[b] then
            depth = depth - 1
        end
        i = i + 1
    end
    return said
end

-- One part of a token as a table; nil and why where it is no JSON object, or says a member twice. tail: space that may stand behind it.
local function part(token, first, last, tail)
    local raw = base64url.decode(token, first, last, tail)
    local value = raw and cjson.decode(raw)
    if type(value) ~= "table" or not find(raw, "^%s*{") then return nil, "not a JSON Web Token" end
    local said = members_said(raw)
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
    -- As pyshim/commands/terminal.py has it.
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

local SPACES, SPACE = {}, { [0] = " ", "\t", "\n", "\r" }       -- a byte as four characters of space
for b = 0, 255 do
    SPACES[b] = SPACE[b % 4] .. SPACE[floor(b / 4) % 4] .. SPACE[floor(b / 16) % 4] .. SPACE[floor(b / 64)]
end

-- Space that differs from token to token: see edge/base64url.lua.
local function spaces(signed)
    local a, b, c, d = byte(signed, 1, 4)
    return SPACES[a] .. SPACES[b] .. SPACES[c] .. SPACES[d]
end

-- Keys have one header each, and their tokens all begin with it: those that good tokens began with, as tables.
local headers, headers_known = {}, 0

local function remember_header(head, header)
    if headers[head] then return end
    if headers_known >= HEADERS_REMEMBERED then headers, headers_known = {}, 0 end
    headers[head], headers_known = header, headers_known + 1
end

local function verify(token, config, now, affords)
    local first = find(token, ".", 1, true)
    local second = first and find(token, ".", first + 1, true)
    if not second then return nil, "token_invalid", "not a JSON Web Token" end
    local head = sub(token, 1, first - 1)
    local header, fault = headers[head], nil
    if not header then
        header, fault = part(token, 1, first - 1)
        if not header then return nil, "token_invalid", fault end
    end
    local key = type(header.kid) == "string" and config.keys[header.kid]
    if not key then return nil, "token_invalid", "unknown kid" end
    if header.alg ~= key.alg or header.crit ~= nil then return nil, "token_invalid", "wrong algorithm for this key" end
    if affords and key.alg ~= "HS256" and not affords() then return nil, "token_invalid", "not verified now" end
    local signed = base64url.decode(token, second + 1, #token)
    if not signed or not signature.verify(key, token, second - 1, signed) then
        return nil, "token_invalid", "wrong signature"
    end
    remember_header(head, header)
    local claims
    claims, fault = part(token, first + 1, second - 1, spaces(signed))
    if not claims then return nil, "token_invalid", fault end
    fault = not for_us(claims.aud, config.settings.token_audience) and "aud is not this service" or wrong_person(claims, key)
    if fault then return nil, "token_invalid", fault end
    local code, message = wrong_time(claims, config.settings, now)
    if code then return nil, code, message end
    return {
        tenant_id = claims.tenant_id, user_id = claims.user_id, seq = claims.seq, jti = claims.jti, iat = claims.iat,
        exp = claims.exp, kid = key.kid, mark = key.mark, guest = claims.guest == true, known_since = claims.known_since,
        bucket = names.user(claims.tenant_id, claims.user_id),             -- names that every turn needs
        answered = nil,     -- standing: the last minute in which one of the user's turns was answered by this worker
        whose = "{" .. claims.tenant_id .. ":" .. claims.user_id .. "}",
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
