-- Where did a turn's time go at the edge, and who is told?
--
-- A turn whose trace is kept (gateway/conf.d/trace.conf) leaves a span for the edge and one for each layer it reached. They wait in this
-- worker's own bounded list and are sent once a second, as OTLP over HTTP in JSON; no turn waits for that. Where the collector is away
-- or slow they are dropped, and counted. No span holds what was said, nor who said it.

local cjson = require "cjson"
local metrics = require "edge.metrics"

local format, sub, concat, encode = string.format, string.sub, table.concat, cjson.encode
local WAITING_MOST, BATCH = 4096, 512
local TIMEOUT_MS = 3000     -- nobody waits for it but the next batch
local SENT, DROPPED = 'sluice_spans_total{outcome="sent"}', 'sluice_spans_total{outcome="dropped"}'
local SERVER, INTERNAL, FAILED = 2, 1, ',"status":{"code":2}'

local _M = {}
local collector         -- {host, port, path}, nil: nobody asks
local waiting = {}
local sending = false

-- host: "" where no collector is set.
function _M.begin(host, port, path)
    collector = host ~= "" and { host = host, port = port, path = path } or nil
end

local function attribute(name, value)
    return '{"key":"' .. name .. '","value":{"stringValue":' .. encode(tostring(value)) .. "}}"
end

local function leave(trace, id, parent, name, kind, from, to, attributes, failed)
    if #waiting >= WAITING_MOST then return metrics.add(DROPPED, 1) end
    waiting[#waiting + 1] = format(
        '{"traceId":"%s","spanId":"%s"%s,"name":"%s","kind":%d,"startTimeUnixNano":"%.0f","endTimeUnixNano":"%.0f","attributes":[%s]%s}',
        trace, id, parent ~= "" and ',"parentSpanId":"' .. parent .. '"' or "", name, kind, from * 1e9, to * 1e9,
        concat(attributes, ","), failed and FAILED or "")
end

-- A turn is over. layer: who answered it.
function _M.turn(turn, layer, status, seconds)
    if not collector then return end
    local var = ngx.var
    if var.sluice_trace_kept ~= "01" then return end
    local trace, span = var.sluice_trace_id, var.sluice_span
    local from = ngx.req.start_time()
    leave(trace, span, var.sluice_trace_parent, "edge", SERVER, from, from + seconds, {
        attribute("sluice.turn_id", var.request_id), attribute("sluice.tenant", turn.tenant_id or "-"),
        attribute("sluice.answered_by", layer), attribute("sluice.config_version", turn.config and turn.config.name or ""),
        attribute("http.response.status_code", status),
    }, status >= 500)
    local before = from
    for number = 1, turn.reached do
        local after = before + turn.spent_us[number] * 1e-6
        -- The second half of the turn's id names layers, as its first half names the edge.
        if after > before then          -- else it was taken up in a named location, and nobody knows its times any more
            leave(trace, sub(var.request_id, 17, 31) .. number, span, turn.layers[number].name, INTERNAL, before, after, {})
        end
        before = after
    end
end

local function posted(body)
    local socket = ngx.socket.tcp()
    socket:settimeout(TIMEOUT_MS)
    if not socket:connect(collector.host, collector.port) then return false end
    local sent = socket:send {
        "POST ", collector.path, " HTTP/1.1\r\nHost: ", collector.host, "\r\nContent-Type: application/json\r\nContent-Length: ",
        #body, "\r\nConnection: close\r\n\r\n", body,
    }
    local line = sent and socket:receive("*l")
    socket:close()
    return line ~= nil and line ~= false and line:find("^HTTP/1%.%d 2") ~= nil
end

-- Once a second. node: this machine's name.
function _M.flush(node)
    if sending or #waiting == 0 then return end
    sending = true
    local all = waiting
    waiting = {}
    local resource = attribute("service.name", "sluice-edge") .. "," .. attribute("host.name", node)
    local there = true
    for first = 1, #all, BATCH do
        local last = math.min(first + BATCH - 1, #all)
        if there then
            local sound
            sound, there = pcall(posted, '{"resourceSpans":[{"resource":{"attributes":[' .. resource
                .. ']},"scopeSpans":[{"scope":{"name":"sluice"},"spans":[' .. concat(all, ",", first, last) .. "]}]}]}")
            there = sound and there
        end
        metrics.add(there and SENT or DROPPED, last - first + 1)
    end
    sending = false
end

return _M
