"""Who chats while things break? Users who write one message after the other, and remember what they were told.

with Crowd(urls, token_of, users=8) as crowd: ...    crowd.said is then what everybody saw
"""

import threading
import time
from collections.abc import Callable
from itertools import count, cycle
from typing import Any, NamedTuple

import httpx

from loadtest.verdict.promises import Said

MORE_S = 60
PATIENCE_S = 10
TURNS_EACH = 12  # then somebody new comes: whose keys no Redis has yet


class Answer(NamedTuple):
    """at: monotonic seconds; status: 0 where none came."""

    at: float
    took_s: float
    user: str
    url: str
    status: int
    degraded: bool


class Crowd:
    """token_of: makes a user's token; queries: what is said, in turn; urls: each user has one of them; every_s: how long a user
    thinks before each message."""

    _crowds = count()

    def __init__(
        self, urls: list[str], token_of: Callable[[str], str], queries: list[str], users: int = 8, every_s: float = 0
    ) -> None:
        self._token_of, self._queries, self._every_s = token_of, queries, every_s
        self._crowd, self._names, self._over = next(self._crowds), count(), threading.Event()
        self._threads = [threading.Thread(target=self._chat, args=(urls[n % len(urls)],)) for n in range(users)]
        self.said: list[Said] = []
        self.took: list[Answer] = []
        self.statuses: dict[int, int] = {}
        self._lock = threading.Lock()

    def _chat(self, url: str) -> None:
        queries = cycle(self._queries)
        query: str
        with httpx.Client(base_url=url, timeout=PATIENCE_S, trust_env=False) as client:
            while not self._over.is_set():
                user = f"crowd-{self._crowd}-{next(self._names)}"
                client.headers["Authorization"] = f"Bearer {self._token_of(user)}"
                for _ in range(TURNS_EACH):
                    if self._over.wait(self._every_s):
                        return
                    self._note(user, url, query := next(queries), *self._ask(client, query))

    @staticmethod
    def _ask(client: httpx.Client, query: str) -> tuple[int, dict[str, Any], float]:
        began = time.monotonic()
        try:
            answer = client.post("/v1/chat", json={"query": query})
            return answer.status_code, answer.json(), time.monotonic() - began
        except httpx.HTTPError:
            return 0, {}, time.monotonic() - began

    def _note(self, user: str, url: str, query: str, status: int, told: dict[str, Any], took: float) -> None:
        good = status == 200
        degraded = good and bool(told.get("degraded", False))
        with self._lock:
            self.statuses[status] = self.statuses.get(status, 0) + 1
            self.took.append(Answer(time.monotonic(), took, user, url, status, degraded))
            self.said.append(Said(user, query, str(told["turn_id"]) if good else "", degraded))

    def more(self, turns: int = 50) -> None:
        """Waits until so many more turns were answered. Raises TimeoutError."""
        before = len(self.said)
        until = time.monotonic() + MORE_S
        while len(self.said) < before + turns:
            if time.monotonic() > until:
                raise TimeoutError(f"not {turns} turns more within {MORE_S} s: {self.statuses}")
            time.sleep(0.02)

    @property
    def degraded(self) -> set[str]:
        """Users who were told so once."""
        return {one.user for one in self.said if one.degraded}

    @property
    def users(self) -> set[str]:
        return {one.user for one in self.said}

    def __enter__(self) -> "Crowd":
        for thread in self._threads:
            thread.start()
        self.more()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
