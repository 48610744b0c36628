-- Is this text signed with that key?
--
-- The only file that knows libcrypto. nginx has it linked already (Debian's and OpenResty's); outside nginx (unit tests) it is
-- loaded by name. A key has one algorithm and is opened once; what a token says chooses neither.
--
--   HS256  HMAC with SHA-256 (RFC 2104), compared in constant time. What a key alone decides, the two hashes' first blocks, is computed
--          when it is opened: libcrypto's own HMAC() looks up its algorithm each time, which takes longer than the hashes
--   RS256  RSASSA-PKCS1-v1_5 with SHA-256; a signature is as long as the modulus
--   ES256  ECDSA on P-256 with SHA-256; 64 bytes r and s, which libcrypto wants as DER; neither may be zero
--   EdDSA  Ed25519; 64 bytes

local ffi = require "ffi"

ffi.cdef [[
const void *sluice_EVP_sha256(void) __asm__("EVP_sha256");
int sluice_EVP_DigestInit_ex(void *context, const void *md, void *engine) __asm__("EVP_DigestInit_ex");
int sluice_EVP_DigestUpdate(void *context, const void *text, size_t text_len) __asm__("EVP_DigestUpdate");
int sluice_EVP_DigestFinal_ex(void *context, unsigned char *out, unsigned int *out_len) __asm__("EVP_DigestFinal_ex");
int sluice_EVP_MD_CTX_copy_ex(void *into, const void *from) __asm__("EVP_MD_CTX_copy_ex");
int sluice_CRYPTO_memcmp(const void *a, const void *b, size_t len) __asm__("CRYPTO_memcmp");
void *sluice_d2i_PUBKEY(void *into, const unsigned char **der, long len) __asm__("d2i_PUBKEY");
void sluice_EVP_PKEY_free(void *key) __asm__("EVP_PKEY_free");
void *sluice_EVP_MD_CTX_new(void) __asm__("EVP_MD_CTX_new");
void sluice_EVP_MD_CTX_free(void *context) __asm__("EVP_MD_CTX_free");
int sluice_EVP_MD_CTX_reset(void *context) __asm__("EVP_MD_CTX_reset");
int sluice_EVP_DigestVerifyInit(void *context, void **key_context, const void *md, void *engine, void *key)
    __asm__("EVP_DigestVerifyInit");
int sluice_EVP_DigestVerify(void *context, const unsigned char *signature, size_t signature_len, const unsigned char *text,
                            size_t text_len) __asm__("EVP_DigestVerify");
void sluice_ERR_clear_error(void) __asm__("ERR_clear_error");
]]

local function libcrypto()
    if pcall(function() return ffi.C.sluice_EVP_DigestVerify, ffi.C.sluice_d2i_PUBKEY end) then return ffi.C end
    return ffi.load("libcrypto.so.3")
end

local crypto = libcrypto()
local sha256 = crypto.sluice_EVP_sha256()
local context = crypto.sluice_EVP_MD_CTX_new()          -- one for each process, used by one verification after the other
local mac = ffi.new("unsigned char[32]")
local byte, char, sub, gsub = string.byte, string.char, string.sub, string.gsub
local bxor = require("bit").bxor
local BLOCK_BYTES = 64

local _M = {}

local function signed(key, md, text, length, signature)
    local good = crypto.sluice_EVP_MD_CTX_reset(context) == 1
        and crypto.sluice_EVP_DigestVerifyInit(context, nil, md, nil, key.public) == 1
        and crypto.sluice_EVP_DigestVerify(context, signature, #signature, text, length) == 1
    if not good then crypto.sluice_ERR_clear_error() end        -- nginx would report it as its own
    return good
end

-- A number of 32 bytes as a DER INTEGER; nil for zero.
local function integer(bytes)
    bytes = gsub(bytes, "^%z+", "")
    if bytes == "" then return nil end
    if byte(bytes) >= 0x80 then bytes = "\0" .. bytes end
    return "\2" .. char(#bytes) .. bytes
end

local METHODS = {}

local function sound(...)
    for i = 1, select("#", ...) do
        if select(i, ...) ~= 1 then error("libcrypto could not compute HMAC-SHA256") end
    end
end

-- A hash that has read one block: the secret, each byte of it xor mask.
local function begun(secret, mask)
    local block = {}
    for i = 1, BLOCK_BYTES do block[i] = char(bxor(byte(secret, i) or 0, mask)) end
    local hash = ffi.gc(crypto.sluice_EVP_MD_CTX_new(), crypto.sluice_EVP_MD_CTX_free)
    sound(crypto.sluice_EVP_DigestInit_ex(hash, sha256, nil), crypto.sluice_EVP_DigestUpdate(hash, table.concat(block), BLOCK_BYTES))
    return hash
end

-- SHA-256, 32 bytes.
local function hashed(secret)
    sound(crypto.sluice_EVP_MD_CTX_reset(context), crypto.sluice_EVP_DigestInit_ex(context, sha256, nil),
        crypto.sluice_EVP_DigestUpdate(context, secret, #secret), crypto.sluice_EVP_DigestFinal_ex(context, mac, nil))
    return ffi.string(mac, 32)
end

function METHODS.HS256(key, text, length, signature)
    if #signature ~= 32 then return false end
    sound(crypto.sluice_EVP_MD_CTX_copy_ex(context, key.inner), crypto.sluice_EVP_DigestUpdate(context, text, length),
        crypto.sluice_EVP_DigestFinal_ex(context, mac, nil))
    sound(crypto.sluice_EVP_MD_CTX_copy_ex(context, key.outer), crypto.sluice_EVP_DigestUpdate(context, mac, 32),
        crypto.sluice_EVP_DigestFinal_ex(context, mac, nil))
    return crypto.sluice_CRYPTO_memcmp(mac, signature, 32) == 0
end

function METHODS.RS256(key, text, length, signature)
    return signed(key, sha256, text, length, signature)
end

function METHODS.ES256(key, text, length, signature)
    if #signature ~= 64 then return false end
    local r, s = integer(sub(signature, 1, 32)), integer(sub(signature, 33))
    return r ~= nil and s ~= nil and signed(key, sha256, text, length, "\48" .. char(#r + #s) .. r .. s)
end

function METHODS.EdDSA(key, text, length, signature)
    return #signature == 64 and signed(key, nil, text, length, signature)
end

_M.sha256 = hashed

-- key: kid, alg, and what verifies as raw bytes: the secret, or a public key in DER (SubjectPublicKeyInfo).
-- Returns the key, ready for verify; or nil and an error.
function _M.open(key, verifies)
    if not METHODS[key.alg] then return nil, "key " .. key.kid .. ": unknown algorithm " .. tostring(key.alg) end
    if key.alg == "HS256" then
        local secret = #verifies > BLOCK_BYTES and hashed(verifies) or verifies
        key.inner, key.outer = begun(secret, 0x36), begun(secret, 0x5c)
        return key
    end
    local der = ffi.new("const unsigned char *[1]", { ffi.cast("const unsigned char *", verifies) })
    local public = crypto.sluice_d2i_PUBKEY(nil, der, #verifies)
    if public == nil then
        crypto.sluice_ERR_clear_error()
        return nil, "key " .. key.kid .. ": this nginx's libcrypto cannot read it (" .. key.alg .. ")"
    end
    key.public = ffi.gc(public, crypto.sluice_EVP_PKEY_free)
    return key
end

-- Of the text its first length bytes are signed. signature: raw bytes, of whatever length.
function _M.verify(key, text, length, signature)
    return METHODS[key.alg](key, text, length, signature)
end

return _M
