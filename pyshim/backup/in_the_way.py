"""Which keys of Redis are in the way of a restore?

One of another kind than it should be is somebody else's mistake. It is named before anything is written, so that nobody comes
back by half. All keys are asked for, a few at a time, with rests, for turns go on.
"""

import asyncio
import time
from collections.abc import Iterable, Iterator
from itertools import chain, islice

from pyshim.backup import keys, record
from pyshim.backup.record import Record
from pyshim.configuration.configuration import LOG, NEWEST
from pyshim.configuration.configuration import RECORD as CONFIGURATION
from pyshim.configuration.store import NUMBERS
from pyshim.errors import BadBackup
from pyshim.identity.revocations import KEYS as REVOKED
from pyshim.outside import kinds
from pyshim.outside.redis import Redis
from pyshim.rollout.rollout import RECORD as ROLLOUT
from pyshim.turns import journal

AT_ONCE, SHOWN = 200, 5
OF_ALL = {
    **{CONFIGURATION: "string", NEWEST: "string", NUMBERS: "zset", LOG: "list", ROLLOUT: "string", journal.INDEX: "zset"},
    **dict(zip(REVOKED, ("zset", "zset", "string"), strict=True)),
}


async def check(redis: Redis, records: Iterable[Record], forgotten: Iterable[str]) -> None:
    """forgotten: whose. Raises RedisAway; BadBackup, which names the keys, what they are, and what is wanted."""
    wanted = chain(OF_ALL.items(), *(map(keys.kinds_of, forgotten)), chain.from_iterable(map(_written, records)))
    found: set[str] = set()
    while some := list(islice(wanted, AT_ONCE)):
        began = time.monotonic()
        found.update(await asyncio.gather(*(kinds.wrong(redis, key, kind) for key, kind in some)))
        await asyncio.sleep(time.monotonic() - began)
    if named := sorted(found - {""}):
        more = f"; and {len(named) - SHOWN:,} more" if len(named) > SHOWN else ""
        said = f"Redis at {redis.where}: {'; '.join(named[:SHOWN])}{more}"
        raise BadBackup(f"{said}: to be renamed or deleted, then the same command goes on")


def _written(found: Record) -> Iterator[tuple[str, str]]:
    match found:
        case record.User() | record.Forgotten() | record.Agreed():
            yield from keys.kinds_of(found.whose)
        case record.Consents():
            yield journal.consents_of(found.tenant), "stream"
        case record.Piece():
            yield found.key, "string"
