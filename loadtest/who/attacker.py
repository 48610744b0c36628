"""Who means harm? Forged tokens, broken bodies, a flood: from addresses of their own, 127.66.0.1 and on.

What is refused to them is no error: that nobody else is refused is what counts, and that none of it is let in. Only over
loopback: elsewhere the attack would come from the customers' own address, which sluice would rightly slow.
"""

import random
import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import gevent  # type: ignore[import-untyped]

from loadtest.running.floor import Floor
from loadtest.running.plan import Place
from pyshim.identity import tokens

ADDRESSES = 12
ANSWER_S = 5.0
LOOPBACK = ("127.0.0.1", "localhost")
FLOOD = "flood"  # good turns of one user, far too many: those within its limit are answered


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent, and whether an answer with 200 means that somebody was let in."""

    kind: str
    raw: bytes
    wrong: bool = True


def _raw(headers: dict[str, str], body: bytes) -> bytes:
    all_headers = {"Host": "sluice", "Content-Type": "application/json", "Content-Length": str(len(body)), **headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in all_headers.items())
    return f"POST /v1/chat HTTP/1.1\r\n{lines}Connection: close\r\n\r\n".encode() + body


def requests(place: Place, audience: str, run: str) -> list[Request]:
    """One of each kind. place: the tenant they pretend to belong to."""
    question = '{"query":"打招呼"}'.encode()
    if place.keys:
        token = tokens.mint(
            tokens.signing_key(Path(place.keys), place.tenant.id), place.tenant.id, f"flood-{run}", audience, 3600
        )
    else:
        token = place.tokens[0] if place.tokens else "eyJhbGciOiJIUzI1NiJ9.eyJ0ZW5hbnRfaWQiOiJ4In0.c2lnbmF0dXJl"
    bearer, forged = {"Authorization": f"Bearer {token}"}, {"Authorization": f"Bearer {token[:-8]}AAAAAAAA"}
    made = [
        Request("no_token", _raw({}, question)),
        Request("forged_token", _raw(forged, question)),
        Request("unsigned_token", _raw({"Authorization": "Bearer eyJhbGciOiJub25lIn0.e30."}, question)),
        Request("malformed_json", _raw(bearer, b'{"query":"a",,}')),
        Request("not_utf8", _raw(bearer, b'{"query":"\xff\xfe"}')),
        Request("deep_json", _raw(bearer, b'{"query":' + b"[" * 2000)),
        Request("empty_query", _raw(bearer, b'{"query":""}')),
        Request("large_body", _raw(bearer, b'{"query":"' + b"x" * 40_000 + b'"}')),
        Request("bad_agent", _raw({**bearer, "User-Agent": "sqlmap/1.7"}, question)),
    ]
    return [*made, Request(FLOOD, _raw(bearer, question), wrong=False)] if place.keys else made


def can_attack(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname in LOOPBACK


class Attacker:
    """Of one worker."""

    def __init__(self, floor: Floor, rate: float) -> None:
        """rate: requests a second."""
        self._floor, self._rate = floor, rate
        parts = urlsplit(floor.plan.url)
        self._to = ("127.0.0.1", parts.port or 80)
        self._requests = [one for place in floor.plan.places for one in requests(place, floor.plan.audience, floor.plan.run)]

    def run(self) -> None:
        """Until the load is over."""
        self._floor.begun.wait()
        chance = random.Random(f"attack:{self._floor.plan.seed}:{self._floor.worker}")
        while not self._floor.over:
            gevent.sleep(chance.expovariate(self._rate))
            gevent.spawn(self._send, chance.choice(self._requests), f"127.66.0.{chance.randint(1, ADDRESSES)}")

    def _send(self, request: Request, source: str) -> None:
        status = answered(request.raw, self._to, source)
        self._floor.count("attacks")
        self._floor.count(f"attacks_{status or 'closed'}")
        if request.wrong and status == 200:
            self._floor.count("let_in")
            self._floor.count(f"let_in_{request.kind}")


def answered(raw: bytes, to: tuple[str, int], source: str) -> int:
    """The status of the answer, 0 where the connection ended without one."""
    try:
        with socket.create_connection(to, ANSWER_S, (source, 0)) as connection:
            connection.sendall(raw)
            said = connection.recv(4096)
    except OSError:
        return 0
    line = said.partition(b"\r\n")[0].split(b" ")
    return int(line[1]) if len(line) > 1 and line[1].isdigit() else 0
