"""Who has the next turn? Conversations wait for their customers to have thought; a turn that is due goes to the one that has
waited longest, or, where all still think, to somebody new.

So as many people talk at once as the rate wants, and nobody types faster because more are there. A finished customer comes back
later, with a new session.
"""

import heapq
import random
from collections import deque
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Literal

from loadtest.running.plan import Place, Plan
from loadtest.verdict.checks import Answer
from loadtest.who import conversations
from loadtest.who.customer import Say, Talk
from pyshim.identity import tokens
from pyshim.identity.jwks import Key

TOKEN_S = 24 * 3600


@dataclass
class Person:
    """Somebody with a token; "" is a guest who has none yet. until: when the token ends, monotonic seconds."""

    place: Place
    token: str = ""
    guest: bool = False
    until: float = 0.0


@dataclass
class Conversation:
    """One that goes on. say: the next turn; given: what was answered, by seq; tried: how often the turn that is due failed."""

    number: int
    name: str
    session: str
    person: Person
    talk: Talk
    say: Say
    seq: int = 1
    tried: int = 0
    given: dict[int, Answer] = field(default_factory=dict)


class People:
    """Of one worker. It plays every workers-th conversation, so that all together play each once."""

    def __init__(self, plan: Plan, worker: int) -> None:
        self._plan = plan
        self._numbers = count(worker, plan.workers)
        self._chance = random.Random(f"people:{plan.seed}:{worker}")
        self._thinking: list[tuple[float, int, Conversation]] = []
        self._away: dict[str, deque[Person]] = {place.tenant.id: deque() for place in plan.places}
        self._given = {place.tenant.id: iter(place.tokens[worker :: plan.workers]) for place in plan.places}
        self._keys = {place.tenant.id: _key(place) for place in plan.places}
        self._new = count(worker, plan.workers)
        self.talking = 0

    def next(self, now: float) -> Conversation | None:
        """Whose turn it is; None where nobody is left who could come: all tokens that were given are in use."""
        if self._thinking and self._thinking[0][0] <= now:
            return heapq.heappop(self._thinking)[2]
        return self.begin()

    def begin(self) -> Conversation | None:
        """A new conversation."""
        number = next(self._numbers)
        place = self._plan.places[number % len(self._plan.places)]
        person = self._person(place)
        if person is None:
            return heapq.heappop(self._thinking)[2] if self._thinking else None
        name, talk = conversations.begin(place.tenant, place.questions, self._plan.seed, number, place.flows)
        self.talking += 1
        return Conversation(number, name, f"{self._plan.run}-{number}", person, talk, next(talk))

    def impatient(self) -> Literal["", "meanwhile", "after"]:
        """Is this turn sent twice: at the same moment, or again after its answer?"""
        drawn = self._chance.random()
        return "" if drawn >= self._plan.again else "meanwhile" if drawn < self._plan.again / 2 else "after"

    def looks_up(self) -> bool:
        return self._chance.random() < self._plan.looked_up

    def pause(self) -> float:
        """Seconds a customer thinks: half the usual pause at least."""
        return self._plan.scenario.think_s * (0.5 + self._chance.expovariate(2.0))

    def think(self, one: Conversation, until: float) -> None:
        """It goes on at this moment, or later; in the closed model the user has thought already."""
        heapq.heappush(self._thinking, (until if self._plan.model == "open" else 0.0, one.number, one))

    def leave(self, one: Conversation, come_back: bool = True) -> None:
        """It is over. come_back: the same customer may come again, with a new session."""
        self.talking -= 1
        one.talk.close()
        if come_back:
            self._away[one.person.place.tenant.id].append(one.person)

    def _person(self, place: Place) -> Person | None:
        """Who was here before and has been away the longest, else somebody new."""
        away = self._away[place.tenant.id]
        return away.popleft() if away else self._newcomer(place)

    def _newcomer(self, place: Place) -> Person | None:
        key = self._keys[place.tenant.id]
        if place.guests and (self._chance.random() < self._plan.guests or (key is None and not place.tokens)):
            return Person(place, guest=True)
        if key is not None:
            user = f"load-{self._plan.run}-{next(self._new)}"
            return Person(place, tokens.mint(key, place.tenant.id, user, self._plan.audience, TOKEN_S))
        token = next(self._given[place.tenant.id], None)
        return Person(place, token) if token else None


def _key(place: Place) -> Key | None:
    return tokens.signing_key(Path(place.keys), place.tenant.id) if place.keys else None
