"""A back end that speaks HTTP on a port of its own, and does at each request what it was told to."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Asked:
    """A request that arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any

    @property
    def what(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def key(self) -> str:
        return self.headers.get("idempotency-key", "")


Act = Callable[[Asked, asyncio.StreamWriter], Awaitable[None]]


def raw(*pieces: bytes) -> Act:
    """These bytes, and the end of the connection."""

    async def act(_: Asked, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        writer.close()

    return act


def says(status: int, body: Any = None, more: str = "") -> Act:
    """A whole answer; the connection is kept. body: an object for JSON, or bytes."""
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()

    async def act(_: Asked, writer: asyncio.StreamWriter) -> None:
        length = "" if status == 204 else f"content-length: {len(content)}\r\n"
        writer.write(f"HTTP/1.1 {status} X\r\n{length}{more}\r\n".encode() + content)
        await writer.drain()

    return act


def refuses(status: int, code: str, **fields: Any) -> Act:
    return says(status, {"error": {"code": code, **fields}})


def then_nothing(*pieces: bytes) -> Act:
    """These bytes, and then silence, on an open connection."""

    async def act(_: Asked, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
        await writer.drain()
        await asyncio.Event().wait()

    return act


SILENCE = then_nothing()


async def kills(_: Asked, writer: asyncio.StreamWriter) -> None:
    """The connection is reset."""
    writer.transport.abort()


def trickles(begin: bytes, drop: bytes) -> Act:
    """An answer without end."""

    async def act(_: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(begin)
        while not writer.is_closing():
            writer.write(drop)
            await writer.drain()
            await asyncio.sleep(0.01)

    return act


def closes_behind(act: Act) -> Act:
    """That, and then an end of the connection nobody announced."""

    async def both(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await act(asked, writer)
        writer.close()

    return both


@dataclass
class Scripted:
    """script: what it does next, request by request; routes: what it does at "GET /path" when the script is over."""

    script: list[Act] = field(default_factory=list)
    routes: dict[str, Act] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    url: str = ""
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def of(self, what: str) -> list[Asked]:
        """Requests that begin so."""
        return [one for one in self.asked if one.what.startswith(what)]

    async def until(self, requests: int) -> None:
        """Waits until so many have arrived."""
        while len(self.asked) < requests:
            self.arrived.clear()
            await self.arrived.wait()

    @property
    def open(self) -> int:
        """Connections."""
        return len(self._tasks)

    async def left_by_all(self) -> None:
        """Waits until there is none."""
        async with asyncio.timeout(5):
            await asyncio.gather(*self._tasks)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                while not writer.is_closing():
                    await self._one(reader, writer)
        except asyncio.CancelledError:
            pass  # the test is over
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        content = await reader.readexactly(int(headers.get("content-length", "0")))
        asked = Asked(method, path, headers, json.loads(content) if content else None)
        self.asked.append(asked)
        self.arrived.set()
        await self._next(asked)(asked, writer)

    def _next(self, asked: Asked) -> Act:
        if self.script:
            return self.script.pop(0)
        fits = (act for route, act in self.routes.items() if asked.what.startswith(route))
        return next(fits, says(404, {"error": {"code": "unknown_path"}}))

    async def end(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def scripted(*script: Act) -> AsyncIterator[Scripted]:
    told = Scripted(list(script))
    server = await asyncio.start_server(told._serve, "127.0.0.1", 0)
    told.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield told
    finally:
        server.close()
        await told.end()


@contextmanager
def deaf() -> Iterator[str]:
    """The address of a host that accepts nobody: its queue is full."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(listening.getsockname())
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        for one in waiting:
            one.close()


@contextmanager
def nobody() -> Iterator[str]:
    """An address at which connections are refused; nobody else is given its port meanwhile."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"
