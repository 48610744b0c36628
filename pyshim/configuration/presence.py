"""Who serves by which version?

Every nginx worker and shim says once a second what it serves by and what it has (lua/redis/config_beat-2.lua). Whoever said
nothing for FRESH_S does not count; but as many as this machine is meant to run must count.
"""

from collections.abc import Mapping

import msgspec

from pyshim.config import Settings

FRESH_S, GONE_S = 5, 60


class Beat(msgspec.Struct):
    """at: Redis's seconds since 1970; seq of the record; serves: a version; has: versions; fault: why one cannot be loaded."""

    at: int
    seq: int
    serves: int
    has: str
    fault: str

    @property
    def versions(self) -> set[int]:
        return {int(number) for number in self.has.split(",") if number}


Beats = dict[str, Beat]


def read(seen: Mapping[bytes, bytes]) -> Beats:
    return {name.decode(): msgspec.json.decode(beat, type=Beat) for name, beat in seen.items()}


def gone(beats: Beats, now: float) -> list[str]:
    """Names nobody uses any more."""
    return [name for name, beat in beats.items() if now - beat.at > GONE_S]


def fresh(beats: Beats, now: float) -> Beats:
    return {name: beat for name, beat in beats.items() if now - beat.at <= FRESH_S}


def missing(beats: Beats, settings: Settings) -> list[str]:
    """Kinds of which too few are there."""
    wanted = {"edge": settings.edge_workers, "shim": settings.shims}
    return [f"{kind}s" for kind, count in wanted.items() if sum(name.startswith(kind) for name in beats) < count]


def without(beats: Beats, version: int, settings: Settings) -> list[str]:
    """Who does not have a version, and why where they say so."""
    lacking = [f"{name}: {beat.fault}" if beat.fault else name for name, beat in beats.items() if version not in beat.versions]
    return sorted(lacking) + missing(beats, settings)


def elsewhere(beats: Beats, seq: int, settings: Settings) -> list[str]:
    """Who does not follow the record of this seq yet."""
    return sorted(name for name, beat in beats.items() if beat.seq < seq) + missing(beats, settings)
