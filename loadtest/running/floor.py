"""What do the users of one worker share? The clock, the turns that are due, the conversations, and what became of them.

The clock is CLOCK_MONOTONIC, which all processes of a machine share: every worker begins at the same moment.
"""

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import gevent  # type: ignore[import-untyped]
import msgspec
from gevent.event import Event  # type: ignore[import-untyped]
from gevent.queue import Queue  # type: ignore[import-untyped]

from loadtest.running import schedule
from loadtest.running.plan import Plan
from loadtest.running.turns import Turns
from loadtest.seen.record import ContextFailure
from loadtest.verdict.checks import Forgotten
from loadtest.who.people import Conversation, People

YIELD_AFTER = 32  # turns that are put on the queue, when late, before anybody else may run
SHOWN_MAX = 200  # context failures that are told in full; all are counted

Due = tuple[float, float]  # seconds since the load began; how late the schedule itself was


class Floor:
    """One worker's."""

    def __init__(self, plan: Plan, worker: int) -> None:
        self.plan, self.worker = plan, worker
        self.people = People(plan, worker)
        self.turns = Turns()
        self.due = Queue()  # of Due
        self.begun, self.ended = Event(), Event()
        self.flying = 0  # turns that are under way
        self.over = False
        self._at = 0.0
        self._failures: list[ContextFailure] = []
        self._forgotten = 0
        self._figures: Counter[str] = Counter()

    def now(self) -> float:
        """Seconds since the load began."""
        return time.monotonic() - self._at

    def begin(self, at: float) -> None:
        """The load begins at this moment, monotonic seconds."""
        self._at = at
        if self.plan.model == "open":
            gevent.spawn(self._arrive)
        gevent.spawn_later(max(0.0, at - time.monotonic()), self.begun.set)

    def end(self) -> None:
        """Nobody begins another turn."""
        self.over = True
        self.ended.set()
        while not self.due.empty():
            self.due.get()

    def _arrive(self) -> None:
        arrivals = schedule.share(self.plan.rows, self.plan.seed, self.worker, self.plan.workers)
        for put, due in enumerate(arrivals):
            if put % YIELD_AFTER == 0:
                gevent.sleep(0)
            while (pause := due - self.now()) > 0:  # again: gevent counts from when its loop last looked at the clock
                gevent.sleep(pause)
            if self.over:
                return
            self.due.put((due, self.now() - due))

    def serve(self, turn: Callable[[Conversation, float, float], None]) -> None:
        """Waits until a turn is due, and lets it be sent: turn(conversation, when it was due, how late the generator is)."""
        free = self.due.empty()  # then it is the generator that is late, if anything is
        due, late = self.due.get()
        now = self.now()
        one = self.people.next(time.monotonic())
        while one is None and not self.over:
            gevent.sleep(0.01)
            self.count("waited_for_a_token")
            one = self.people.next(time.monotonic())
        if one is not None:
            turn(one, due, now - due if free else late)

    # -- what is told to the master --------------------------------------------------------------------------------------------

    def count(self, what: str, times: int = 1) -> None:
        self._figures[what] += times

    def forgot(self, one: Conversation, failure: Forgotten) -> None:
        """A context failure."""
        self.count("context_failures")
        self._forgotten += 1
        if self._forgotten <= SHOWN_MAX:
            where = f"{one.session} ({one.name})"
            told = ContextFailure(round(self.now(), 3), one.person.place.tenant.id, where, one.seq, failure.wanted, failure.got)
            self._failures.append(told)

    def report(self) -> dict[str, Any]:
        """What happened since the report before."""
        failures, self._failures = self._failures, []
        figures, self._figures = self._figures, Counter()
        return {
            "turns": self.turns.pack(),
            "failures": [msgspec.to_builtins(one) for one in failures],
            "figures": dict(figures),
            "talking": self.people.talking,
            "flying": self.flying + self.due.qsize(),
            "now": self.now() if self.begun.is_set() else 0.0,
        }
