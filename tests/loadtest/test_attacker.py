"""Is every attack what it says, and is it seen when one is let in?"""

import socket
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import msgspec
import pytest

from loadtest.running import kill
from loadtest.running.kill import NotThere
from loadtest.running.plan import Plan
from loadtest.who import attacker
from pyshim.settings import PREFIX, read_settings


@pytest.fixture
def server() -> Iterator[tuple[str, int]]:
    """Answers one connection with 200 and the next with nothing."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for answer in (b"HTTP/1.1 200 OK\r\n\r\n", b""):
            connection, _ = listening.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

    thread = Thread(target=serve, daemon=True)
    thread.start()
    yield listening.getsockname()
    thread.join(5)
    listening.close()


def test_the_status_is_what_the_answer_says_and_0_without_one(server: tuple[str, int]) -> None:
    assert attacker.answered(b"GET / HTTP/1.1\r\n\r\n", server, "127.66.0.1") == 200
    assert attacker.answered(b"GET / HTTP/1.1\r\n\r\n", server, "127.66.0.2") == 0


def test_nobody_there_is_no_answer() -> None:
    assert attacker.answered(b"x", ("127.0.0.1", 1), "127.66.0.1") == 0


def test_attacks_are_made_only_where_they_have_addresses_of_their_own() -> None:
    assert attacker.can_attack("http://127.0.0.1:8080")
    assert not attacker.can_attack("https://127.0.0.1:8443")
    assert not attacker.can_attack("http://sluice.example")


def test_a_flood_needs_a_good_token_and_is_never_let_in_wrongly(plan: Plan, tmp_path: Path) -> None:
    without = attacker.requests(plan.places[0], "sluice", "test")
    signed = attacker.requests(msgspec.structs.replace(plan.places[0], keys=str(tmp_path)), "sluice", "test")

    assert attacker.FLOOD not in {one.kind for one in without}
    assert [one.kind for one in signed if not one.wrong] == [attacker.FLOOD]
    assert all(one.raw.startswith(b"POST /v1/chat HTTP/1.1\r\n") for one in signed)


def test_what_is_not_there_cannot_be_killed(tmp_path: Path) -> None:
    settings = read_settings({PREFIX + "VAR": str(tmp_path)})
    settings.run.mkdir(parents=True)
    (settings.run / "triton.pid").write_text(str(2**22 + 1))

    with pytest.raises(NotThere, match=r"redis\.pid: no redis to be killed"):
        kill.kill(settings, "redis")
    with pytest.raises(NotThere, match="ended already"):
        kill.kill(settings, "triton")
