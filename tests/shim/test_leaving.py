"""Does a shim always leave when it is told to?"""

import signal
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT, wait_until

HANGS = """
import asyncio, sys, uvicorn
from pyshim.serve import server

async def hangs(scope, receive, send):
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    print("leaving", flush=True)
    await asyncio.Event().wait()

server.LEAVE_S = 0.5
server.LINGER_S = 0
server.Server(uvicorn.Config(hangs, uds=sys.argv[1], log_level="warning")).run()
"""


def test_one_that_hangs_on_its_way_out_is_ended_and_says_where(tmp_path: Path) -> None:
    socket = tmp_path / "shim.sock"
    shim = subprocess.Popen([sys.executable, "-c", HANGS, str(socket)], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        wait_until(socket.exists)
        shim.send_signal(signal.SIGTERM)
        said, why = shim.communicate(timeout=30)
    finally:
        shim.kill()
        shim.wait()
    assert said == b"leaving\n", "it got as far as that"
    assert shim.returncode == 1
    assert b"Timeout (0:00:00.5" in why and b"uvicorn" in why
