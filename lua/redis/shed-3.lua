-- Is there something of this user that may go where memory is short?
--
-- KEYS  d:{t:u} dialogue state, h:{t:u} history, i:{t:u} last turn of each intent
-- ARGV  1 how many turns of history stay, 0 for none
--       2 seconds that the history must have left at most: of those that were added to last it has the most
-- Returns how many turns went.
--
-- An open dialogue, a call whose end the customer has not heard (c:{t:u}, in the slot of KEYS[1]) and what belongs to them never go.
-- No first line that says `#!lua`: a Redis that is full has to run this.

local calls = "c" .. string.sub(KEYS[1], 2)
if redis.call("EXISTS", KEYS[1], calls) > 0 or redis.call("TTL", KEYS[2]) > tonumber(ARGV[2]) then return 0 end
local stay, length = tonumber(ARGV[1]), redis.call("LLEN", KEYS[2])
if length <= stay then return 0 end
if stay == 0 then
    redis.call("DEL", KEYS[2], KEYS[3])
else
    redis.call("LTRIM", KEYS[2], 0, stay - 1)
end
return length - stay
