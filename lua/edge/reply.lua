-- How does a reply look to a client?
--
-- A reply is a table: status, body (JSON text), headers (optional). An answer has status 200; a refusal has any
-- other status and the error body. Nothing here sends anything.

local cjson = require "cjson"

local encode = cjson.encode
local _M = {}

-- An answer. body: the whole JSON object, already encoded.
function _M.answer(body)
    return { status = 200, body = body }
end

-- A refusal. code: one of those in the OpenAPI description; message: one sentence for a developer.
function _M.refusal(turn, status, code, message, headers)
    local body = encode { error = { code = code, message = message, turn_id = turn.id } }
    return { status = status, code = code, body = body, headers = headers }
end

return _M
