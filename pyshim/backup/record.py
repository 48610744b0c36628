"""What is a backup of?

A header, then records, then the end, which says how many records of each kind there are. Values stand as they stand in Redis:
who reads them knows them. Moments are milliseconds since 1970 by the clock of the Redis that has the key; until: when a key goes,
0 for never. A field is only ever added at the end, with a default: another order is another FORMAT.
"""

from collections.abc import Iterable

import msgspec

from pyshim.outside.pipeline import Argument

FORMAT = 1
Event = tuple[bytes, list[bytes]]  # of a stream: its id, and fields and values in turn


class Header(msgspec.Struct, frozen=True):
    """at: when the backup began, seconds since 1970; by: who typed it; of: where that Redis was."""

    sluice: str
    format: int
    version: str
    at: float
    by: str
    of: str


class _Record(msgspec.Struct, frozen=True, tag=True, array_like=True):
    pass


class Piece(_Record, frozen=True):
    """A key of the configuration's versions (pyshim/configuration/store.py)."""

    key: str
    value: bytes


class Configuration(_Record, frozen=True):
    """Which version serves: the record as it stands; numbers: of the versions whose pieces came before; lines: of the log, the
    newest first."""

    record: bytes
    numbers: list[int]
    newest: int
    lines: list[bytes]


class Rollout(_Record, frozen=True):
    """Which version of the model serves: the record as it stands."""

    record: bytes


class Revoked(_Record, frozen=True):
    """What was said of tokens: the text as it stands, and when it is over, seconds since 1970."""

    text: bytes
    until: int


class Consents(_Record, frozen=True):
    """Some of a tenant's consents and of what came of them, in their order. Those of a tenant follow each other."""

    tenant: str
    entries: list[Event]


class User(_Record, frozen=True):
    """What is kept of a user's conversations, all of one moment (lua/redis/whole-6.lua). whose: tenant:user."""

    whose: str
    at: int
    state: bytes
    state_until: int
    turns: list[bytes]
    turns_until: int
    intents: list[bytes]
    intents_until: int
    calls: list[bytes]
    calls_until: int
    events: list[Event]
    events_until: int


class Forgotten(_Record, frozen=True):
    """When a user was forgotten. It stands behind all users: who was forgotten while the backup ran is forgotten in it."""

    whose: str
    at: int
    until: int


class Agreed(_Record, frozen=True):
    """Which entries of the tenant's consents are this user's."""

    whose: str
    entries: list[bytes]
    until: int


class End(_Record, frozen=True):
    """counts: of records by kind; digest: SHA-256 of all that stands before it."""

    counts: dict[str, int]
    digest: bytes


Record = Piece | Configuration | Rollout | Revoked | Consents | User | Forgotten | Agreed | End

encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(Record).decode
read_header = msgspec.json.Decoder(Header).decode
write_header = msgspec.json.Encoder().encode


def tenant_of(whose: str) -> str:
    """No tenant's name has a colon in it, a user's may."""
    return whose.partition(":")[0]


def user_of(whose: str) -> str:
    return whose.partition(":")[2]


def of(event: Event) -> str:
    """Whose entry of the consents it is; "" where it does not say."""
    fields = event[1]
    return fields[fields.index(b"user") + 1].decode() if b"user" in fields[::2] else ""


def flat(event: Event) -> Iterable[Argument]:
    """As XADD takes it."""
    return event[0], *event[1]
