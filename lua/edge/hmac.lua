-- Is this the HMAC-SHA256 of that text?
--
-- libcrypto is linked into nginx already (Debian's and OpenResty's); outside nginx (unit tests) it is loaded by name.

local ffi = require "ffi"

ffi.cdef [[
const void *sluice_EVP_sha256(void) __asm__("EVP_sha256");
unsigned char *sluice_HMAC(const void *md, const void *key, int key_len, const unsigned char *text, size_t text_len,
                           unsigned char *out, unsigned int *out_len) __asm__("HMAC");
]]

local function libcrypto()
    if pcall(function() return ffi.C.sluice_EVP_sha256 end) then return ffi.C end
    return ffi.load("libcrypto.so.3")
end

local crypto = libcrypto()
local sha256 = crypto.sluice_EVP_sha256()
local out = ffi.new("unsigned char[32]")
local out_len = ffi.new("unsigned int[1]")
local bxor, bor = bit.bxor, bit.bor
local byte = string.byte

local _M = {}

-- The 32 raw bytes.
function _M.sha256(key, text)
    if crypto.sluice_HMAC(sha256, key, #key, text, #text, out, out_len) == nil then
        error("libcrypto could not compute HMAC-SHA256")
    end
    return ffi.string(out, 32)
end

-- Compares in constant time.
function _M.verify(key, text, signature)
    if #signature ~= 32 then return false end
    local mine, difference = _M.sha256(key, text), 0
    for i = 1, 32 do
        difference = bor(difference, bxor(byte(mine, i), byte(signature, i)))
    end
    return difference == 0
end

return _M
