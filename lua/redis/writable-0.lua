#!lua
-- Can anything be written here?
--
-- Names no key: of a cluster, each master is asked.
-- Returns "ok". Nothing is written: a script that says by its first line that it may write is refused by a Redis that takes nothing
-- (full: OOM; a replica: READONLY; a disk that fails: MISCONF; too few replicas: NOREPLICAS).

return redis.status_reply("ok")
