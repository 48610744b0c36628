#!lua
-- Can anything be written here?
--
-- Without keys: whichever node of a cluster is asked answers for itself.
-- Returns "ok". Nothing is written: a script that says by its first line that it may write is refused by a Redis that takes nothing
-- (full: OOM; a replica: READONLY; a disk that fails: MISCONF; too few replicas: NOREPLICAS).

return redis.status_reply("ok")
