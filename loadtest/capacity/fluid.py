"""What becomes of a day's turns? They flow: what comes in a step of time is one cohort, served first come, first served.

A day of a sale has 10^9 turns; none of them is simulated alone. simpy's processes are the flow, the autoscaler and each
replica's start. A cohort that has waited for deadline_s is lost: the customer gets the fallback's sentence. Steps are short where
something waits or is about to, and long where nothing does.
"""

from collections import deque
from dataclasses import dataclass, field
from math import inf

import simpy

from loadtest.capacity.day import Load
from loadtest.capacity.fleet import Events, Fleet, Replica
from loadtest.capacity.policy import Policy

FINE_S, COARSE_S = 0.1, 10.0
MOMENT_S = 10.0
NOTHING = 1e-6  # turns
LOOK_S = 1800.0  # is it worth going on?
IN_TIME = 0.99


@dataclass(slots=True)
class Moment:
    """Turns that came; of those that were answered within it, how many were in time; the lost ones."""

    arrived: float = 0.0
    answered: float = 0.0
    in_time: float = 0.0
    lost: float = 0.0
    waiting: float = 0.0
    longest_s: float = 0.0
    ready: int = 0
    starting: int = 0

    @property
    def share(self) -> float:
        """Of those that left in it: in time."""
        left = self.answered + self.lost
        return self.in_time / left if left > NOTHING else 1.0


@dataclass
class Line:
    """Turns that wait. in_time_s: who waits longer misses p99; deadline_s: is lost."""

    in_time_s: float
    deadline_s: float
    arrived: float = 0.0
    answered: float = 0.0
    lost: float = 0.0
    waiting: float = 0.0
    cohorts: deque[list[float]] = field(default_factory=deque)  # [when it came, turns]
    moments: dict[int, Moment] = field(default_factory=dict)

    def moment(self, t: float) -> Moment:
        return self.moments.setdefault(int(t // MOMENT_S), Moment())

    def come(self, t: float, turns: float) -> None:
        if turns > 0:
            self.cohorts.append([t, turns])
            self.arrived += turns
            self.waiting += turns
            self.moment(t).arrived += turns

    def serve(self, t: float, most: float) -> None:
        """At most so many, the oldest first; those who have waited too long are gone."""
        at = self.moment(t)
        while self.cohorts and self.cohorts[0][0] < t - self.deadline_s:
            self._leave(at, self.cohorts.popleft()[1])
        while self.cohorts and most > NOTHING:
            came, turns = self.cohorts[0]
            now = min(turns, most)
            self._answer(at, t - came, now)
            most -= now
            if now < turns:
                self.cohorts[0][1] = turns - now
            else:
                self.cohorts.popleft()

    def _leave(self, at: Moment, turns: float) -> None:
        self.lost += turns
        self.waiting -= turns
        at.lost += turns

    def _answer(self, at: Moment, waited_s: float, turns: float) -> None:
        self.answered += turns
        self.waiting -= turns
        at.answered += turns
        at.longest_s = max(at.longest_s, waited_s)
        if waited_s <= self.in_time_s:
            at.in_time += turns

    def oldest_s(self, t: float) -> float:
        return max(0.0, t - self.cohorts[0][0]) if self.cohorts else 0.0


def flow(env: simpy.Environment, load: Load, line: Line, fleet: Fleet) -> Events:
    """Turns come and are served."""
    while env.now < load.seconds:
        start, does = env.now, fleet.ready * fleet.replica.per_s
        fine = line.waiting > NOTHING or load.busiest(start, start + COARSE_S) > does
        step = FINE_S if fine else COARSE_S - start % COARSE_S
        yield env.timeout(min(step, load.seconds - start))
        step = env.now - start
        turns = load.until(env.now) - load.until(start)
        if line.waiting <= NOTHING and turns <= does * step:  # nobody waits
            line.come(start, turns)
            line.serve(start, turns)
        else:
            line.come(start + step / 2, turns)
            line.serve(env.now, does * step)
        at = line.moment(start)
        at.waiting, at.ready, at.starting = max(at.waiting, line.waiting), fleet.ready, fleet.starting


@dataclass(frozen=True, slots=True)
class Day:
    """What became of it."""

    policy: Policy
    load: Load
    replica: Replica
    arrived: float
    answered: float
    lost: float
    waiting: float
    hours: float
    moments: dict[int, Moment]
    changes: list[tuple[float, int, int]]

    def worst(self) -> float:
        """Share of the turns of ten seconds that were answered in time, of the worst ten."""
        return min((one.share for one in self.moments.values()), default=1.0)

    @property
    def keeps(self) -> bool:
        """p99, in each ten seconds, and nobody is lost."""
        return self.worst() >= IN_TIME and self.lost <= NOTHING

    @property
    def most(self) -> int:
        return max(one.ready for one in self.moments.values())


def _kept(line: Line, t: float) -> bool:
    """p99, in each ten seconds since the last look."""
    recent = range(int((t - LOOK_S) // MOMENT_S), int(t // MOMENT_S))
    return all(line.moments[at].share >= IN_TIME for at in recent if at in line.moments)


def simulate(
    policy: Policy,
    load: Load,
    replica: Replica,
    in_time_s: float,
    deadline_s: float = 1.5,
    seed: int = 7,
    give_up_at: float = inf,
) -> Day:
    """give_up_at: replica hours from which nobody wants to know more, nor if p99 is broken; without, to the end."""
    env = simpy.Environment()
    line, fleet = Line(in_time_s, deadline_s), Fleet(env, policy, replica, seed)
    env.process(fleet.watch(line, load))
    env.process(flow(env, load, line, fleet))
    at = 0.0
    while at < load.seconds and (give_up_at == inf or (fleet.hours < give_up_at and _kept(line, at))):
        at = min(load.seconds, at + LOOK_S)
        env.run(until=at + NOTHING)  # with what is due at that moment
        fleet.count()
    return Day(
        policy, load, replica, line.arrived, line.answered, line.lost, line.waiting, fleet.hours, line.moments, fleet.changes
    )
