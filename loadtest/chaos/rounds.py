"""What happened in one round, and was every promise kept?

Under a steady load one thing happens (events.py), and ends. Then: every acknowledged turn is there once and in order; who had
nothing to do with it was answered; limits and revocations held; everything is well again by itself, and soon as fast as before.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from loadtest.chaos.events import Event, begin, drawn, node_of, now
from loadtest.chaos.house import BURST, LIMITED, RATE, House
from loadtest.chaos.witnesses import HOT, Metered, Revoked
from loadtest.place.fleet import EDGES, REDIS, SHIMS, Fleet
from loadtest.verdict.promises import LOST, faults
from loadtest.who.crowd import Answer, Crowd

USERS, EVERY_S = 8, 0.04
SAID = [HOT, "我买的那双鞋子到底走到哪个城市了呀", "我要退款", "20231105", "谢谢", "为什么我的包裹好几天都没动静"]
HEALED_S, FAST_S, STEADY_S = 30.0, 10.0, 1.0
LATEST = 60  # answers whose p99 says how fast it is
SLOWEST_S = 0.3


@dataclass
class Round:
    """seed: draws it; lost: acknowledged turns, a fault where SLUICE_REDIS_WAIT promises them; faults: sentences, none where all
    was well; again_s: from the end of the event until it was as fast as before."""

    seed: int
    event: Event
    turns: int = 0
    degraded: int = 0
    failed: int = 0
    again_s: float = 0.0
    lost: int = 0
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        counts = f"{self.turns} turns, {self.degraded} late, {self.failed} failed, {self.lost} lost"
        said = f"{self.event}: {counts}, as fast as before after {self.again_s:.1f} s"
        return said + "".join(f"\n    {fault}" for fault in self.faults)


def played(house: House, seed: int, timed: bool = True) -> Round:
    """timed: does it count how fast it is again?"""
    one, fleet = Round(seed, drawn(seed)), house.fleet
    event = now(one.event, fleet)
    touched = _touched(fleet, event)
    crowd = Crowd(fleet.urls, fleet.token, SAID, USERS, EVERY_S)
    revoked = Revoked(fleet.urls, house.revoked)
    metered = Metered(fleet.urls, lambda user: fleet.token(user, LIMITED), RATE, BURST)
    with revoked, metered, crowd:
        time.sleep(STEADY_S + event.before_s)
        before = _p99(crowd.took)
        began = time.monotonic()
        end = begin(event, fleet)
        time.sleep(event.lasts_s)
        end()
        ended = time.monotonic()
        one.faults += _healed(fleet)
        one.again_s = fast_again(crowd, ended, max(SLOWEST_S, 3 * before))
    one.turns, one.degraded = len(crowd.took), sum(answer.degraded for answer in crowd.took)
    one.failed = sum(answer.status != 200 for answer in crowd.took)
    one.faults += harmed(crowd.took, touched, one.event)
    one.faults += _written(fleet)
    broken = faults(crowd.said, fleet.cluster.histories("shop", crowd.users))
    one.lost = sum(LOST in fault for fault in broken)
    one.faults += broken if house.waits else [fault for fault in broken if LOST not in fault]
    one.faults += revoked.faults() + metered.faults(ended - began + HEALED_S * bool(one.faults))
    if timed and one.again_s > FAST_S:
        one.faults.append(f"not as fast as before within {FAST_S:.0f} s")
    return one


def _touched(fleet: Fleet, event: Event) -> Callable[[Answer], bool]:
    """May this turn have been harmed?"""
    if event.host in REDIS:
        node = node_of(fleet, event.host)
        spans = [span for span, owner in fleet.cluster.owners().items() if owner == node]

        def of_shard(answer: Answer) -> bool:
            slot = fleet.cluster.slot_of(f"d:{{shop:{answer.user}}}")
            return any(first <= slot <= last for first, last in spans)

        return of_shard
    if event.host in EDGES:
        url = fleet.urls[EDGES.index(event.host)]
        return lambda answer: answer.url == url
    return lambda answer: event.host in SHIMS


def harmed(answers: Sequence[Answer], touched: Callable[[Answer], bool], event: Event) -> list[str]:
    """What is wrong with these answers, in sentences. touched: those that the event may have cost something."""
    spared = [answer for answer in answers if answer.status != 200 and not touched(answer)]
    allowed = (0, 200, 503) if event.host in EDGES else (200, 503)
    strange = sorted({answer.status for answer in answers if answer.status not in allowed})
    failed = sorted({one.status for one in spared})
    said = [f"{len(spared)} turns that had nothing to do with it failed: {failed}"] if spared else []
    return said + [f"turns were answered with {strange}"] * bool(strange)


def _healed(fleet: Fleet) -> list[str]:
    until = time.monotonic() + HEALED_S
    while not (fleet.ready() and fleet.cluster.settled()):
        if time.monotonic() > until:
            told = [fleet.operations(host, "/readyz").text.strip() for host in EDGES]
            return [f"not well again within {HEALED_S:.0f} s: {told}"]
        time.sleep(0.1)
    return []


def _written(fleet: Fleet) -> list[str]:
    """Waits until no turn waits any more."""
    until = time.monotonic() + HEALED_S
    while waiting := _waiting(fleet):
        if time.monotonic() > until:
            return [f"turns still wait after {HEALED_S:.0f} s: {waiting}"]
        time.sleep(0.1)
    return []


def _waiting(fleet: Fleet) -> dict[str, float]:
    """How many, by who keeps them; of shims one edge knows."""
    told = {host: fleet.metrics(host) for host in EDGES}
    names = ("sluice_late_turns", "sluice_late_copies")
    found = {f"{host} {name}": told[host].get(name, -1) for host in EDGES for name in names}
    behind = [f'sluice_shim_late_turns{{shim="{number}"}}' for number in range(len(SHIMS))]
    found |= {name: told[EDGES[0]].get(name, -1) for name in behind}
    return {name: count for name, count in found.items() if count}


def _p99(answers: Sequence[Answer]) -> float:
    took = sorted(answer.took_s for answer in answers[-LATEST:])
    return took[int(0.99 * (len(took) - 1))] if took else 0.0


def fast_again(crowd: Crowd, ended: float, limit_s: float) -> float:
    """Seconds until the latest answers are as fast as they were; FAST_S and more where they are not by then."""
    while time.monotonic() < ended + FAST_S:
        since = [answer for answer in crowd.took if answer.at - answer.took_s > ended]
        if len(since) >= LATEST and _p99(since) <= limit_s and all(answer.status == 200 for answer in since[-LATEST:]):
            return max(0.0, since[-LATEST].at - ended)
        time.sleep(0.05)
    return time.monotonic() - ended + 0.001
