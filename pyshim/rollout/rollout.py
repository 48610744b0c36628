"""Which versions are meant to serve, and how much of the traffic does the new one get?

One record in Redis that everybody follows (pyshim/agreement/records.py).
"""

import time
from typing import Any, Literal

import msgspec
from msgspec.structs import replace

from pyshim.agreement import records

RECORD, SEEN, CLAIM, COUNTS, JUDGED, REFUSED = (
    f"{{rollout}}:{name}" for name in ("record", "seen", "claim", "counts", "judged", "refused")
)
EVENTS = 30

Goal = Literal["hold", "promote", "return"]


class Event(msgspec.Struct, frozen=True):
    """at: seconds since 1970."""

    at: float
    who: str
    what: str


class Rollout(msgspec.Struct, omit_defaults=True, frozen=True):
    """Versions are folder numbers, 0 for none. The candidate is loaded once everybody has it; only then it gets turns.

    attempt tells two loads of one version apart; compared: the attempt whose scores by Triton were those of the files; since:
    when percent, candidate or stable last changed; wanted: the percent to hold; goal: hold it, promote by steps, or return to a
    version that served before.
    """

    seq: int
    stable: int
    previous: int = 0
    candidate: int = 0
    attempt: int = 0
    loaded: bool = False
    compared: int = 0
    percent: float = 0.0
    wanted: float = 0.0
    goal: Goal = "hold"
    since: float = 0.0
    events: list[Event] = []

    @property
    def versions(self) -> set[int]:
        return {self.stable, self.candidate} - {0}

    def but(self, who: str, what: str, **changes: Any) -> "Rollout":
        """The record after a change, with the event that says why."""
        events = [*self.events, Event(round(time.time(), 3), who, what)][-EVENTS:]
        return replace(self, **{"since": time.time(), **changes}, seq=self.seq + 1, events=events)

    def again(self, who: str, seq: int) -> "Rollout":
        """The record with this seq, after Redis had lost it."""
        return replace(self, seq=seq - 1).but(who, "the record was lost and is written again")

    def with_candidate(self, who: str, version: int, goal: Goal = "hold", why: str = "load") -> "Rollout":
        changes = {"candidate": version, "attempt": self.seq + 1, "loaded": False, "percent": 0.0, "wanted": 0.0, "goal": goal}
        return self.but(who, f"{why} {version}", **changes)

    def without_candidate(self, who: str, what: str) -> "Rollout":
        return self.but(who, what, candidate=0, loaded=False, percent=0.0, wanted=0.0, goal="hold")


decode = msgspec.json.Decoder(Rollout).decode


class Records(records.Records[Rollout]):
    """Where it stands."""

    key, decode = RECORD, staticmethod(decode)
