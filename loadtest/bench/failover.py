"""What do users notice while slots move and masters die? A steady crowd of hot questions, at an edge before a cluster.

Of a master that is killed: for how long turns of its users were late, when Redis itself had a successor, which part of it the
edge added, and how much slower everybody else's turns were meanwhile.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from typing import Any

from loadtest.bench.cluster_stands import Stand
from loadtest.place.cluster import Cluster
from loadtest.place.edges import HOT
from loadtest.who.crowd import Answer, Crowd
from pyshim.identity import tokens

USERS, EVERY_S = 16, 0.03
BEFORE_S, AFTER_TURNS = 3.0, 200
LOOK_S = 0.01


def crowd_of(stand: Stand, every_s: float = 0.0) -> Crowd:
    settings = stand.edge.settings
    key = tokens.signing_key(settings.keys, "shop")

    def token(user: str) -> str:
        return tokens.mint(key, "shop", user, settings.token_audience, 3600)

    return Crowd([stand.edge.url], token, [HOT], USERS, every_s)


def kept(made: Cluster, crowd: Crowd) -> dict[str, int]:
    """Acknowledged turns, and those of them that are not there, or twice."""
    acknowledged: dict[str, list[str]] = {}
    for one in crowd.said:
        if one.turn_id:
            acknowledged.setdefault(one.user, []).append(one.turn_id)
    histories = made.histories("shop", acknowledged)
    lost = twice = 0
    for user, turns in acknowledged.items():
        times = Counter(str(entry["turn_id"]) for entry in histories[user])
        lost += sum(times[turn] == 0 for turn in turns)
        twice += sum(count > 1 for count in times.values())
    return {"acknowledged": sum(map(len, acknowledged.values())), "lost": lost, "twice": twice}


def settled(made: Cluster, stand: Stand) -> None:
    """Raises TimeoutError."""
    made.wait(made.settled, 60)
    made.wait(lambda: stand.edge.metrics()["sluice_late_turns"] == 0, 60)


def _failed(crowd: Crowd) -> int:
    return sum(count for status, count in crowd.statuses.items() if status != 200)


def moved(made: Cluster, stand: Stand, slots: int) -> dict[str, Any]:
    """So many slots, there and back."""
    with crowd_of(stand) as crowd:
        source, target, *_ = made.masters()
        first, last = next(span for span, owner in made.owners().items() if owner == source)
        made.move(source, target, list(range(first, last))[:slots])
        made.move(target, source, list(range(first, last))[:slots])
    settled(made, stand)
    return {"slots": 2 * slots, "failed": _failed(crowd), "late": sum(one.degraded for one in crowd.said), **kept(made, crowd)}


@contextmanager
def _promoted(made: Cluster, replica: str) -> Iterator[list[float]]:
    """When the replica said that it is the master now, monotonic seconds."""
    found: list[float] = []
    over = threading.Event()

    def look() -> None:
        one = made.at(replica)
        while not over.wait(LOOK_S):
            if one.execute_command("ROLE")[0] == b"master":
                found.append(time.monotonic())
                return

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield found
    finally:
        over.set()
        watcher.join()


def killed(made: Cluster, stand: Stand) -> dict[str, Any]:
    """One master. late_s: until its users' last late turn; promoted_s: until Redis had a successor; edge_s: what is between;
    others: p99 of everybody else's turns meanwhile, beside theirs before. Raises TimeoutError."""
    lost = made.masters()[0]
    spans = [span for span, owner in made.owners().items() if owner == lost]
    with crowd_of(stand, EVERY_S) as crowd:
        time.sleep(BEFORE_S)
        with _promoted(made, made.replica_of(lost)) as promoted:
            began = time.monotonic()
            made.kill(lost)
            made.wait(lambda: lost not in made.owners().values(), 60)
            crowd.more(AFTER_TURNS)
    made.start(lost)
    settled(made, stand)
    late = [answer.at for answer in crowd.took if answer.degraded]
    ended, successor = max(late, default=began), promoted[0] if promoted else began
    return {
        "late_s": round(ended - began, 2),
        "promoted_s": round(successor - began, 2),
        "edge_s": round(max(0.0, ended - successor), 2),
        "late": len(late),
        "others": others(made, spans, crowd.took, began, ended),
        "failed": _failed(crowd),
        **kept(made, crowd),
    }


def others(
    made: Cluster, spans: Sequence[tuple[int, int]], took: Sequence[Answer], began: float, ended: float
) -> dict[str, float]:
    """p99 of the turns of users with other slots, ms: of those that were answered before, and meanwhile."""

    def elsewhere(answer: Answer) -> bool:
        slot = made.slot_of(f"d:{{shop:{answer.user}}}")
        return not any(first <= slot <= last for first, last in spans)

    theirs = [answer for answer in took if elsewhere(answer)]
    before = p99([one.took_s for one in theirs if began - BEFORE_S <= one.at < began])
    meanwhile = p99([one.took_s for one in theirs if began <= one.at - one.took_s and one.at <= ended])
    return {"before_ms": round(1e3 * before, 1), "meanwhile_ms": round(1e3 * meanwhile, 1)}


def p99(took_s: Sequence[float]) -> float:
    """0 where there are none."""
    return sorted(took_s)[int(0.99 * (len(took_s) - 1))] if took_s else 0.0


def added(rounds: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Several kills together. others: median of the ratios of their p99."""
    told = {name: sum(one[name] for one in rounds) for name in ("failed", "acknowledged", "lost", "twice")}
    each = {name: [one[name] for one in rounds] for name in ("late_s", "promoted_s", "edge_s", "others")}
    ratios = [one["others"]["meanwhile_ms"] / max(0.1, one["others"]["before_ms"]) for one in rounds]
    late = [one["late_s"] for one in rounds]
    return {
        "rounds": len(rounds),
        "late_median_s": round(median(late), 2),
        "late_worst_s": max(late),
        "edge_worst_s": max(one["edge_s"] for one in rounds),
        "others_p99": round(median(ratios), 2),
        **told,
        **each,
    }
