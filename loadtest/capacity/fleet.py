"""How many replicas serve, and who orders and dismisses them? simpy's processes: the autoscaler, and each replica's start."""

import random
from collections.abc import Generator
from dataclasses import dataclass
from typing import Protocol

import simpy

from loadtest.capacity.day import Load
from loadtest.capacity.policy import Lag, Policy, lags, wanted

Events = Generator[simpy.Event, None, None]


class Line(Protocol):
    """Turns that wait, however they are kept."""

    waiting: float

    def oldest_s(self, t: float) -> float:
        """For how long the first has waited."""


@dataclass(frozen=True, slots=True)
class Replica:
    """per_s: turns a second it does and keeps p99. start_s: from the order until it serves (a node, the model's load, warm-up);
    spread: each takes up to this share more or less, seeded."""

    per_s: float
    start_s: float = 60.0
    spread: float = 0.2


class Fleet:
    """The replicas, and whoever orders and dismisses them."""

    def __init__(self, env: simpy.Environment, policy: Policy, replica: Replica, seed: int) -> None:
        self.env, self.policy, self.replica = env, policy, replica
        self.ready, self.starting = policy.least(0.0), 0
        self.changed_at = self.calm_since = 0.0
        self.hours = 0.0  # replica hours, from the order on
        self.changes: list[tuple[float, int, int]] = []  # (when, from, to)
        self._chance = random.Random(f"fleet:{seed}")
        self._counted = 0.0
        self._dismissed = 0

    def to(self, count: int) -> None:
        """Order what is missing; dismiss what is too much, those that serve at once."""
        have = self.ready + self.starting
        if count != have:
            self.count()
            self.changes.append((self.env.now, have, count))
            self.changed_at = self.calm_since = self.env.now
        for _ in range(count - have):
            self.starting += 1
            self.env.process(self._start())
        if count < have:
            fewer = min(self.ready, have - count)
            self.ready -= fewer
            self._dismissed += have - count - fewer
            self.starting -= have - count - fewer

    def _start(self) -> Events:
        of = self.replica
        yield self.env.timeout(of.start_s * (1 + of.spread * self._chance.uniform(-1, 1)))
        if self._dismissed:
            self._dismissed -= 1
            return
        self.starting -= 1
        self.ready += 1

    def count(self) -> None:
        self.hours += (self.ready + self.starting) * (self.env.now - self._counted) / 3600
        self._counted = self.env.now

    def seen(self, line: Line, rate: float) -> Lag:
        now, does = self.env.now, self.ready * self.replica.per_s
        return Lag(
            now,
            line.waiting,
            line.oldest_s(now),
            self.ready,
            self.starting,
            now - self.changed_at,
            now - self.calm_since,
            rate / does if does else 1.0,
        )

    def watch(self, line: Line, load: Load) -> Events:
        """The autoscaler."""
        while True:
            yield self.env.timeout(self.policy.check_s)
            seen = self.seen(line, load.rate(self.env.now))
            if lags(self.policy, seen):
                self.calm_since = self.env.now
            self.to(wanted(self.policy, seen))
