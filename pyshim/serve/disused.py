"""Which back ends has no configuration any more?

Their connections are closed. A configuration that was let go a moment ago still has its turns on their way, and so its back ends.
"""

import asyncio
from collections.abc import Callable, Iterable

from pyshim.outside.backend import Backend
from pyshim.tenants.schema import Tenant

LOOK_S = 10.0


class Disused:
    """tenants: of all versions that are here."""

    def __init__(self, backend: Backend, tenants: Callable[[], Iterable[Tenant]]) -> None:
        self._backend, self._tenants = backend, tenants

    async def run(self) -> None:
        """For the life of a shim."""
        while True:
            await asyncio.sleep(LOOK_S)
            await self.look()

    async def look(self) -> None:
        await self._backend.keep({tenant.about.base for tenant in self._tenants()})
