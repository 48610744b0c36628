if tonumber(redis.call("GET", KEYS[1]) or 0) > tonumber(ARGV[2]) then return 0 end
redis.call("SET", KEYS[1], ARGV[2])
if redis.call("SADD", KEYS[2], ARGV[1]) == 1 then redis.call("RPUSH", KEYS[3], ARGV[1]) end
return 1
