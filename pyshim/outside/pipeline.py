"""How do the commands of one process reach one Redis together?

One connection. What an event-loop tick brings leaves in one write, and answers are given out in the order of the questions: a
command costs a few microseconds, and there is no pool that a crowd could exhaust. lua/edge/pipeline.lua does the same for nginx.

Every command is given as long as any other, so the oldest is the first whose time is up. Then nobody knows any more which answer
would be whose: the connection is closed, all that wait hear of it, and the next command makes another one. Who stops waiting (a
turn that is over) leaves its place in the order.

A pipeline that covers says WAIT behind each trip and begins the next when it is answered: what was written is then with a replica
too, or nobody can promise that it is. A Redis with no replica that keeps up is not waited for again for a while.
"""

import asyncio
from collections import deque
from typing import Any, TypeVar, cast

import hiredis

from pyshim.hosts import host_and_port
from pyshim.outside.access import Access

GRACE_S = 0.005
REPLICAS, WAIT_MS, UNCOVERED_S = 1, 50, 1.0
Argument = bytes | str | int


def packed(*arguments: Argument) -> bytes:
    """As Redis reads a command."""
    text: bytes = hiredis.pack_command(arguments)  # type: ignore[arg-type]
    return text


ASKING = packed("ASKING")


class Lost(OSError):
    """The connection is gone; whether what was sent was done is not known."""


T = TypeVar("T")


async def shared(work: asyncio.Task[T]) -> T:
    """What comes of work that several wait for: who stops waiting stops nobody else. Raises Lost where it is called off."""
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        mine = asyncio.current_task()
        if work.cancelled() and mine is not None and not mine.cancelling():
            raise Lost("the connection was closed") from None
        raise


class Connection(asyncio.Protocol):
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

    def ask(self, text: bytes) -> asyncio.Future[Any]:
        if not self._said:
            self._loop.call_soon(self._flush)
        self._said.append(text)
        return self._place()

    def ask_at_once(self, text: bytes) -> asyncio.Future[Any]:
        """Before anybody else asks."""
        assert self._transport is not None
        self._transport.write(text)
        return self._place()

    def asking(self) -> None:
        """What is asked next is meant for a slot that is about to come here."""
        self.ask(ASKING).cancel()

    def _place(self) -> asyncio.Future[Any]:
        """In the order of those who wait."""
        future: asyncio.Future[Any] = self._loop.create_future()
        until = self._loop.time() + self._timeout_s
        self._waiting.append((future, until))
        if self._watch is None:
            self._watch = self._loop.call_at(until, self._look)
        return future

    def _flush(self) -> None:
        said, self._said = self._said, []
        if self._transport is not None and self.open:
            self._transport.write(b"".join(said))

    def _tell(self, future: asyncio.Future[Any], answer: Any) -> None:
        if future.done():
            return
        if isinstance(answer, hiredis.ReplyError):
            future.set_exception(answer)
        else:
            future.set_result(answer)

    def data_received(self, data: bytes) -> None:
        try:
            self._reader.feed(data)
            while (answer := self._reader.gets()) is not False:
                self._hear(answer)
        except (hiredis.ProtocolError, IndexError) as error:  # what answers is no Redis
            self.close(Lost(f"not an answer: {error}"))

    def _hear(self, answer: Any) -> None:
        self._tell(self._waiting.popleft()[0], answer)

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


class _Rest:
    """until: the loop's clock, before which nobody is waited for."""

    until = 0.0


class _Covering(Connection):
    """Answers are (answer, whether a replica has what was written). _held: of the trip that waits for its replica."""

    def __init__(self, timeout_s: float, rest: _Rest) -> None:
        super().__init__(timeout_s)
        self._rest = rest
        self._wait = packed("WAIT", REPLICAS, max(1, min(WAIT_MS, int(timeout_s * 500))))  # 0 is for ever
        self._last: asyncio.Future[Any] | None = None
        self._held: list[tuple[asyncio.Future[Any], Any]] = []

    def _flush(self) -> None:
        if self._last is not None:  # leaves with the next trip
            return
        if self._said and self._loop.time() >= self._rest.until:
            self._last = self.ask(self._wait)
            self._last.cancel()  # nobody waits for it
        super()._flush()

    def _tell(self, future: asyncio.Future[Any], answer: Any) -> None:
        if future is self._last:
            self._last = None
            self._give_out(isinstance(answer, int) and answer >= REPLICAS)
            if self._said:
                self._flush()
        elif isinstance(answer, hiredis.ReplyError):
            super()._tell(future, answer)
        elif self._last is None:
            super()._tell(future, (answer, False))
        else:
            self._held.append((future, answer))

    def _give_out(self, covered: bool) -> None:
        held, self._held = self._held, []
        if held and not covered:
            self._rest.until = self._loop.time() + UNCOVERED_S
        for future, answer in held:
            super()._tell(future, (answer, covered))

    def close(self, error: Exception) -> None:
        """What was answered was done; whether a replica has it is not known."""
        self._give_out(False)
        super().close(error)


class Pipeline:
    """node: its name ("unix:/path", or the bare path, or "host:port"); timeout_s: to connect, and for an answer; covers: is a
    replica waited for? Then answers are pairs, as _Covering gives them."""

    def __init__(self, node: str, timeout_s: float, access: Access | None = None, covers: bool = False) -> None:
        self._node, self._timeout_s, self._access = node, timeout_s, access or Access()
        self._rest = _Rest() if covers else None
        self._connection: Connection | None = None
        self._connecting: asyncio.Task[Connection] | None = None

    async def ask(self, *arguments: Argument) -> Any:
        """One command's answer. Raises OSError, TimeoutError; hiredis.ReplyError where Redis refuses."""
        return await self.send(packed(*arguments))

    async def send(self, text: bytes, asking: bool = False) -> Any:
        """The same of one that is packed. asking: its slot is about to come to this node."""
        connection = self._connection
        if connection is None or not connection.open:
            connection = await self._connected()
        if asking:
            connection.asking()
        return await connection.ask(text)

    @property
    def connected(self) -> bool:
        return self._connection is not None and self._connection.open

    async def _connected(self) -> Connection:
        """Made once for all who ask meanwhile."""
        if self._connecting is None:
            self._connecting = asyncio.create_task(self._connect())
            self._connecting.add_done_callback(self._made)
        return await shared(self._connecting)

    def _new(self) -> Connection:
        return Connection(self._timeout_s) if self._rest is None else _Covering(self._timeout_s, self._rest)

    async def _connect(self) -> Connection:
        try:
            async with asyncio.timeout(self._timeout_s):
                connection = await self._open()
                if first := self._access.said_first():
                    await self._let_in(connection, packed(*first))
        except TimeoutError as error:
            raise TimeoutError(str(error) or f"no connection within {self._timeout_s:g} s") from error
        return connection

    async def _open(self) -> Connection:
        loop, node = asyncio.get_running_loop(), self._node
        if "/" in node:
            return (await loop.create_unix_connection(self._new, node.removeprefix("unix:")))[1]
        (host, port), context = host_and_port(node), self._access.context
        named = host if context else None
        return (await loop.create_connection(self._new, host, port, ssl=context, server_hostname=named))[1]

    async def _let_in(self, connection: Connection, first: bytes) -> None:
        try:
            await connection.ask_at_once(first)
        except BaseException as error:
            connection.close(Lost("not let in"))
            if isinstance(error, hiredis.ReplyError):
                raise self._access.refused(error) from None
            raise

    def _made(self, task: asyncio.Task[Connection]) -> None:
        self._connecting = None
        if not task.cancelled() and task.exception() is None:
            self._connection = task.result()

    def close(self) -> None:
        if self._connecting is not None:
            self._connecting.cancel()
        if self._connection is not None:
            self._connection.close(Lost("the connection was closed"))
