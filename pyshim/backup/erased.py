"""Who was forgotten, as far as anybody knows?

The files of machines say it (pyshim/turns/erasures.py), the backup of whoever was forgotten before it ended, and Redis of whom it
has not lost. Of several moments the last counts.
"""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from pyshim.configuration.configuration import Records
from pyshim.configuration.store import Store
from pyshim.errors import BadTenant
from pyshim.outside.redis import Redis
from pyshim.tenants.compile import Compiled
from pyshim.turns.erasures import Erasure
from pyshim.turns.forgetting import FORGOTTEN_S, Consents


class Moment(NamedTuple):
    """at: when it was; until: when it is remembered no more, 0 for never; milliseconds since 1970. consents: what became of them,
    None where that is not known."""

    at: int
    until: int = 0
    consents: Consents | None = None


NEVER = Moment(0)


class Erased:
    """since: when the backup began, milliseconds since 1970; moments: by whose."""

    def __init__(self, redis: Redis, since: int, notes: Iterable[Erasure]) -> None:
        self._redis, self._since = redis, since
        self.moments: dict[str, Moment] = {}
        self._settings: dict[str, Consents] = {}
        for one in notes:
            self.add(one.whose, Moment(one.at, one.at + FORGOTTEN_S * 1000, one.consents))

    def add(self, whose: str, moment: Moment) -> None:
        if moment.at > self.of(whose).at:
            self.moments[whose] = moment

    def of(self, whose: str) -> Moment:
        return self.moments.get(whose, NEVER)

    async def learn(self, tenant: str, users: set[str]) -> None:
        """What Redis knows of these, and what becomes of this tenant's consents. Raises RedisAway."""
        if tenant not in self._settings:
            self._settings[tenant] = await self._setting(tenant)
        for user in users:
            whose = f"{tenant}:{user}"
            self.add(whose, Moment(int(await self._redis.command("GET", f"f:{{{whose}}}") or 0)))

    async def _setting(self, tenant: str) -> Consents:
        """As the configuration that serves says; kept, where nobody says it."""
        store, serves = Store(self._redis), await Records(self._redis).read()
        try:
            pieces = (await store.manifest(serves.serving)).tenants if serves else {}
            if tenant in pieces:
                packed = await store.compiled(pieces[tenant].source)
                return msgspec.msgpack.decode(packed, type=Compiled).tenant.about.history.consents
        except (BadTenant, msgspec.DecodeError):
            pass
        return "kept"

    def consent(self, tenant: str, user: str, at: int) -> bool:
        """Was this consent erased with its user? at: when it was given."""
        moment = self.of(f"{tenant}:{user}")
        if moment.consents is None and moment.at < self._since:  # whatever is in the backup was kept then
            return False
        return at <= moment.at and (moment.consents or self._settings.get(tenant, "kept")) == "erased"
