"""Is an answer written whole, so that a shim that is killed has said all of it or nothing?"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import uvicorn
from uvicorn.server import ServerState

from pyshim.serve.http import Receive, Scope, Send, send_json
from pyshim.serve.whole import Whole
from pyshim.settings import ROOT
from tests.conftest import wait_until

SERVE = f"""
import os, signal, sys, uvicorn
from pyshim.serve.http import send_json
from pyshim.serve.whole import Whole
async def app(scope, receive, send):
    if scope["path"] == "/killed":
        await send({{"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]}})
        os.kill(os.getpid(), {int(signal.SIGKILL)})
    await send_json(send, 204 if scope["path"] == "/none" else 200, b"" if scope["path"] == "/none" else b"whole")
uvicorn.run(app, uds=sys.argv[1], loop="uvloop", http=Whole, lifespan="off", log_level="warning")
"""


class Wire(asyncio.Transport):
    """Notes each write."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:  # type: ignore[override]
        self.written.append(data)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] == "/fails":
        raise ValueError("as it may")
    await send_json(send, 204 if scope["path"] == "/none" else 200, b"" if scope["path"] == "/none" else b"whole")


async def written(said: bytes) -> list[bytes]:
    config = uvicorn.Config(application, http=Whole, lifespan="off", log_config=None)
    config.load()
    wire, state = Wire(), ServerState()
    protocol = Whole(config=config, server_state=state, app_state={})
    protocol.connection_made(wire)
    protocol.data_received(said)
    while tasks := list(state.tasks):
        await asyncio.wait(tasks)
    return wire.written


@pytest.mark.parametrize(
    ("line", "status", "body"),
    [
        (b"GET / HTTP/1.1", b"200", b"whole"),
        (b"HEAD / HTTP/1.1", b"200", b""),
        (b"DELETE /none HTTP/1.1", b"204", b""),
        (b"GET /fails HTTP/1.1", b"500", b"Internal Server Error"),
        (b"no HTTP", b"400", b"Invalid HTTP request received."),
    ],
)
async def test_every_answer_is_one_write(line: bytes, status: bytes, body: bytes) -> None:
    [answer] = await written(line + b"\r\nHost: sluice\r\n\r\n")
    head, end, rest = answer.partition(b"\r\n\r\n")
    assert (head[:12], end, rest) == (b"HTTP/1.1 " + status, b"\r\n\r\n", body)


async def test_two_requests_that_come_together_are_two_answers() -> None:
    answers = await written(b"GET / HTTP/1.1\r\nHost: sluice\r\n\r\n" * 2)
    assert [answer.partition(b"\r\n\r\n")[2] for answer in answers] == [b"whole"] * 2


def test_one_that_is_killed_with_half_an_answer_has_said_nothing(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with subprocess.Popen([sys.executable, "-c", SERVE, str(path)], cwd=ROOT) as server:
        try:
            wait_until(path.exists)
            with socket.socket(socket.AF_UNIX) as client:
                wait_until(lambda: client.connect_ex(str(path)) == 0)
                client.sendall(b"GET / HTTP/1.1\r\nHost: sluice\r\n\r\n")
                assert client.recv(4096).endswith(b"whole")
                client.sendall(b"GET /killed HTTP/1.1\r\nHost: sluice\r\n\r\n")
                assert client.recv(4096) == b""
            assert server.wait(20) == -signal.SIGKILL
        finally:
            if server.poll() is None:
                os.kill(server.pid, signal.SIGKILL)
