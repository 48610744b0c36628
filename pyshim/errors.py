"""What can go wrong in the shim?

Refusal          an answer with a status: the client did something that cannot be done
Conflict         another turn of the same conversation was written since this one was read
Away             something outside does not answer in time or at all
  RedisAway      the state store
    RedisTakesNothing  it is there, and cannot write: full, a replica, a disk that fails
    RedisRefused  it is there, takes what others write, and refuses this
  TritonAway     the model server, or its breaker is open
    TritonBusy   its queue is full: it is there, and rejects
QueueFull        a tenant has as many jobs waiting as it may
ClaimLost        somebody else has the partition a job was taken from
BadBackup        a backup cannot be made, or is none that can be read: which file, where, why
BadTenant        tenants' files cannot be served; all faults, each with file, line and what was wanted
"""


class Refusal(Exception):
    """A refusal is an answer. status: HTTP status; code and message as in the OpenAPI description."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, headers or {}


class Conflict(Exception):
    """Another turn of the same conversation was written since this one was read: it is to be read anew."""


class Away(Exception):
    """Something outside did not answer."""


class RedisAway(Away):
    """The state store did not answer."""


class RedisTakesNothing(RedisAway):
    """The state store is there, and refuses what writes."""


class RedisRefused(RedisAway):
    """The state store is there, takes what others write, and refuses this."""


class TritonAway(Away):
    """The model server did not answer, or its breaker is open."""


class TritonBusy(TritonAway):
    """The model server's queue is full."""


class QueueFull(Exception):
    """A tenant has as many jobs, or bytes of them, waiting as it may."""


class ClaimLost(Exception):
    """Somebody else has the partition that a job was taken from: what was done for it must not count."""


class BadTenant(Exception):
    """A tenant's files cannot be served. faults: a sentence each, naming file, line and what was wanted."""

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class BadBackup(Exception):
    """A backup cannot be written whole, or what is read is no whole backup. One sentence that says which, where and why."""
