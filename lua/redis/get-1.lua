-- What is stored here?
--
-- KEYS  any string
-- Returns it, or "" where there is nothing.

return redis.call("GET", KEYS[1]) or ""
