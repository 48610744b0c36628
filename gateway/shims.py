"""Which shims does this machine's nginx ask?

Its own, by their sockets; or those that SLUICE_SHIMS_AT names, at whatever addresses the names have now. They stand in run/shims,
a line each, which nginx looks at once a second (lua/edge/shims.lua).
"""

import asyncio
import logging
import socket
from pathlib import Path

from pyshim.agreement.files import put
from pyshim.hosts import at, host_and_port
from pyshim.settings import Settings

log = logging.getLogger("sluice")

LOOK_S = 5.0  # how often names are resolved


def keep(settings: Settings) -> list[str]:
    """Writes who there is now, and returns which names have no address, and why. While there are such, nobody who was known is
    forgotten: a name server that is away must not take the shims along."""
    if not settings.shims_at:
        _put(settings, [f"unix:{settings.shim_socket(number)}" for number in range(settings.shims)])
        return []
    found, faults = _resolved(settings)
    known = _read(settings)
    now = sorted(found | set(known)) if faults else sorted(found)
    if now != known or not _path(settings).exists():
        log.info("shims: %s", ", ".join(now))
        _put(settings, now)
    return faults


async def follow(settings: Settings) -> None:
    """For the life of the launcher."""
    said: list[str] = []
    while settings.shims_at:
        await asyncio.sleep(LOOK_S)
        faults = await asyncio.to_thread(keep, settings)
        if faults != said:
            for fault in faults:
                log.warning("%s", fault)
            said = faults


def _resolved(settings: Settings) -> tuple[set[str], list[str]]:
    """host:port of every address of every name; and which names have none, and why."""
    found: set[str] = set()
    faults = []
    for one in settings.shims_at:
        host, port = host_and_port(one)
        try:
            found.update(at(str(address[0]), port) for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except OSError as error:
            faults.append(f"SLUICE_SHIMS_AT: {one}: {error.strerror}")
    return found, faults


def _path(settings: Settings) -> Path:
    return settings.run / "shims"


def _put(settings: Settings, found: list[str]) -> None:
    put(_path(settings), "".join(f"{one}\n" for one in found).encode())


def _read(settings: Settings) -> list[str]:
    path = _path(settings)
    return [one for one in path.read_text(encoding="utf-8").split() if not one.startswith("unix:")] if path.exists() else []
