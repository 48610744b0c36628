"""What does an attacker do? `python -m loadtest.bench.attack KIND PORT ...`: one of attacks(), from addresses of its own.

One thread and one epoll, at the lowest priority: it shares the cores with what it attacks. Says at the end what it sent and
what came back, JSON.
"""

import argparse
import os
import re
import select
import socket
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

STATUS = re.compile(rb"HTTP/1\.1 (\d{3})")
TOGETHER = 5  # requests that a connection sends before it reads
OPEN_MAX = 8000
TICK_S = 0.002


@dataclass(frozen=True, slots=True)
class Attack:
    """said: what a connection says; alone: whether the answer ends the connection; trickles: what it goes on with, a byte now and
    then, until it is hung up on; sources: how many addresses it comes from."""

    said: bytes
    alone: bool = False
    trickles: bytes = b""
    sources: int = 10


def _chat(headers: str, body: bytes, length: int | None = None) -> bytes:
    count = len(body) if length is None else length
    head = f"POST /v1/chat HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{headers}Content-Length: {count}\r\n\r\n"
    return head.encode() + body


def attacks(token: str, hot: bytes) -> dict[str, Attack]:
    """token: a good one of somebody unknown; hot: a body that is answered."""
    bearer, forged = f"Authorization: Bearer {token}\r\n", f"Authorization: Bearer {token[:-6]}AAAAAA\r\n"
    flood = "".join(f"X-{n}: {'a' * 200}\r\n" for n in range(200))
    return {
        "forged_tokens": Attack(_chat(forged, hot)),
        "malformed_json": Attack(_chat(bearer, b'{"query":"a",,}')),
        "nested_json": Attack(_chat(bearer, b'{"query":' + b"[" * 2000)),
        "oversized_bodies": Attack(_chat(bearer, b"x" * 1000, 40000), alone=True),
        "header_floods": Attack(_chat(flood, b""), alone=True),
        "slow_headers": Attack(b"POST /v1/chat HTTP/1.1\r\nHost: x\r\n", trickles=b"X"),
        "slow_bodies": Attack(_chat(bearer, b'{"query":"', 1000), trickles=b"a"),
        "idle_connections": Attack(b"", trickles=b"\n"),
        "one_fast_address": Attack(_chat(bearer, hot), sources=1),
    }


@dataclass
class Attacker:
    """begun: requests; answers: by status, "closed" for none."""

    attack: Attack
    port: int
    source: Callable[[int], str]
    begun: int = 0
    open_max: int = 0
    answers: Counter[str] = field(default_factory=Counter)
    _sockets: dict[int, socket.socket] = field(default_factory=dict)
    _owed: dict[int, int] = field(default_factory=dict)
    _idle: deque[int] = field(default_factory=deque)
    _held: deque[int] = field(default_factory=deque)
    _poll: select.epoll = field(default_factory=select.epoll)

    def run(self, rate: float, seconds: float) -> None:
        began, trickled = time.monotonic(), 0
        each = TOGETHER if not (self.attack.alone or self.attack.trickles) else 1
        while (elapsed := time.monotonic() - began) < seconds:
            while self.begun + each <= rate * elapsed and len(self._sockets) < OPEN_MAX:
                self._begin(each)
            while self.attack.trickles and trickled < rate * elapsed and self._held:
                trickled += 1
                self._trickle()
            for number, events in self._poll.poll(TICK_S):
                self._turn(number, events)
        for one in self._sockets.values():
            one.close()

    def _begin(self, each: int) -> None:
        self.begun += each
        if self._idle:
            self._say(self._idle.popleft(), each)
            return
        one = socket.socket()
        one.setblocking(False)
        one.setsockopt(socket.SOL_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT: the port is chosen when it connects
        one.bind((self.source(self.begun // each), 0))
        one.connect_ex(("127.0.0.1", self.port))
        self._sockets[one.fileno()], self._owed[one.fileno()] = one, -each
        self._poll.register(one.fileno(), select.EPOLLOUT)
        self.open_max = max(self.open_max, len(self._sockets))

    def _say(self, number: int, each: int) -> None:
        try:
            self._sockets[number].send(self.attack.said * each)
            self._owed[number] = each
            self._poll.modify(number, select.EPOLLIN)
        except OSError:
            self._close(number)

    def _trickle(self) -> None:
        number = self._held.popleft()
        if self._owed.get(number, 0) > 0:
            self._held.append(number)
            try:
                self._sockets[number].send(self.attack.trickles)
            except OSError:
                self._close(number)

    def _turn(self, number: int, events: int) -> None:
        if events & select.EPOLLOUT and self._owed[number] < 0:
            if self.attack.trickles:
                self._held.append(number)
            self._say(number, -self._owed[number])
            return
        try:
            heard = self._sockets[number].recv(65536)
        except OSError:
            heard = b""
        statuses = STATUS.findall(heard)
        self.answers.update(status.decode() for status in statuses)
        self._owed[number] -= len(statuses)
        if not heard:
            self._close(number)
        elif self.attack.alone and statuses:
            self._close(number, answered=True)
        elif self._owed[number] <= 0 and not self.attack.trickles:
            self._idle.append(number)

    def _close(self, number: int, answered: bool = False) -> None:
        if not answered and self._owed.get(number):
            self.answers["closed"] += 1
        self._poll.unregister(number)
        self._sockets.pop(number).close()
        del self._owed[number]
        if number in self._idle:
            self._idle.remove(number)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind")
    parser.add_argument("port", type=int)
    parser.add_argument("--rate", type=float, default=1000, help="requests, or connections, begun a second")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--network", type=int, default=10, help="it comes from 127.NETWORK.0.*; 0: from 127.0.0.1")
    parser.add_argument("--token", required=True)
    parser.add_argument("--hot", required=True, help="a body that is answered")
    told = parser.parse_args()
    attack = attacks(told.token, told.hot.encode())[told.kind]

    def source(number: int) -> str:
        return f"127.{told.network}.0.{number % attack.sources + 1}" if told.network else "127.0.0.1"

    os.nice(19)  # a real one has a machine of its own: what it costs to send is not to be measured
    attacker = Attacker(attack, told.port, source)
    attacker.run(told.rate, told.seconds)
    said = {"begun_per_s": round(attacker.begun / told.seconds), "open_max": attacker.open_max, "answers": attacker.answers}
    print(msgspec.json.encode(said).decode())


if __name__ == "__main__":
    main()
