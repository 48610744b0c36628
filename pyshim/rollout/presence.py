"""Who serves, and by what?

Every nginx worker and shim says once a second which record it serves by and which candidate it has loaded (lua/redis/beat-3.lua).
Whoever said nothing for FRESH_S does not count; but as many as this machine is meant to run must count.
"""

from collections.abc import Mapping
from typing import NamedTuple

from pyshim.config import Settings
from pyshim.rollout.record import Rollout

FRESH_S, GONE_S = 5, 60


class Beat(NamedTuple):
    """at: Redis's seconds since 1970; seq of the record; attempt of the candidate that is loaded, 0 for none."""

    at: int
    seq: int
    attempt: int


def read(seen: Mapping[bytes, bytes]) -> dict[str, Beat]:
    return {name.decode(): Beat(*(int(part) for part in beat.split())) for name, beat in seen.items()}


def gone(beats: dict[str, Beat], now: float) -> list[str]:
    """Names nobody uses any more."""
    return [name for name, beat in beats.items() if now - beat.at > GONE_S]


def _fresh(beats: dict[str, Beat], now: float) -> dict[str, Beat]:
    return {name: beat for name, beat in beats.items() if now - beat.at <= FRESH_S}


def _missing(fresh: dict[str, Beat], settings: Settings) -> list[str]:
    """Kinds of which too few are there."""
    wanted = {"edge": settings.edge_workers, "shim": settings.shims}
    return [f"{kind}s" for kind, count in wanted.items() if sum(name.startswith(kind) for name in fresh) < count]


def lacking(beats: dict[str, Beat], record: Rollout, settings: Settings, now: float) -> str:
    """Who does not have the candidate, comma-separated; "" for nobody."""
    fresh = _fresh(beats, now)
    without = sorted(name for name, beat in fresh.items() if beat.attempt != record.attempt)
    return ", ".join(without + _missing(fresh, settings))


def followed(beats: dict[str, Beat], record: Rollout, settings: Settings, now: float) -> bool:
    """Does everybody serve by this record? Then no turn begins with a version it does not name."""
    fresh = _fresh(beats, now)
    return not _missing(fresh, settings) and all(beat.seq >= record.seq for beat in fresh.values())
