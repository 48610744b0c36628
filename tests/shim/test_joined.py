"""Does an answer leave in one piece?"""

import asyncio
from pathlib import Path
from typing import Any

import uvicorn

from pyshim.serve.joined import Protocol

ASKED = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: %b\r\n\r\n"


async def body_of_four(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"4")]})
    await send({"type": "http.response.body", "body": b"BODY"})


class Pieces(asyncio.Protocol):
    """What arrived, as it arrived."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.arrived = asyncio.Event()
        self.closed = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        self.pieces.append(data)
        self.arrived.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed.set()


class Writes:
    """A transport that counts its writes."""

    def __init__(self, transport: Any) -> None:
        self.transport, self.written = transport, []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.transport, name)

    def write(self, data: bytes) -> None:
        self.written.append(data)
        self.transport.write(data)


async def test_head_and_body_are_one_write_and_an_answer_that_ends_its_connection_is_whole(tmp_path: Path) -> None:
    made: list[Writes] = []

    class Counted(Protocol):
        def connection_made(self, transport: Any) -> None:
            made.append(Writes(transport))
            super().connection_made(made[-1])

    socket = str(tmp_path / "s")
    server = uvicorn.Server(uvicorn.Config(body_of_four, uds=socket, http=Counted, lifespan="off", log_level="error"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  uvicorn says so in no other way
        await asyncio.sleep(0)
    client, pieces = await asyncio.get_running_loop().create_unix_connection(Pieces, socket)
    client.write(ASKED % b"keep-alive")
    await asyncio.wait_for(pieces.arrived.wait(), 10)
    client.write(ASKED % b"close")
    await asyncio.wait_for(pieces.closed.wait(), 10)
    assert [text.endswith(b"\r\n\r\nBODY") for text in made[0].written] == [True, True]
    assert b"".join(pieces.pieces) == b"".join(made[0].written)
    server.should_exit = True
    await serving
