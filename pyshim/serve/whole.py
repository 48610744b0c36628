"""Does an answer leave in one piece?

uvicorn writes its head, then its body. A shim that is killed in between has answered nobody, yet nginx has seen an answer begin:
it asks no other shim any more, and the customer gets half of it. So the head waits for the body.
"""

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD, NOT_YET = b"HTTP/1.1 ", b"HTTP/1.1 100 "


class _Connection:
    """A transport that keeps the head of an answer back until what follows it is written."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport, self._head = transport, b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        if not self._head and data.startswith(HEAD) and not data.startswith(NOT_YET):
            self._head = data
            return
        head, self._head = self._head, b""
        self._transport.write(head + data)

    def flush(self) -> None:
        if self._head:
            self.write(b"")

    def close(self) -> None:
        self.flush()
        self._transport.close()


class Whole(HttpToolsProtocol):
    """uvicorn's protocol, on such a connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(cast(asyncio.Transport, _Connection(transport)))

    def on_response_complete(self) -> None:
        cast(_Connection, self.transport).flush()  # nothing followed: the answer to a HEAD
        super().on_response_complete()
