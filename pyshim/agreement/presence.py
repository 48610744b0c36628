"""Who is there?

Every nginx worker and shim says once a second what it serves by (lua/redis/beat-3.lua, config_beat-2.lua). Whoever said
nothing for FRESH_S does not count; but as many as this machine is meant to run must count.
"""

from collections.abc import Iterable, Mapping
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


def missing(names: Iterable[str], settings: Settings) -> list[str]:
    """Kinds of which too few are there."""
    there = list(names)
    wanted = {"edge": settings.edge_workers, "shim": settings.shims}
    return [f"{kind}s" for kind, count in wanted.items() if sum(name.startswith(kind) for name in there) < count]
