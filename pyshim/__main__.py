"""The `sluice` command gives way: what serves needs the cores more, and already half a second of imports is felt by customers.

The lowest priority alone does not do it. Linux shares cores between sessions first and by priority inside one, and whoever runs
keeps its core for a few milliseconds, while a turn at the edge takes less than one. So on a busy machine a command that changes
the configuration also rests: four times as long as it worked, every few milliseconds.
"""

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

LOWEST_PRIORITY = 19
RESTS = (["config", "apply"], ["config", "promote"], ["config", "rollback"])
SLICE_S, REST = 0.002, 4.0
LOOK_S, BUSY = 0.1, 0.4  # share of all cores


def main() -> None:
    if sys.argv[1:2] != ["load"]:  # a load that gives way would measure itself
        os.setpriority(os.PRIO_PROCESS, 0, LOWEST_PRIORITY)
    with _rests() if sys.argv[1:3] in RESTS and _busy() else nullcontext():
        from pyshim.commands.cli import app  # noqa: PLC0415  (after the priority)

        app()


def _busy() -> bool:
    """Do others use the cores just now?"""
    with suppress(OSError):
        before = _ticks()
        time.sleep(LOOK_S)
        idle, everything = (b - a for a, b in zip(before, _ticks(), strict=True))
        return everything > 0 and 1 - idle / everything > BUSY
    return False


def _ticks() -> tuple[int, int]:
    """Of all cores since the machine started: idle, and altogether."""
    cpu = Path("/proc/stat").read_text(encoding="ascii").partition("\n")[0].split()[1:9]
    return int(cpu[3]) + int(cpu[4]), sum(map(int, cpu))


@contextmanager
def _rests() -> Iterator[None]:
    """Meanwhile the kernel interrupts this process after each slice of processor time; it then sleeps."""
    worked = time.process_time()

    def rest(*_: object) -> None:
        nonlocal worked
        time.sleep(max(0.0, REST * (time.process_time() - worked)))  # below 0 where one rest interrupts another
        worked = time.process_time()

    signal.signal(signal.SIGPROF, rest)
    signal.setitimer(signal.ITIMER_PROF, SLICE_S, SLICE_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


if __name__ == "__main__":
    main()
