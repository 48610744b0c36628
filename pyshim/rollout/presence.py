"""Who serves by which record of the rollout, and who has its candidate?"""

from collections.abc import Mapping
from typing import NamedTuple

from pyshim.agreement.presence import fresh, missing
from pyshim.rollout.rollout import Rollout
from pyshim.settings import Settings


class Beat(NamedTuple):
    """at: Redis's seconds since 1970; seq of the record; attempt of the candidate that is loaded, 0 for none."""

    at: int
    seq: int
    attempt: int


def read(seen: Mapping[bytes, bytes]) -> dict[str, Beat]:
    return {name.decode(): Beat(*(int(part) for part in beat.split())) for name, beat in seen.items()}


def nodes(beats: dict[str, Beat], now: float) -> set[str]:
    """Who is there: the nodes of all shims."""
    return {name.split()[1] for name in fresh(beats, now) if name.startswith("shim ")}


def lacking(beats: dict[str, Beat], record: Rollout, settings: Settings, now: float) -> str:
    """Who does not have the candidate, comma-separated; "" for nobody."""
    there = fresh(beats, now)
    without = sorted(name for name, beat in there.items() if beat.attempt != record.attempt)
    return ", ".join(without + missing(there, settings))


def followed(beats: dict[str, Beat], record: Rollout, settings: Settings, now: float) -> bool:
    """Does everybody serve by this record? Then no turn begins with a version it does not name."""
    there = fresh(beats, now)
    return not missing(there, settings) and all(beat.seq >= record.seq for beat in there.values())
