"""Can be used what the tenants' back ends know us by?

Looked at when a shim starts, when a configuration serves, and when a file changes: not only when a customer's call would fail.
"""

import asyncio
from collections.abc import Callable, Mapping

from pyshim.outside.backend import Backend
from pyshim.telemetry import metrics
from pyshim.tenants.schema import Tenant

LOOK_S = 5.0


class Credentials:
    """serving: the tenants that are served now. Faults are in the log (pyshim/outside/secrets.py) and the metric."""

    def __init__(self, backend: Backend, serving: Callable[[], Mapping[str, Tenant]]) -> None:
        self._backend, self._serving = backend, serving
        self._told: set[str] = set()

    async def run(self) -> None:
        """For the life of a shim."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_S)

    def look(self) -> None:
        wanted = {name: tenant for name, tenant in self._serving().items() if tenant.about.credential is not None}
        for name, tenant in wanted.items():
            metrics.credential_unusable.labels(name).set(self._backend.lacks(tenant.about.base))
        for name in self._told - wanted.keys():
            metrics.credential_unusable.remove(name)
        self._told = set(wanted)
