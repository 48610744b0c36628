"""How does an nginx on another machine reach this shim?

By TCP with mutual TLS (pyshim/mtls.py). Whoever listens on a socket is protected by its folder; here a certificate says who may
ask.
"""

import asyncio
import logging
import ssl
from typing import Any, NamedTuple, Self

import uvicorn

from pyshim import mtls
from pyshim.hosts import host_and_port
from pyshim.serve.whole import Whole
from pyshim.settings import Settings

log = logging.getLogger(__name__)
HANDSHAKE_S = 2.0


class Elsewhere(NamedTuple):
    """Where a shim listens beside its socket. name: that every certificate of ours carries."""

    host: str
    port: int
    context: ssl.SSLContext
    name: str

    @classmethod
    def of(cls, settings: Settings, number: int) -> Self | None:
        """None where it listens nowhere else. Raises BadSetting."""
        if not settings.shim_listen:
            return None
        host, _ = host_and_port(settings.shim_listen)
        return cls(host, settings.shim_port(number), mtls.server(settings), settings.mtls_name)

    async def listen(self, config: uvicorn.Config, state: Any, lifespan: dict[str, Any]) -> asyncio.Server:
        """The same application, on the same state of uvicorn's. Raises OSError."""

        def protocol() -> Whole:
            return _Known(self.name, config=config, server_state=state, app_state=lifespan)

        return await asyncio.get_running_loop().create_server(
            protocol, self.host, self.port, ssl=self.context, ssl_handshake_timeout=HANDSHAKE_S, backlog=config.backlog
        )


class _Known(Whole):
    """A connection of one of ours."""

    def __init__(self, name: str, **how: Any) -> None:
        super().__init__(**how)
        self._name, self._known = name, False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._known = mtls.is_ours(transport.get_extra_info("peercert"), self._name)
        super().connection_made(transport)
        if not self._known:
            log.warning("%s came with a certificate without the name %s", transport.get_extra_info("peername"), self._name)
            transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._known:
            super().data_received(data)
