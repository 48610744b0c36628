"""Does an nginx that is started anew let in who was revoked before? From its first answer on, whatever Redis says by then."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from loadtest.place import edges
from loadtest.place.edges import Edge
from pyshim.agreement.records import me
from pyshim.identity import tokens
from tests.conftest import wait_until, with_log
from tests.many.conftest import GENEROUS

pytestmark = pytest.mark.real
REVOKED, ANSWERED = {"token_revoked"}, {"answered"}


@dataclass
class Place:
    folder: Path
    socket: Path
    redis: "subprocess.Popen[bytes]"

    @contextmanager
    def edge(self) -> Iterator[Edge]:
        """Of the same name and folder each time; killed at the end, as by a machine that fails."""
        edge = edges.start(self.folder, "edge", self.socket, EDGE_WORKERS="2", **GENEROUS)
        try:
            yield edge
        finally:
            os.killpg(edge.process.pid, signal.SIGKILL)
            edge.process.wait()

    def token(self, user: str) -> str:
        return tokens.mint(tokens.keys(self.folder / "keys", "shop")[0], "shop", user, "sluice", 3600)

    def revoke(self, edge: Edge, user: str) -> None:
        with_log(edge.settings, lambda log: log.say("shop", "user", user, me(), ""))


def asked(edge: Edge, token: str) -> set[str]:
    """As many connections as both workers are asked by, almost surely: what they are told."""
    headers = {"Authorization": f"Bearer {token}", "Connection": "close"}
    answers = [httpx.post(f"{edge.url}/v1/chat", json={"query": edges.HOT}, headers=headers, trust_env=False) for _ in range(8)]
    return {"answered" if one.status_code == 200 else str(one.json()["error"]["code"]) for one in answers}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    socket, process = edges.redis(tmp_path / "redis")
    yield Place(tmp_path, socket, process)
    process.kill()
    process.wait()


def test_what_this_machine_knew_is_refused_while_redis_says_nothing(place: Place) -> None:
    with place.edge() as edge:
        gone, stays = place.token("gone"), place.token("stays")
        place.revoke(edge, "gone")
        wait_until(lambda: asked(edge, gone) == REVOKED)
    os.kill(place.redis.pid, signal.SIGSTOP)
    with place.edge() as edge:
        assert asked(edge, gone) == REVOKED
        assert asked(edge, stays) == ANSWERED


def test_what_was_revoked_meanwhile_is_refused_from_the_first_answer(place: Place) -> None:
    with place.edge() as edge:
        gone = place.token("gone")
        assert asked(edge, gone) == ANSWERED
    place.revoke(edge, "gone")
    with place.edge() as edge:
        assert asked(edge, gone) == REVOKED


def test_a_line_that_was_cut_off_takes_no_other_along(place: Place) -> None:
    with place.edge() as edge:
        gone, too = place.token("gone"), place.token("too")
        place.revoke(edge, "gone")
        wait_until(lambda: asked(edge, gone) == REVOKED)
    kept = edge.settings.run / "revoked"
    kept.write_bytes(kept.read_bytes() + b'{"tenant":"sh')
    with place.edge() as edge:
        place.revoke(edge, "too")
        wait_until(lambda: asked(edge, too) == REVOKED)
    os.kill(place.redis.pid, signal.SIGSTOP)
    with place.edge() as edge:
        assert asked(edge, gone) == asked(edge, too) == REVOKED
