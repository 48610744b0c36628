"""How much memory does a connected user hold? A kept connection in nginx and in the kernel, a user's turns in Redis."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from statistics import median
from typing import Any

import httpx

from loadtest.bench import holders
from loadtest.bench.holders import User
from loadtest.capacity.rig import Rig
from loadtest.place import store
from loadtest.seen import memory
from loadtest.seen.memory import PROC, pss_mb
from loadtest.what.sentences import Corpus

TURNS = {1: 200, 10: 100, 100: 40}  # turns of a user: users that are asked, so that Redis grows by something
GROWN_AT_LEAST = 20_000  # bytes of Redis; less is its own housekeeping
MB = 1024 * 1024


class TooLittle(Exception):
    """What was to be measured is lost in what else happens."""


def _slab_kb() -> float:
    """What the kernel holds and cannot give back: sockets are in it, at both ends of a loopback connection."""
    lines = (PROC / "meminfo").read_text(encoding="ascii").splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith("SUnreclaim:")))


@contextmanager
def _kept(rig: Rig, user: User, question: str, count: int) -> Iterator[None]:
    """So many connections that have been used for a turn and are open."""
    body = httpx.Request("POST", rig.url, json={"query": question}).content
    head = (
        f"POST /v1/chat HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {user.token}\r\nContent-Type: application/json\r\n"
    )
    said = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    with ExitStack() as held:
        for _ in range(count):
            one = held.enter_context(socket.create_connection(("127.0.0.1", rig.settings.port), timeout=10))
            one.sendall(said)
            if not one.recv(65536).startswith(b"HTTP/1.1 200"):
                raise TooLittle("a turn on a kept connection was not answered with 200")
        yield


def connection(rig: Rig, count: int) -> tuple[float, float]:
    """Bytes of a kept connection: in nginx, in the kernel at nginx' end. Raises TooLittle."""
    tenant = sorted(rig.questions)[0]
    user = holders.mint(rig.settings, [tenant], 1, "kept")[0]
    question = rig.questions[tenant].hot[0]
    pid = rig.pids()["edge"][0]
    with _kept(rig, user, question, 50):  # buffers that workers keep anyway
        pass
    held, slab = pss_mb(pid), _slab_kb()
    with _kept(rig, user, question, count):
        more, grown = pss_mb(pid) - held, _slab_kb() - slab
    return max(0.0, more) * MB / count, max(0.0, grown) * 1024 / 2 / count


def of_users(rig: Rig) -> dict[str, float]:
    """Bytes that Redis holds for a user, by turns of history, hot and deep ones in turn. Raises TooLittle."""
    found = {}
    with store.masters(rig.settings) as masters:
        for turns, count in TURNS.items():
            rig.clear()
            before = _used(masters)
            _talk(rig, turns, count)
            grown = _used(masters) - before
            if grown < GROWN_AT_LEAST:
                raise TooLittle(f"Redis grew by {grown} bytes with {count} users of {turns} turns")
            found[str(turns)] = grown / count
    return found


def _used(masters: list[Any]) -> int:
    return sum(int(one.info("memory")["used_memory_dataset"]) for one in masters)


def _talk(rig: Rig, turns: int, count: int) -> None:
    """Everybody asks so often, each question another one."""
    asking = holders.mint(rig.settings, sorted(rig.questions), count, f"talk{turns}")
    with httpx.Client(base_url=rig.url, timeout=10, trust_env=False) as client:
        for user in asking:
            asked = _asked(rig.questions[user.tenant])
            for at in range(turns):
                answer = client.post(
                    "/v1/chat", json={"query": asked[at % len(asked)]}, headers={"Authorization": f"Bearer {user.token}"}
                )
                answer.raise_for_status()


def _asked(corpus: Corpus) -> list[str]:
    """Every tenth one deep."""
    return [corpus.deep[at // 10 % len(corpus.deep)] if at % 10 == 9 else corpus.hot[at % len(corpus.hot)] for at in range(100)]


def of_parts(rig: Rig) -> dict[str, float]:
    """PSS of one process of each part, MB; nginx with all its workers."""
    return {part: median(memory.pss_mb(pid) for pid in pids) for part, pids in rig.pids().items()}
