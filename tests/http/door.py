"""What stands behind tests of the door? One nginx with two workers, and a Redis: hot questions are answered, nothing else is.

Every caller has an address of their own (127.x.y.z), so that no test disturbs another.
"""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from loadtest.place import edges
from loadtest.place.edges import HOT, Edge
from pyshim.identity import tokens
from tests.conftest import copy_tenants
from tests.http.raw import Answer, listen, request, speak

JSON = "Content-Type: application/json"
ASK = json.dumps({"query": HOT}).encode()


@dataclass
class Door:
    """One nginx."""

    folder: Path
    edge: Edge
    users: Iterator[int] = field(default_factory=count)
    addresses: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def port(self) -> int:
        return self.edge.settings.port

    def address(self) -> str:
        """One that nobody had."""
        return f"127.9.{next(self.addresses)}.1"

    def token(self, tenant: str = "shop", user: str | None = None, **claims: Any) -> str:
        key = tokens.keys(self.folder / "keys", tenant)[0]
        return tokens.mint(key, tenant, user or f"user-{next(self.users)}", "sluice", 3600, **claims)

    def chat(self, source: str, token: str | None = None, body: bytes = ASK, *headers: str) -> Answer:
        lines = [JSON, *headers, *([f"Authorization: Bearer {token}"] if token else [])]
        answer = speak(self.port, request("POST", "/v1/chat", lines, body), "POST", source)
        assert answer is not None
        return answer

    def say(self, source: str, token: str, times: int, body: bytes = ASK) -> list[int]:
        """The same over and over on one connection. What is said on it last is answered when all before has been counted."""
        said = request("POST", "/v1/chat", [JSON, f"Authorization: Bearer {token}"], body)
        heard = listen(self.port, said * times + request("GET", "/nowhere", ["Connection: close"]), source)
        return [int(status) for status in re.findall(rb"HTTP/1.1 (\d{3})", heard)][:-1]

    def forge(self, source: str, times: int) -> list[int]:
        """Shows forged tokens, and returns the statuses."""
        return self.say(source, self.token()[:-6] + "AAAAAA", times)

    def metric(self, name: str) -> float:
        return self.edge.metrics().get(name, 0)


@contextmanager
def door(folder: Path, prepare: Callable[[Path], object] = bool, **settings: str) -> Iterator[Door]:
    """prepare: changes the folder of tenants; settings: as in defaults.env, without the prefix."""
    tenants = copy_tenants(folder / "tenants", lambda *_: None)
    prepare(tenants)
    socket, redis = edges.redis(folder / "redis")
    edge = None
    try:
        edge = edges.start(folder, "door", socket, TENANTS=str(tenants), EDGE_WORKERS="2", **settings)
        yield Door(folder, edge)
    finally:
        if edge is not None:
            edge.stop()
        redis.kill()
        redis.wait()
        shutil.rmtree(folder, ignore_errors=True)
