"""Who serves by which version of the configuration?"""

from collections.abc import Mapping

import msgspec

from pyshim.agreement.presence import fresh, missing, silent
from pyshim.settings import Settings


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


def without(beats: Beats, version: int, settings: Settings, now: float) -> list[str]:
    """Who does not have a version, and why where they say so."""
    there = fresh(beats, now)
    lacking = [f"{name}: {beat.fault}" if beat.fault else name for name, beat in there.items() if version not in beat.versions]
    return sorted(lacking) + silent(beats, now) + missing(beats, settings)


def elsewhere(beats: Beats, seq: int, settings: Settings, now: float) -> list[str]:
    """Who does not follow the record of this seq yet."""
    late = sorted(name for name, beat in fresh(beats, now).items() if beat.seq < seq)
    return late + silent(beats, now) + missing(beats, settings)


def counted(beats: Beats) -> str:
    """2 edges, 4 shims"""
    return ", ".join(f"{sum(name.startswith(kind) for name in beats)} {kind}s" for kind in ("edge", "shim"))
