"""Does a turn that a shim died with count against the version of the model it was to ask?"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import wait_until
from tests.http.door import Door, door

HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Answered-By: l7_fallback\r\nX-Sluice-Evidence: 000\r\n"
ANSWER = f"{HEAD}Content-Length: 3\r\n\r\n{{}}\n".encode()
DEEP = '{"query": "我想问个谁也说不清楚的事"'.encode()
FAILED, ANSWERED = (f'sluice_version_turns_total{{version="1",outcome="{outcome}"}}' for outcome in ("failed", "answered"))


def dies(_: socket.socket) -> None:
    pass  # asked, and gone


def answers(one: socket.socket) -> None:
    one.sendall(ANSWER)


@contextmanager
def shims(opened: Door, count: int, *acts: Callable[[socket.socket], None]) -> Iterator[None]:
    """So many, which do this, whichever is asked, one after the other."""
    left, listening = list(acts), []
    for number in range(count):
        one = socket.socket(socket.AF_UNIX)
        one.bind(str(opened.edge.settings.shim_socket(number)))
        one.listen()
        opened.edge.settings.shim_socket(number).chmod(0o777)
        listening.append(one)

        def serve(one: socket.socket = one) -> None:
            while True:
                try:
                    asked, _ = one.accept()
                except OSError:
                    return
                with asked:
                    if b"/v1/chat" in asked.recv(65536):  # and not /metrics
                        left.pop(0)(asked)

        threading.Thread(target=serve, daemon=True).start()
    yield
    for one in listening:
        one.shutdown(socket.SHUT_RDWR)
        one.close()


@pytest.mark.real
def test_a_dead_shim_counts_against_the_version_and_one_that_is_not_there_against_none(tmp_path: Path) -> None:
    with door(tmp_path / "door", SHIMS="2") as opened:
        token = opened.token()
        assert opened.chat("127.0.0.1", token, DEEP + b"}").status == 503  # nobody is there
        with shims(opened, 2, dies, dies, answers):
            assert opened.chat("127.0.0.1", token, DEEP + b"}").status == 503
            wait_until(lambda: opened.metric(FAILED) == 1)
            assert opened.chat("127.0.0.1", token, DEEP + b', "session_id": "s", "seq": 1}').status == 200
            wait_until(lambda: opened.metric(FAILED) == 2)
            assert opened.metric(ANSWERED) == 0


@pytest.mark.real
def test_a_turn_with_seq_does_not_notice_whatever_byte_a_shim_dies_at(tmp_path: Path) -> None:
    """A shim writes head and body in one piece (tests/shim/test_whole.py); what is cut off within the head is no answer."""

    def cut(bytes_: int) -> Callable[[socket.socket], None]:
        return lambda one: one.sendall(ANSWER[:bytes_])

    head = ANSWER.index(b"\r\n\r\n") + 4
    with door(tmp_path / "door", SHIMS="2") as opened:
        for seq, byte in enumerate((*range(0, head, 23), head - 1), 1):
            folder = opened.edge.settings
            with shims(opened, 2, cut(byte), answers):
                said = DEEP + f', "session_id": "s", "seq": {seq}}}'.encode()
                assert opened.chat("127.0.0.1", opened.token(), said).body == b"{}\n", byte
            for number in range(2):
                folder.shim_socket(number).unlink()
