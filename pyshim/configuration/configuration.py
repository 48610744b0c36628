"""Which version of the configuration serves?

One record in Redis that everybody follows (pyshim/agreement/records.py).
"""

from typing import Any

import msgspec
from msgspec.structs import replace

from pyshim.agreement import records

RECORD, SEEN, NEWEST, LOG = (f"{{config}}:{name}" for name in ("record", "seen", "newest", "log"))


class Configuration(msgspec.Struct, omit_defaults=True, frozen=True):
    """Versions are numbers, 0 for none. preparing: to be loaded by all, not served yet; since: when that began, seconds since
    1970; candidate: serves percent of the users; previous: what served before."""

    seq: int
    serving: int
    previous: int = 0
    candidate: int = 0
    percent: float = 0.0
    preparing: int = 0
    since: float = 0.0

    @property
    def versions(self) -> set[int]:
        return {self.serving, self.candidate, self.preparing} - {0}

    def but(self, **changes: Any) -> "Configuration":
        return replace(self, **changes, seq=self.seq + 1)

    @property
    def kept(self) -> set[int]:
        """Versions that must not be forgotten."""
        return self.versions | {self.previous} - {0}

    def given(self, number: int, percent: float) -> "Configuration":
        """After that version, which everybody has, was given to so many of the users."""
        if percent < 100:
            return self.but(candidate=number, percent=percent, preparing=0)
        before = self.serving if self.serving != number else self.previous
        return self.but(serving=number, previous=before, candidate=0, percent=0.0, preparing=0)


decode = msgspec.json.Decoder(Configuration).decode


class Records(records.Records[Configuration]):
    """Where it stands."""

    key, decode = RECORD, staticmethod(decode)
