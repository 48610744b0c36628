-- What time is it where this is kept?
--
-- KEYS  whatever is kept there: TIME itself names no key, and another node of a cluster has another clock
-- Returns {seconds since 1970, microseconds of it}, text each.

return redis.call("TIME")
