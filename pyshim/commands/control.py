"""How does a command change what all processes follow?

Through a record in Redis (pyshim/agreement/records.py): it changes the record, and watches what the processes make of that.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, ClassVar, Generic, TypeVar

from pyshim.agreement.records import Record, Records
from pyshim.commands.terminal import START, away, fail
from pyshim.configuration.configuration import Records as Configurations
from pyshim.configuration.store import Piece, Store
from pyshim.errors import RedisAway
from pyshim.outside.redis import Redis, opened
from pyshim.settings import Settings

R = TypeVar("R", bound=Record)
C = TypeVar("C", bound="Control[Any]")


class Control(Generic[R]):
    """One record of the running system. none_yet: what is said where there is none."""

    none_yet: ClassVar[str]

    def __init__(self, settings: Settings, redis: Redis, records: Records[R]) -> None:
        self.settings, self.records, self._redis = settings, records, redis

    async def record(self) -> R:
        """Fails the command where nothing runs."""
        found = await self.records.read()
        if found is None:
            raise fail(f"{self._redis.where}: {self.none_yet}")
        return found

    async def change(self, changed: Callable[[R], R]) -> R:
        """Writes what changed() makes of the record, again where somebody else was faster. changed() may fail the command."""
        while True:
            before = await self.record()
            after = changed(before)
            if await self.records.write(after, before):
                return after

    async def close(self) -> None:
        """Lets go of what it holds besides Redis."""


async def served(redis: Redis, tenant: str) -> Piece:
    """What the configuration that serves holds of this tenant. Fails the command where there is no such tenant. Raises BadTenant,
    RedisAway."""
    record, store = await Configurations(redis).read(), Store(redis)
    if record is None:
        raise fail(f"{redis.where}: no configuration serves; {START}")
    tenants = (await store.manifest(record.serving)).tenants
    if tenant not in tenants:
        raise fail(f"no tenant {tenant!r} is served; there are: {', '.join(sorted(tenants))}")
    return tenants[tenant]


def run(kind: Callable[[Settings, Redis], C], settings: Settings, work: Callable[[C], Coroutine[Any, Any, None]]) -> None:
    """One command from its beginning to its end."""

    async def whole() -> None:
        async with opened(settings) as redis:
            control = kind(settings, redis)
            try:
                await work(control)
            except RedisAway as error:
                raise away(error, redis.where) from None
            finally:
                await control.close()

    asyncio.run(whole())
