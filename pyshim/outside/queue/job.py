"""What is a job, and whose order is it in?"""

from dataclasses import dataclass, field
from typing import NamedTuple
from zlib import crc32

import msgspec

PARTITIONS = 4  # of a tenant's jobs of one kind; another number would take keys out of their order


class Key(NamedTuple):
    """Jobs of one key are done one after the other. who: a user, or whatever else has an order of its own."""

    tenant: str
    kind: str
    who: str

    @property
    def partition(self) -> "Partition":
        return Partition(self.tenant, self.kind, crc32(self.who.encode()) % PARTITIONS)


class Partition(NamedTuple):
    """A part of a tenant's jobs that one member owns."""

    tenant: str
    kind: str
    number: int

    def __str__(self) -> str:
        return f"{self.tenant}:{self.kind}:{self.number}"

    @classmethod
    def read(cls, name: str) -> "Partition":
        """What str() made."""
        tenant, kind, number = name.rsplit(":", 2)
        return cls(tenant, kind, int(number))


class Job(msgspec.Struct, frozen=True, omit_defaults=True):
    """id: put twice while it is undone it is one job; due: not begun before; deadline: after it only the truth can be told, 0 for
    none (both seconds since 1970); tries: after so many failures it goes aside; trace: W3C traceparent."""

    id: str
    body: bytes = b""
    due: float = 0.0
    deadline: float = 0.0
    tries: int = 3
    trace: str = ""


class Fault(msgspec.Struct, frozen=True):
    """at: seconds since 1970."""

    at: float
    why: str


class Tried(msgspec.Struct, frozen=True):
    """What is known of a job that was begun and is not done. due: of the next try."""

    count: int = 0
    due: float = 0.0
    faults: list[Fault] = []

    def after(self, fault: Fault, due: float) -> "Tried":
        return Tried(self.count + 1, due, [*self.faults[-9:], fault])


@dataclass(eq=False, slots=True)
class Taken:
    """A job in the hands of a member, until it is done. at: when it was put, or was due, seconds since 1970; fence: of the claim;
    entry: where it stands. Who cannot do it says why (fault) and in how many seconds another try is worth it."""

    key: Key
    job: Job
    at: float
    fence: int
    entry: str
    tried: Tried = field(default_factory=Tried)
    fault: str = ""
    again_s: float = 0.0


class Lag(NamedTuple):
    """jobs: that are not done; oldest_s: since the oldest was put, or was due; aside: how many failed."""

    jobs: int
    oldest_s: float
    aside: int
