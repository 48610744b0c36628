"""Who is there?

Every nginx worker and shim says once a second what it serves by (lua/redis/beat-3.lua, config_beat-2.lua). Whoever said nothing
for FRESH_S is silent, and after GONE_S no more there; but the shims that run on this machine, and as many nginx workers as it is
meant to run, must be there.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Protocol, TypeVar

from pyshim.settings import Settings

FRESH_S, GONE_S = 5, 60


class Beat(Protocol):
    """at: Redis's seconds since 1970."""

    @property
    def at(self) -> int: ...


B = TypeVar("B", bound=Beat)


def gone(beats: Mapping[str, Beat], now: float) -> list[str]:
    """Names nobody uses any more."""
    return [name for name, beat in beats.items() if now - beat.at > GONE_S]


def fresh(beats: Mapping[str, B], now: float) -> dict[str, B]:
    return {name: beat for name, beat in beats.items() if now - beat.at <= FRESH_S}


def silent(beats: Mapping[str, Beat], now: float) -> list[str]:
    """Who hangs, or left a moment ago, and for how long they have said nothing."""
    quiet = {name: now - beat.at for name, beat in beats.items() if FRESH_S < now - beat.at <= GONE_S}
    return [f"{name}: silent for {seconds:.0f} s" for name, seconds in sorted(quiet.items())]


def missing(names: Iterable[str], settings: Settings) -> list[str]:
    """Shims of this machine that run and are not there, by name; and kinds of which too few are there."""
    there = list(names)
    running = {f"shim {settings.node} {number}" for number in _shims(settings.run)}
    wanted = {"edge": settings.edge_workers if settings.port else 0, "shim": 0 if running else settings.shims}
    few = [f"{kind}s" for kind, count in wanted.items() if sum(name.startswith(kind) for name in there) < count]
    return [*(f"{name}: silent" for name in sorted(running - set(there))), *few]


def _shims(run: Path) -> list[str]:
    """The numbers of those that run on this machine, whatever is set where this is asked."""
    return [path.stem.removeprefix("shim-") for path in run.glob("shim-*.pid") if _lives(path)]


def _lives(path: Path) -> bool:
    try:
        os.kill(int(path.read_text()), 0)
    except (OSError, ValueError):
        return False
    return True
