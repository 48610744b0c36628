"""How does another nginx take the place of the one that serves, with nobody noticing?

1. The configuration is rendered and checked by nginx itself; what it refuses changes nothing.
2. A new master starts on the same listening sockets (they are the launcher's), its workers learn what is revoked, and answer.
3. The old workers end each connection with their next answer (lua/edge/leaving.lua), for LINGER_S.
4. The old master is told to finish what is being answered, and leaves.

If the new one does not become ready, it is ended and the old one goes on. So a new binary, a changed nginx.conf and a renewed
certificate are taken over; a setting is not, it is the launcher's own. Shared memory is new: buckets are full, counters zero.
"""

import asyncio
import fcntl
import json
import logging
import os
import shutil
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

from gateway.parts import http_status
from gateway.running import DRAIN_S, CannotStart, Running
from pyshim.settings import ROOT, Settings

log = logging.getLogger("sluice")

READY_S = 30.0
LINGER_S = 3.0  # old workers look once a second; a client that waits longer than this between turns finds its connection closed
ANSWER_S = READY_S + LINGER_S + DRAIN_S + 30


def _outcome(settings: Settings) -> Path:
    return settings.run / "upgrade.json"


async def nginx(settings: Settings, running: list[list[Running]]) -> None:
    """In the launcher: does it, and leaves what came of it for whoever asked."""
    part = next((one for stage in running for one in stage if one.part.name == "nginx"), None)
    try:
        if part is None or part.upgrading:
            raise CannotStart("nginx is just starting" if settings.port else "SLUICE_PORT=0, so there is no nginx here")
        part.upgrading = True
        try:
            said, good = await _replaced(settings, part), True
        finally:
            part.upgrading = False
    except CannotStart as error:
        said, good = f"nothing was changed: {error}", False
    log.info("upgrade: %s", said)
    draft = _outcome(settings).with_suffix(".new")
    draft.write_text(json.dumps({"good": good, "said": said}))
    draft.rename(_outcome(settings))


async def _replaced(settings: Settings, part: Running) -> str:
    """Raises CannotStart; the old one serves on then."""
    if await http_status(settings.operations_port, "/readyz") != 200:
        raise CannotStart("sluice is not ready (/readyz says why); an upgrade waits for that")
    began, old, before = time.monotonic(), part.process, part.part.command
    assert old is not None
    folder = f"nginx-{time.time_ns() // 1_000_000}"
    command = await _rendered(settings, folder)
    new = await part.started(command)
    try:
        await _ready(settings, new)
        if old.returncode is not None or part.process is not old:
            raise CannotStart("the old nginx died meanwhile")
    except (CannotStart, asyncio.CancelledError):
        await _ended(new)
        shutil.rmtree(settings.run / folder, ignore_errors=True)
        raise
    finally:
        _ready_file(settings, new).unlink(missing_ok=True)
    part.process, part.part.command = new, command  # from now on this one is watched, restarted and stopped
    part.note()
    try:
        await asyncio.sleep(LINGER_S)
        await _left(old)
    except asyncio.CancelledError:  # everything is stopped
        await _ended(old)
        raise
    shutil.rmtree(_folder(before), ignore_errors=True)
    return f"nginx {new.pid} took the place of {old.pid} ({time.monotonic() - began:.1f} s)"


async def _rendered(settings: Settings, folder: str) -> list[str]:
    """The command line of a checked configuration in that folder of var/run. Raises CannotStart."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway.nginx", folder),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complained = await process.communicate()
    if process.returncode:
        shutil.rmtree(settings.run / folder, ignore_errors=True)
        raise CannotStart(complained.decode(errors="replace").strip())
    command: list[str] = json.loads(said)
    return command


def _folder(command: list[str]) -> Path:
    return Path(command[command.index("-c") + 1]).parent


def _ready_file(settings: Settings, process: asyncio.subprocess.Process) -> Path:
    return settings.run / f"nginx-ready.{process.pid}"


async def _ready(settings: Settings, new: asyncio.subprocess.Process) -> None:
    """Waits until every worker of the new master may answer. Raises CannotStart."""
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        if new.returncode is not None:
            raise CannotStart(f"the new nginx stopped while starting; {settings.log / 'nginx.log'} says why")
        with suppress(FileNotFoundError):
            if len(_ready_file(settings, new).read_text().splitlines()) >= settings.edge_workers:
                return
        await asyncio.sleep(0.05)
    raise CannotStart(f"the new nginx was not ready within {READY_S:.0f} s")


async def _left(old: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        old.send_signal(signal.SIGQUIT)
    try:
        await asyncio.wait_for(old.wait(), DRAIN_S)
    except TimeoutError:
        await _ended(old)


async def _ended(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def ask(settings: Settings) -> int:
    """`make upgrade`: asks the launcher for it and waits for what came of it."""
    path = settings.run / "launcher.pid"
    try:
        with path.open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        print("sluice is not running.")
        return 1
    except FileNotFoundError:
        print("sluice is not running.")
        return 1
    except BlockingIOError:
        pass
    _outcome(settings).unlink(missing_ok=True)
    os.kill(int(path.read_text()), signal.SIGUSR2)
    deadline = time.monotonic() + ANSWER_S
    while time.monotonic() < deadline:
        with suppress(FileNotFoundError):
            outcome = json.loads(_outcome(settings).read_text())
            print(outcome["said"])
            return 0 if outcome["good"] else 1
        time.sleep(0.05)
    print("the launcher does not answer; its output says why.")
    return 1
