"""Who watches what must not happen meanwhile: a revoked token that is let in, and more turns than a limit allows?"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from itertools import count, cycle
from typing import Self

import httpx

HOT = "你好"


class Witness:
    """Asks in a thread of its own until the block ends. asks: (client, url) -> None."""

    def __init__(self, urls: list[str], every_s: float) -> None:
        self._urls, self._every_s, self._over = urls, every_s, threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        with httpx.Client(timeout=2, trust_env=False) as client:
            for url in cycle(self._urls):
                if self._over.wait(self._every_s):
                    return
                self.note(self._ask(client, url))

    def _ask(self, client: httpx.Client, url: str) -> int:
        try:
            answer = client.post(f"{url}/v1/chat", json={"query": HOT}, headers={"Authorization": f"Bearer {self.token()}"})
            return answer.status_code
        except httpx.HTTPError:
            return 0

    def token(self) -> str:
        raise NotImplementedError

    def note(self, status: int) -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


class Revoked(Witness):
    """Somebody whose token is revoked."""

    def __init__(self, urls: list[str], token: str) -> None:
        super().__init__(urls, 0.1)
        self._token, self.statuses = token, Counter[int]()

    def token(self) -> str:
        return self._token

    def note(self, status: int) -> None:
        self.statuses[status] += 1

    def faults(self) -> list[str]:
        let_in = sum(count for status, count in self.statuses.items() if status not in (0, 401))
        return [f"a revoked token was answered {let_in} times: {dict(self.statuses)}"] if let_in else []


class Metered(Witness):
    """All customers of a tenant with a limit, who want twice as much as it allows. lost_s: for how long Redis may have been away
    from an edge, or an edge from the other (docs/limits.md, "The bound")."""

    def __init__(self, urls: list[str], token_of: Callable[[str], str], rate: float, burst: float) -> None:
        super().__init__(urls, 0.5 / rate)
        self._token_of, self._rate, self._burst, self._users = token_of, rate, burst, count()
        self.admitted, self.refused, self._began = 0, 0, time.monotonic()

    def token(self) -> str:
        return self._token_of(f"metered-{id(self)}-{next(self._users)}")

    def note(self, status: int) -> None:
        self.admitted += status == 200
        self.refused += status == 429

    def faults(self, lost_s: float) -> list[str]:
        edges, lasted_s = len(self._urls), time.monotonic() - self._began
        excess = max(edges, 0.1 * self._rate)
        most = self._burst + self._rate * lasted_s + excess  # nothing breaks
        most += self._burst + self._rate * 0.3 + excess + edges  # Redis is lost, and loses what it counted last
        most += self._rate / edges * lost_s  # an edge that is cut off alone
        return [f"{self.admitted} turns in {lasted_s:.1f} s, where {most:.0f} are allowed"] if self.admitted > most else []
