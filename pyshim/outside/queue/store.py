"""What must keep a queue's jobs be able to do?

Each of these happens whole or not at all, and whoever does not hear the answer may say it again. All raise Away.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from pyshim.outside.queue.job import Job, Key, Lag, Partition, Tried

CLAIM_S = 1.5  # so long is a claim good that nobody renews


class Bounds(NamedTuple):
    """Of one partition."""

    jobs: int
    bytes: int


class Claim(NamedTuple):
    """fence: 0 where another member has it; orphaned: who had it never gave it back; more: is there something nobody read."""

    fence: int
    orphaned: bool = False
    more: bool = False


class Entry(NamedTuple):
    """One job where it stands. at: when it was put, or was due; seconds since 1970."""

    entry: str
    key: Key
    job: Job
    at: float
    tried: Tried


class Read(NamedTuple):
    """due_s: until the next delayed job is due, None where there is none."""

    entries: list[Entry]
    due_s: float | None


class End(NamedTuple):
    """tried: None where it is done; else what is known of it, and aside: whether it is tried no more."""

    entry: str
    id: str
    tried: Tried | None = None
    aside: bool = False


class Seen(NamedTuple):
    """Who is there, and which partitions are."""

    members: list[str]
    partitions: list[Partition]


class Store(Protocol):
    async def put(self, key: Key, job: Job, bounds: Bounds) -> None:
        """Returns when it is durable, or was put before. Raises QueueFull."""

    async def beat(self, who: str) -> Seen:
        """I am there, for another CLAIM_S."""

    async def partitions(self) -> list[Partition]:
        """All that ever had a job."""

    async def leave(self, who: str) -> None:
        """I am not there any more."""

    async def claim(self, partition: Partition, who: str, fence: int) -> Claim:
        """Takes a partition that nobody has, or renews. fence: of the claim that is renewed, else 0."""

    async def give_back(self, partition: Partition, who: str, fence: int) -> None:
        """Somebody else may have it at once."""

    async def read(self, partition: Partition, who: str, fence: int, most: int, after: str | None) -> Read:
        """The next ones nobody read; with after, an entry ("" for the first), those that were read and are not done. Raises
        ClaimLost."""

    async def begin(self, partition: Partition, who: str, fence: int, entry: str, tried: Tried) -> None:
        """Writes down that it is begun once more. Raises ClaimLost."""

    async def settle(self, partition: Partition, who: str, fence: int, ends: Sequence[End]) -> None:
        """Raises ClaimLost; then nothing is changed."""

    async def lag(self, partition: Partition) -> Lag: ...

    async def listen(self, rung: Callable[[Partition], None]) -> None:
        """Tells of partitions in which there may be something new, as far as that is heard; for ever."""
