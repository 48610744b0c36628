"""How does a shim process live?

A raw ASGI application behind nginx on a unix socket, and by TCP where SLUICE_SHIM_LISTEN says so: it opens what it needs,
answers, and closes what it opened. It leaves so that no customer notices: first nginx cannot find it any more, then every answer
ends its connection, last it goes.
"""

import asyncio
import faulthandler
import gc
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn

from pyshim.configuration import start as configuration
from pyshim.errors import RedisAway, Refusal
from pyshim.rollout import start
from pyshim.serve import log as log_of_shim
from pyshim.serve.elsewhere import Elsewhere
from pyshim.serve.http import Handlers, Headers, Receive, Scope, Send, header, send_json
from pyshim.serve.whole import Whole
from pyshim.settings import DRAIN_MS, read_settings
from pyshim.telemetry import logs, trace
from pyshim.telemetry.said import Counted
from pyshim.tenants.compile import Compiler, Snapshot, new_compiler
from pyshim.turns import wire

log = logging.getLogger(__name__)

AWAY = Refusal(503, "unavailable", "the state store is away", {"Retry-After": "2"})
ANEW_S = 1.0  # after which work in the background that failed begins anew
ACCEPT_S = 0.1  # who connected before the socket's name was gone is still accepted
LINGER_S = (
    3.0  # nginx closes a connection that is idle for a second (gateway/conf.d/shims.conf), and no other way is free of races
)
ANSWER_S = DRAIN_MS // 1000  # for the turns that are being answered; none has more
SOCKET_OF_OWNER, SOCKET_OF_GROUP = 0o600, 0o660  # who connects is believed (pyshim/serve/http.py)
YOUNG = 20_000  # objects more than before, until garbage is looked for: a turn makes hundreds, few of them in circles
LEAVE_S = 11.0  # from the signal to the end, whatever happens; the launcher waits a second longer (gateway/running.py)
FAILED = Refusal(500, "internal", "the shim failed; its log knows why under this turn_id")


class Shim:
    """The application."""

    def __init__(self, first: Snapshot, compiler: Compiler, number: int = 0, counted: Counted | None = None) -> None:
        self._first, self._compiler, self._number, self._counted = first, compiler, number, counted
        self._handlers: Handlers | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        handlers = self._handlers = Handlers(self._first, self._compiler, self._number)
        self._spawn(handlers.memory.write_late)
        self._spawn(handlers.configurations.run)
        self._spawn(handlers.follower.run)
        self._spawn(handlers.leader.run)
        self._spawn(handlers.loader.run)
        self._spawn(handlers.doubts.run)
        self._spawn(handlers.shedding.run)
        self._spawn(handlers.credentials.run)
        self._spawn(handlers.disused.run)
        self._spawn(self._tell)
        path = self._first.settings.log / f"shim-{self._number}.log"
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, logs.open_anew, path)
        gc.collect()
        gc.freeze()  # what lives as long as the process is not searched again for garbage
        gc.set_threshold(YOUNG)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await handlers.memory.leave()
        await handlers.doubts.leave()
        await handlers.close()
        await asyncio.to_thread(trace.end)
        await send({"type": "lifespan.shutdown.complete"})

    async def _tell(self) -> None:
        while self._counted is not None:
            self._counted.tell()
            await asyncio.sleep(1)

    def _spawn(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        task = asyncio.get_running_loop().create_task(always(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self._handlers is not None
        headers: Headers = dict(scope["headers"])
        try:
            await self._handlers.handle(scope, headers, receive, send)
        except Refusal as refusal:
            await _refuse(send, refusal, headers)
        except RedisAway:
            await _refuse(send, AWAY, headers)
        except Exception:
            log.exception("%s %s failed turn_id=%s", scope["method"], scope["path"], header(headers, b"x-sluice-turn"))
            await _refuse(send, FAILED, headers)


async def always(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Whatever it fails of, it begins anew: without it a shim would serve on, and shed nothing, or let revoked tokens in."""
    while True:
        try:
            return await work()
        except Exception:
            log.exception("%s failed, and begins anew", getattr(work, "__qualname__", work))
            await asyncio.sleep(ANEW_S)


async def _refuse(send: Send, refusal: Refusal, headers: Headers) -> None:
    body = wire.fault(refusal.code, refusal.message, header(headers, b"x-sluice-turn")) + b"\n"
    await send_json(send, refusal.status, body, [(name.encode(), value.encode()) for name, value in refusal.headers.items()])


class Server(uvicorn.Server):
    """Closing an idle connection here could meet a turn that nginx is just sending on it, so nginx has to close it."""

    def __init__(self, config: uvicorn.Config, elsewhere: Elsewhere | None = None) -> None:
        super().__init__(config)
        self._elsewhere = elsewhere
        self._listening: asyncio.Server | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._elsewhere is not None:
            self._listening = await self._elsewhere.listen(self.config, self.server_state, self.lifespan.state)
            self.servers.append(self._listening)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # Whatever hangs on the way out must not keep the next one from starting. Nothing is lost: a turn that waits for Redis is
        # in its file (pyshim/turns/late.py). The log learns where it hung.
        if not self.should_exit:  # told twice, it has no longer
            faulthandler.dump_traceback_later(LEAVE_S, exit=True)
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        assert self.config.uds is not None
        with suppress(FileNotFoundError):
            os.unlink(self.config.uds)  # nginx cannot connect, and asks the next shim
        if self._listening is not None:
            self._listening.close()  # who did not shake hands yet has asked nothing
        self.server_state.default_headers = [(b"connection", b"close")]
        await asyncio.sleep(ACCEPT_S)
        deadline = time.monotonic() + LINGER_S
        while time.monotonic() < deadline:
            if not self.server_state.connections:
                break
            await asyncio.sleep(0.02)
        await super().shutdown(sockets)


def _claim(path: Path, mode: int) -> None:
    """uvicorn lets anybody connect, unless a socket lies there already: then the new one has its mode. Nobody listens here."""
    os.umask(0o077)
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as nobodys:
        nobodys.bind(str(path))
    path.chmod(mode)


def main() -> None:
    """Serves on the unix socket of shim number sys.argv[1]."""
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)  # until the loop hears it
    counted = log_of_shim.begin()
    settings, number = read_settings(), int(sys.argv[1])
    _claim(settings.shim_socket(number), SOCKET_OF_GROUP if settings.group else SOCKET_OF_OWNER)
    compiler = new_compiler(settings, asyncio.run(start.first_version(settings)))
    first = asyncio.run(configuration.or_kept(compiler))
    trace.begin(settings, number)
    elsewhere = Elsewhere.of(settings, number)
    how = uvicorn.Config(
        Shim(first, compiler, number, counted),
        uds=str(settings.shim_socket(number)),
        loop="uvloop",
        http=Whole,
        ws="none",
        proxy_headers=False,  # nginx says in headers of its own who asks
        access_log=False,
        server_header=False,
        date_header=False,
        backlog=4096,
        timeout_keep_alive=120,
        timeout_graceful_shutdown=ANSWER_S,
        log_level="warning",
        log_config=None,  # as ours
    )
    Server(how, elsewhere).run()


if __name__ == "__main__":
    main()
