"""How does a configuration that Redis lost come back?

From those who follow it: who knows the newest record puts the versions it names into Redis again, from this machine's copy
(pyshim/configuration/copy.py), and then the record (pyshim/agreement/lost.py).
"""

import logging
import time

from pyshim.agreement.lost import Lost
from pyshim.agreement.presence import fresh
from pyshim.configuration import presence
from pyshim.configuration.configuration import SEEN, Configuration, Records
from pyshim.configuration.copy import Copy
from pyshim.configuration.store import Event, Store
from pyshim.outside.redis import Redis

log = logging.getLogger(__name__)


class Restoring:
    """One process'. who: its name in the log of changes."""

    def __init__(self, redis: Redis, store: Store, copy: Copy, who: str) -> None:
        self._redis, self._store, self._copy, self._who = redis, store, copy, who
        self._records, self._lost = Records(redis), Lost(self._followed)
        self._said = False

    @property
    def knows(self) -> bool:
        """Does this machine keep anything?"""
        return self._copy.index() is not None

    async def _followed(self) -> list[int]:
        now = time.time()
        return [beat.seq for beat in fresh(presence.read(await self._redis.command("HGETALL", SEEN)), now).values()]

    async def beat(self, known: Configuration | None, found: Configuration | None) -> Configuration | None:
        """known: the record this process follows, None where it has heard of none yet: then what its machine keeps; found: what
        Redis has. Returns the record to follow from now on where that is another one. Raises RedisAway."""
        if found is not None and (known is None or found.seq >= known.seq):
            self._lost.found()
            return None
        index = self._copy.index()
        wanted = known or (index.record if index else None)
        if wanted is None:
            return None
        seq = await self._lost.due(wanted.seq, found.seq if found else 0)
        if not seq:
            return None
        after = await self._copy.give_back(wanted, seq)
        if after is None and index is not None and self._lost.long:  # the last change was lost with it
            after = await self._copy.give_back(index.record, seq)
        if after is None:
            if not self._said:
                log.error("Redis lost the configuration's record, and this machine does not keep version %s", wanted.serving)
            self._said = True
            return found if self._lost.long else None
        if not await self._records.write(after, found):
            return None
        await self._copy.give_back_log()
        await self._store.note(Event(round(time.time(), 3), self._who, "written again, lost by Redis:", after.serving))
        log.warning("Redis lost the configuration's record; it is written again, version %s serves", after.serving)
        return after
