"""One part of sluice and the process it currently is: started, watched, stopped."""

import asyncio
import ctypes
import logging
import os
import signal
import socket
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from gateway.parts import Part
from pyshim.settings import ROOT, Settings

log = logging.getLogger("sluice")

DRAIN_S = 12.0
BACKLOG = 4096
PAUSE_S, PAUSE_MAX_S = 0.2, 10.0  # before the first try to start a part again, twice as long before each more
CRASHES = 2  # a part that a signal ended while it started is started again so often
PR_SET_PDEATHSIG = 1


class CannotStart(Exception):
    """One sentence for the person who typed the command."""


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Running:
    """One part and the process it currently is."""

    def __init__(self, part: Part, settings: Settings) -> None:
        self.part, self._settings = part, settings
        self.process: asyncio.subprocess.Process | None = None
        self.stopping = False
        self.restarts = self._crashes = 0
        self.upgrading = False
        self._sockets: list[socket.socket] = []

    async def start(self) -> None:
        self._open()
        self.process = await self.started(self.part.command)
        self.note()

    async def started(self, command: list[str]) -> asyncio.subprocess.Process:
        """A process of this part, with its sockets."""
        handed = {"NGINX": "".join(f"{one.fileno()};" for one in self._sockets)} if self._sockets else {}
        with (self._settings.log / f"{self.part.name}.log").open("ab") as output:
            return await asyncio.create_subprocess_exec(
                *command,
                cwd=ROOT,
                env={**os.environ, **self.part.environment, **handed},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C is for the launcher alone
                preexec_fn=_die_with_parent,
                pass_fds=[one.fileno() for one in self._sockets],
            )

    def note(self) -> None:
        """Says which process is the part now."""
        assert self.process is not None
        path = self._settings.run / f"{self.part.name}.pid"
        draft = path.with_suffix(".pid.new")
        draft.write_text(str(self.process.pid))
        draft.rename(path)  # nobody reads half of it

    def _open(self) -> None:
        """Listens for the part, which inherits the sockets: who connects while one process takes the place of another waits."""
        if self._sockets:
            return
        for host, port, count, shared in self.part.listens:
            for _ in range(count):
                one = socket.socket()
                self._sockets.append(one)
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if shared:
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
                try:
                    one.bind((host, port))
                except OSError as error:
                    raise CannotStart(f"port {port} on {host} cannot be used ({error.strerror})") from None
                one.listen(BACKLOG)
                one.setblocking(False)

    async def until_ready(self, ready: Callable[[], Awaitable[bool]] | None = None) -> None:
        """Waits until the part is ready, or what is named instead of that. Raises CannotStart when it dies or takes too long."""
        deadline = time.monotonic() + self.part.patience_s
        while time.monotonic() < deadline:
            if (self.process is None or self.process.returncode is not None) and not await self._again():
                raise CannotStart(self._says("stopped while starting"))
            try:
                if await (ready or self.part.ready)():
                    return
            except Exception as error:  # a model that does not load, say: the part lives, but will not be ready
                raise CannotStart(self._says(str(error))) from None
            await asyncio.sleep(0.05)
        raise CannotStart(self._says(f"was not ready within {self.part.patience_s:.0f} s"))

    async def _again(self) -> bool:
        """Whoever cannot start leaves with a status, and would again; who was ended by a signal has crashed (gRPC does, once in
        some hundred starts on a busy machine: "wakeup_fd_->Wakeup().ok()")."""
        status = self.process.returncode if self.process else None
        if status is None or status >= 0 or self.stopping or self._crashes >= CRASHES:
            return False
        self._crashes += 1
        log.warning("%s was ended by signal %s while it started; starting it again", self.part.name, -status)
        self._clear()
        await self.start()
        return True

    def _says(self, what: str) -> str:
        path = self._settings.log / f"{self.part.name}.log"
        last = path.read_text(encoding="utf-8", errors="replace").splitlines()[-8:] if path.exists() else []
        return "\n  ".join([f"{self.part.name} {what}; {path} ends with:", *last])

    async def watch(self) -> None:
        """Starts the part again whenever it dies, until it is stopped."""
        while self.process is not None:
            process = self.process
            code = await process.wait()
            if self.stopping:
                return
            if self.process is not process:  # another one took its place
                continue
            self._clear()
            log.warning("%s died (status %s); starting it again", self.part.name, code)
            await self._until_back()

    async def _until_back(self) -> None:
        """Tries until it is: whatever keeps a part from starting (no memory, no file, a port) may be over a moment later."""
        while not self.stopping:
            self.restarts += 1
            await asyncio.sleep(min(PAUSE_MAX_S, PAUSE_S * 2 ** (self.restarts - 1)))
            try:
                await self.start()
                await self.until_ready(self.part.back)
            except (CannotStart, OSError) as error:
                log.error("%s is not back (try %d): %s", self.part.name, self.restarts, error)
                self._clear()
                continue
            log.info("%s is back", self.part.name)
            self.restarts = 0
            return

    def _clear(self) -> None:
        """Ends what a dead part left running: nginx's workers outlive their master and would go on listening."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)

    async def stop(self) -> None:
        """Lets the part finish; kills it when it does not."""
        self.stopping = True
        for one in self._sockets:
            one.close()
        self._sockets.clear()
        if self.process is None or self.process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            self.process.send_signal(self.part.stop)
        try:
            await asyncio.wait_for(self.process.wait(), DRAIN_S)
        except TimeoutError:
            log.warning("%s did not stop within %.0f s; killing it", self.part.name, DRAIN_S)
            self._clear()
            await self.process.wait()
        finally:
            (self._settings.run / f"{self.part.name}.pid").unlink(missing_ok=True)
