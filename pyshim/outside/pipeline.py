"""How do the commands of one process reach one Redis together?

One connection. What an event-loop tick brings leaves in one write, and answers are given out in the order of the questions: a
command costs a few microseconds, and there is no pool that a crowd could exhaust. lua/edge/pipeline.lua does the same for nginx.

Every command is given as long as any other, so the oldest is the first whose time is up. Then nobody knows any more which answer
would be whose: the connection is closed, all that wait hear of it, and the next command makes another one. Who stops waiting (a
turn that is over) leaves its place in the order.
"""

import asyncio
from collections import deque
from typing import Any, cast

import hiredis

GRACE_S = 0.005
Argument = bytes | str | int


class Lost(OSError):
    """The connection is gone; whether what was sent was done is not known."""


class _Connection(asyncio.Protocol):
    """waiting: the answers that are due, oldest first, and until when (the loop's clock)."""

    def __init__(self, timeout_s: float) -> None:
        self._loop, self._timeout_s = asyncio.get_running_loop(), timeout_s
        self._reader = hiredis.Reader()
        self._waiting: deque[tuple[asyncio.Future[Any], float]] = deque()
        self._said: list[bytes] = []
        self._watch: asyncio.TimerHandle | None = None
        self._overdue: asyncio.Future[Any] | None = None
        self._transport: asyncio.Transport | None = None
        self.open = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass

    def ask(self, packed: bytes) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = self._loop.create_future()
        until = self._loop.time() + self._timeout_s
        self._waiting.append((future, until))
        if not self._said:
            self._loop.call_soon(self._flush)
        self._said.append(packed)
        if self._watch is None:
            self._watch = self._loop.call_at(until, self._look)
        return future

    def _flush(self) -> None:
        said, self._said = self._said, []
        if self._transport is not None and self.open:
            self._transport.write(b"".join(said))

    def data_received(self, data: bytes) -> None:
        try:
            self._reader.feed(data)
            while (answer := self._reader.gets()) is not False:
                future, _ = self._waiting.popleft()
                if future.done():
                    continue
                if isinstance(answer, hiredis.ReplyError):
                    future.set_exception(answer)
                else:
                    future.set_result(answer)
        except (hiredis.ProtocolError, IndexError) as error:  # what answers is no Redis
            self.close(Lost(f"not an answer: {error}"))

    def _look(self) -> None:
        """Is the oldest still in time? One that is not may have its answer in the socket, where this process itself was held up:
        it is looked at once more, behind what has come."""
        self._watch = None
        if not self._waiting:
            return
        oldest, until = self._waiting[0]
        if until > self._loop.time():
            self._watch = self._loop.call_at(until, self._look)
        elif self._overdue is not oldest:
            self._overdue = oldest
            self._watch = self._loop.call_later(GRACE_S, self._look)
        else:
            self.close(TimeoutError(f"no answer within {self._timeout_s:g} s"))

    def connection_lost(self, error: Exception | None) -> None:
        self.close(Lost(str(error) if error else "the connection was closed"))

    def close(self, error: Exception) -> None:
        """error: what those hear who still wait."""
        self.open = False
        if self._transport is not None:
            self._transport.abort()
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        waiting, self._waiting = self._waiting, deque()
        for future, _ in waiting:
            if not future.done():
                future.set_exception(error)


class Pipeline:
    """path: of a unix socket; timeout_s: to connect, and for an answer."""

    def __init__(self, path: str, timeout_s: float) -> None:
        self._path, self._timeout_s = path, timeout_s
        self._connection: _Connection | None = None
        self._connecting: asyncio.Task[_Connection] | None = None

    async def ask(self, *arguments: Argument) -> Any:
        """One command's answer. Raises OSError, TimeoutError; hiredis.ReplyError where Redis refuses."""
        packed = hiredis.pack_command(arguments)  # type: ignore[arg-type]
        connection = self._connection
        if connection is None or not connection.open:
            connection = await self._connected()
        return await connection.ask(packed)

    async def _connected(self) -> _Connection:
        """Made once for all who ask meanwhile; one who stops waiting stops nobody else."""
        if self._connecting is None:
            self._connecting = asyncio.create_task(self._connect())
            self._connecting.add_done_callback(self._made)
        return await asyncio.shield(self._connecting)

    async def _connect(self) -> _Connection:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self._timeout_s):
            _, connection = await loop.create_unix_connection(lambda: _Connection(self._timeout_s), self._path)
        return connection

    def _made(self, task: asyncio.Task[_Connection]) -> None:
        self._connecting = None
        if not task.cancelled() and task.exception() is None:
            self._connection = task.result()

    async def close(self) -> None:
        if self._connecting is not None:
            self._connecting.cancel()
        if self._connection is not None:
            self._connection.close(Lost("the connection was closed"))
