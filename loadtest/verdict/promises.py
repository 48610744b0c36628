"""What was promised to those who chatted, and does Redis hold it?

    faults(said, kept) -> a sentence for each promise that is broken, none where all hold

Every acknowledged turn is in its user's history exactly once, in the order in which it was answered; nothing of anybody else is
there. A turn that nobody acknowledged may be there, once: its answer was lost on the way.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

LOST = "was acknowledged and is lost"


@dataclass(frozen=True, slots=True)
class Said:
    """One turn as its customer saw it. turn_id: "" where no answer came."""

    user: str
    query: str
    turn_id: str = ""
    degraded: bool = False


def faults(said: Iterable[Said], kept: Mapping[str, Sequence[Mapping[str, object]]]) -> list[str]:
    """said: in the order of each user's turns; kept: by user the whole history, newest first, as GET /v1/history tells it."""
    by_user: dict[str, list[Said]] = {}
    for one in said:
        by_user.setdefault(one.user, []).append(one)
    found = [f"{user}: nobody said anything, and there is a history" for user in kept.keys() - by_user.keys() if kept[user]]
    for user, turns in by_user.items():
        found += [f"{user}: {fault}" for fault in _of_one(turns, list(reversed(kept.get(user, ()))))]
    return found


def _of_one(turns: list[Said], history: list[Mapping[str, object]]) -> list[str]:
    acknowledged = [one.turn_id for one in turns if one.turn_id]
    stored = [str(entry["turn_id"]) for entry in history]
    found = [f"turn {turn} is kept {times} times" for turn, times in Counter(stored).items() if times > 1]
    found += [f"turn {turn} {LOST}" for turn in acknowledged if turn not in set(stored)]
    unanswered = Counter(one.query for one in turns if not one.turn_id)
    for entry in history:
        if str(entry["turn_id"]) not in set(acknowledged):
            unanswered[str(entry["query"])] -= 1
            if unanswered[str(entry["query"])] < 0:
                found.append(f"turn {entry['turn_id']} is nobody's")
    if not found and [turn for turn in stored if turn in set(acknowledged)] != acknowledged:
        found.append("turns are not in the order in which they were answered")
    return found
