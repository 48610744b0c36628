"""What happened, on the time axis of every plot? Events are numbered in order; those that stand too near share one label."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from loadtest.report.axes import Time
from loadtest.seen.record import Event

NEAR = 0.055  # of the axis: half a label on a telephone
KINDS = ("killed", "breaker", "rollout", "gate", "shape")  # gravest first; any other kind is drawn like shape
PLAIN = "shape"


@dataclass(frozen=True, slots=True)
class Mark:
    """at: 0 to 1 of the time axis. kind: one of KINDS, the gravest of its events. row: " upper" where its label stands higher."""

    at: float
    kind: str
    label: str
    row: str = ""


def known(kind: str) -> str:
    return kind if kind in KINDS else PLAIN


def ordered(events: Sequence[Event]) -> list[Event]:
    return sorted(events, key=lambda event: event.t)


def of(events: Sequence[Event], time: Time, prefix: str = "", row: str = "") -> list[Mark]:
    """prefix: before each number, where two runs share an axis; row: where their labels stand."""
    marks: list[Mark] = []
    group: list[int] = []
    placed = [(time.place(event.t), known(event.kind)) for event in ordered(events)]
    for at in range(len(placed)):
        if group and placed[at][0] - placed[group[0]][0] > NEAR:
            marks += _marks(group, placed, prefix)
            group = []
        group.append(at)
    marks += _marks(group, placed, prefix) if group else []
    return [replace(mark, row=row) for mark in marks]


def _marks(group: list[int], placed: list[tuple[float, str]], prefix: str) -> list[Mark]:
    """One mark with a label, the others of its group without."""
    first, last = group[0] + 1, group[-1] + 1
    label = f"{prefix}{first}" if first == last else f"{prefix}{first}–{last}"
    gravest = min((placed[at][1] for at in group), key=KINDS.index)
    leader = Mark(placed[group[0]][0], gravest, label)
    return [leader, *(Mark(*placed[at], "") for at in group[1:])]
