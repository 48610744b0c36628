"""Who serves by which version of the configuration?"""

from collections.abc import Mapping

import msgspec

from pyshim.agreement.presence import missing
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


def without(beats: Beats, version: int, settings: Settings) -> list[str]:
    """Who does not have a version, and why where they say so."""
    lacking = [f"{name}: {beat.fault}" if beat.fault else name for name, beat in beats.items() if version not in beat.versions]
    return sorted(lacking) + missing(beats, settings)


def elsewhere(beats: Beats, seq: int, settings: Settings) -> list[str]:
    """Who does not follow the record of this seq yet."""
    return sorted(name for name, beat in beats.items() if beat.seq < seq) + missing(beats, settings)
