-- Which common question is this, judged by its characters alone?
--
-- fastText's model over hashed character n-grams, read straight from a memory-mapped router.bin. The numpy
-- reference is pyshim/language/router.py; both must give the same logits for any bytes whatever.
--
--   router.open(path)       -> router, or nil and one sentence that says what is wrong with the file
--   r:guess(text, columns, priors)  -> label index (1-based), probability; nil when the text has no guess
--   r:close()               gives the mapped file back
--   r:logits(text)          -> Lua array of r.classes numbers; nil when the text has no guess
--
-- columns is a Lua array of 0-based classes that compete, priors what is added to the score of each. The probability is the
-- softmax over those alone. A text has no guess when folding leaves nothing, only a number, or more symbols than the file
-- says: 64 unless it says otherwise, 256 at most.
--
-- Folding. Full-width forms become ASCII, capitals become small; letters, digits and CJK ideographs stay, all
-- else is dropped. Digits with no kept symbol between them are one '0' ("2023-11-05" is '0'). Bytes that are not
-- UTF-8 are dropped too: no sequence of two or four bytes is ever kept, so reading one byte, or three after
-- E0..EF, and skipping a byte whenever that fails, keeps exactly what a strict decoder keeps.
--
-- router.bin, little endian: "SLRT", u32 version, buckets, dims, classes, min_n, max_n, most symbols (0: 64); then
-- int8 table[buckets][dims]; float32 weight[classes][dims]; float32 bias[classes].
--
-- A file is replaced by renaming a new one over it, never by writing into it: a mapped page that vanishes would
-- kill the worker. Scratch space is one for the Lua state, and no call yields, so none sees another's.

local ffi = require "ffi"
local bit = require "bit"

local band, bxor, rshift, tobit = bit.band, bit.bxor, bit.rshift, bit.tobit
local byte, exp, floor = string.byte, math.exp, math.floor

-- Under names of their own, so that another file's declaration of open() cannot clash with these.
ffi.cdef [[
int router_sys_open(const char *path, int flags, ...) __asm__("open");
int router_sys_close(int fd) __asm__("close");
int64_t router_sys_lseek(int fd, int64_t offset, int whence) __asm__("lseek");
void *router_sys_mmap(void *at, size_t bytes, int prot, int flags, int fd, int64_t offset) __asm__("mmap");
int router_sys_munmap(void *at, size_t bytes) __asm__("munmap");
char *router_sys_strerror(int code) __asm__("strerror");
]]

local C = ffi.C
local O_RDONLY_CLOEXEC, SEEK_END, PROT_READ, MAP_SHARED = 0x80000, 2, 1, 1
local MAP_FAILED = ffi.cast("void *", -1)
local HEADER_BYTES, VERSION, USUAL_SYMBOLS, MAX_SYMBOLS, MAX_DIMS, MAX_N = 32, 1, 64, 256, 256, 5
local MULTIPLIER = 385973 -- below 2^19, so that its product with any 32-bit number is exact in a double

local symbols = ffi.new("int32_t[?]", MAX_SYMBOLS + 2)
local hidden = ffi.new("double[?]", MAX_DIMS)
local scores = {}

local Router = {}
Router.__index = Router

local function os_error(path, what)
  return path .. ": cannot " .. what .. ": " .. ffi.string(C.router_sys_strerror(ffi.errno()))
end

-- Maps a whole file for reading; the pages go back when the last reference to the pointer goes.
local function map(path)
  local fd = C.router_sys_open(path, O_RDONLY_CLOEXEC)
  if fd < 0 then
    return nil, os_error(path, "open")
  end
  local bytes = tonumber(C.router_sys_lseek(fd, 0, SEEK_END))
  if bytes < HEADER_BYTES then
    C.router_sys_close(fd)
    return nil, path .. ": not a router file: shorter than its header"
  end
  local at = C.router_sys_mmap(nil, bytes, PROT_READ, MAP_SHARED, fd, 0)
  local err = at == MAP_FAILED and os_error(path, "map") or nil
  C.router_sys_close(fd)
  if err then
    return nil, err
  end
  return ffi.gc(at, function(mapped) C.router_sys_munmap(mapped, bytes) end), bytes
end

local function wrong_header(head, bytes)
  if ffi.string(head, 4) ~= "SLRT" then
    return "not a router file: its first four bytes are not SLRT"
  elseif head[1] ~= VERSION or head[7] > MAX_SYMBOLS then
    return "version " .. tonumber(head[1]) .. " is not known here, wanted " .. VERSION
  end
  local buckets, dims, classes = tonumber(head[2]), tonumber(head[3]), tonumber(head[4])
  if buckets < 4 or band(buckets, buckets - 1) ~= 0 or dims < 1 or dims > MAX_DIMS or classes < 1 then
    return "impossible shape: " .. buckets .. " buckets, " .. dims .. " dims, " .. classes .. " classes"
  elseif head[5] < 1 or head[5] > head[6] or head[6] > MAX_N then
    return "impossible n-grams: " .. tonumber(head[5]) .. " to " .. tonumber(head[6])
  end
  local wanted = HEADER_BYTES + buckets * dims + 4 * classes * (dims + 1)
  if bytes ~= wanted then
    return "wrong size: " .. bytes .. " bytes, wanted " .. wanted
  end
end

local function all_finite(numbers, count)
  for i = 0, count - 1 do
    if numbers[i] - numbers[i] ~= 0 then
      return false
    end
  end
  return true
end

-- Gives the pages back now, and not when the last reference is collected. What is asked of it afterwards is an error.
function Router:close()
  if self.mapping then
    C.router_sys_munmap(ffi.gc(self.mapping, nil), self.bytes)
    self.mapping, self.rows, self.weight, self.bias = nil, nil, nil, nil
  end
end

local function open(path)
  local at, bytes = map(path)
  if not at then
    return nil, bytes
  end
  local head = ffi.cast("const uint32_t *", at)
  local wrong = wrong_header(head, bytes)
  if wrong then
    return nil, path .. ": " .. wrong
  end
  local buckets, dims, classes = tonumber(head[2]), tonumber(head[3]), tonumber(head[4])
  local start = ffi.cast("const char *", at) + HEADER_BYTES
  local weight = ffi.cast("const float *", start + buckets * dims)
  if not all_finite(weight, classes * (dims + 1)) then
    return nil, path .. ": holds weights that are not numbers"
  end
  return setmetatable({
    mapping = at, bytes = bytes,
    mask = buckets - 1, dims = dims, classes = classes,
    min_n = tonumber(head[5]), max_n = tonumber(head[6]),
    most = head[7] == 0 and USUAL_SYMBOLS or tonumber(head[7]),
    rows = ffi.cast("const int8_t *", start),
    weight = weight,
    bias = weight + classes * dims,
  }, Router)
end

-- One code point to the symbol it stands for; nil when it is dropped.
local function symbol_of(cp)
  if cp >= 0x4E00 and cp <= 0x9FFF or cp >= 0x3400 and cp <= 0x4DBF then
    return cp
  elseif cp >= 0xFF01 and cp <= 0xFF5E then
    cp = cp - 0xFEE0
  end
  if cp >= 97 and cp <= 122 then
    return cp
  elseif cp >= 65 and cp <= 90 then
    return cp + 32
  elseif cp >= 48 and cp <= 57 then
    return 48
  end
end

-- The code point that begins at byte i (0 where none that could be kept does) and the byte after it.
local function code_point(text, i, first)
  if first < 0x80 then
    return first, i + 1
  elseif first >= 0xE0 and first < 0xF0 then
    local second, third = byte(text, i + 1, i + 2)
    if third and second >= 0x80 and second < 0xC0 and third >= 0x80 and third < 0xC0 then
      local cp = (first - 0xE0) * 4096 + (second - 0x80) * 64 + third - 0x80
      return cp >= 0x800 and cp or 0, i + 3 -- below 0x800 is an overlong form, which no decoder takes
    end
  end
  return 0, i + 1
end

-- Fills symbols with '<', the folded text, '>'; returns how many, or nil for a text without a guess.
local function fold(text, most)
  local n, last, i, length = 1, 0, 1, #text
  while i <= length do
    local cp
    cp, i = code_point(text, i, byte(text, i))
    local symbol = symbol_of(cp)
    if symbol and not (symbol == 48 and last == 48) then
      if n > most then
        return nil
      end
      symbols[n], last, n = symbol, symbol, n + 1
    end
  end
  if n == 1 or n == 2 and last == 48 then
    return nil
  end
  symbols[0], symbols[n] = 60, 62
  return n + 1
end

-- Fills hidden with the sum of the rows of all n-grams; returns how many rows that was.
local function sum_rows(self, length)
  local rows, dims, mask, min_n, max_n = self.rows, self.dims, self.mask, self.min_n, self.max_n
  ffi.fill(hidden, dims * 8)
  local count, whole = 0, dims - dims % 4 -- four at once: LuaJIT unrolls no loop
  for start = 0, length - 1 do
    local h, stop = 0, start + max_n - 1
    local boundary = start == 0 or start == length - 1
    for at = start, stop < length and stop or length - 1 do
      h = tobit(bxor(h, symbols[at]) * MULTIPLIER)
      local n = at - start + 1
      if n >= min_n and not (n == 1 and boundary) then
        local row = band(bxor(h, rshift(h, 15)), mask) * dims
        for d = 0, whole - 1, 4 do
          local from = row + d
          hidden[d] = hidden[d] + rows[from]
          hidden[d + 1] = hidden[d + 1] + rows[from + 1]
          hidden[d + 2] = hidden[d + 2] + rows[from + 2]
          hidden[d + 3] = hidden[d + 3] + rows[from + 3]
        end
        for d = whole, dims - 1 do
          hidden[d] = hidden[d] + rows[row + d]
        end
        count = count + 1
      end
    end
  end
  return count
end

-- Fills hidden with the mean row of the text; nil for a text without a guess.
local function read(self, text)
  local length = fold(text, self.most)
  local count = length and sum_rows(self, length) or 0
  if count == 0 then
    return nil
  end
  for d = 0, self.dims - 1 do
    hidden[d] = hidden[d] / count
  end
  return true
end

-- Four sums at once: one alone would wait for each addition before the next.
local function score(self, class)
  local dims, weight = self.dims, self.weight
  local row, whole = class * dims, dims - dims % 4
  local one, two, three, four = self.bias[class], 0, 0, 0
  for d = 0, whole - 1, 4 do
    local at = row + d
    one = one + weight[at] * hidden[d]
    two = two + weight[at + 1] * hidden[d + 1]
    three = three + weight[at + 2] * hidden[d + 2]
    four = four + weight[at + 3] * hidden[d + 3]
  end
  for d = whole, dims - 1 do
    one = one + weight[row + d] * hidden[d]
  end
  return (one + two) + (three + four)
end

function Router:guess(text, columns, priors)
  if not read(self, text) then
    return nil
  end
  local best, best_score = 0, -math.huge
  for i = 1, #columns do
    local class = columns[i]
    if class < 0 or class >= self.classes then
      error("column " .. class .. " is not one of " .. self.classes .. " classes")
    end
    local s = score(self, class) + priors[i]
    scores[i] = s
    if s > best_score then
      best, best_score = class, s
    end
  end
  local total = 0
  for i = 1, #columns do
    total = total + exp(scores[i] - best_score)
  end
  return best + 1, 1 / total
end

function Router:logits(text)
  if not read(self, text) then
    return nil
  end
  local logits = {}
  for class = 0, self.classes - 1 do
    logits[class + 1] = score(self, class)
  end
  return logits
end

-- The symbols of a text as a Lua array, '<' and '>' included: for tests and for looking at what the router saw.
local function folded(text, most)
  local length = fold(text, most or USUAL_SYMBOLS)
  local list = length and {} or nil
  for i = 1, length or 0 do
    list[i] = symbols[i - 1]
  end
  return list
end

return { open = open, fold = folded }
