"""Whose address counts behind a load balancer?"""

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pyshim.settings import ROOT
from tests.conftest import make_stack
from tests.edge.conftest import lua as lua  # noqa: PLC0414 - the same LuaJIT
from tests.http.door import ASK, JSON, Door, door
from tests.http.raw import request, speak

pytestmark = pytest.mark.real
PROXY, REFUSED, CLIENT = "127.0.0.9", "203.0.113.7", "198.51.100.4"
SETTINGS = {"ADDRESSES_REFUSED": f"{REFUSED}/32, 2001:db8::/64", "PROXIES": f"{PROXY}/32, 127.0.1.0/24", "TRACE_SHARE": "0"}


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with door(tmp_path_factory.mktemp("proxies") / "door", **SETTINGS) as one:
        yield one


def asked(opened: Door, source: str, said: str | None = None, before: bytes = b"") -> int:
    """The status of a turn; said: X-Forwarded-For; before: what the connection begins with."""
    headers = [JSON, f"Authorization: Bearer {opened.token()}", *([f"X-Forwarded-For: {said}"] if said else [])]
    answer = speak(opened.port, before + request("POST", "/v1/chat", headers, ASK), "POST", source)
    return answer.status if answer else 0


@pytest.mark.parametrize(
    ("source", "said", "status"),
    [
        (PROXY, CLIENT, 200),
        (PROXY, REFUSED, 403),
        (PROXY, "2001:db8::1", 403),
        (PROXY, f"{CLIENT}, {REFUSED}", 403),  # what the client wrote itself comes first
        (PROXY, f"{REFUSED}, {CLIENT}", 200),
        (PROXY, f"{REFUSED}, 127.0.1.5", 403),  # by way of two of them
        (PROXY, "nonsense", 200),
        (PROXY, None, 200),
        ("127.0.0.8", REFUSED, 200),  # no load balancer: its word is nothing
        ("127.0.0.8", CLIENT, 200),
    ],
)
def test_the_client_is_whom_a_load_balancer_names(opened: Door, source: str, said: str | None, status: int) -> None:
    assert asked(opened, source, said) == status


def test_what_is_broken_before_anybody_is_known_counts_against_no_load_balancer(opened: Door) -> None:
    for _ in range(200):
        speak(opened.port, b"BROKEN\r\n\r\n", source=PROXY)
    assert asked(opened, PROXY, CLIENT) == 200


def test_the_proxy_protocol_is_spoken_where_it_is_set(tmp_path: Path) -> None:
    with door(tmp_path / "door", **SETTINGS, PROXY_PROTOCOL="1") as opened:

        def line(client: str) -> bytes:
            return f"PROXY TCP4 {client} 127.0.0.1 4000 80\r\n".encode()

        assert asked(opened, PROXY, before=line(CLIENT)) == 200
        assert asked(opened, PROXY, before=line(REFUSED)) == 403
        assert asked(opened, PROXY, said=REFUSED, before=line(CLIENT)) == 200
        assert asked(opened, "127.0.0.8", before=line(REFUSED)) == 200  # anybody may say it, and it is nothing
        assert asked(opened, PROXY) != 200


def test_a_proxy_protocol_that_nobody_may_speak_is_refused_at_the_start(tmp_path: Path) -> None:
    stack = make_stack(tmp_path, PROXY_PROTOCOL="1")
    command = [sys.executable, "-m", "gateway.nginx", "nginx"]
    environment = {"PATH": "/usr/bin", **stack.environment, **_path()}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "SLUICE_PROXY_PROTOCOL=1: SLUICE_PROXIES is wanted" in done.stderr


def _path() -> dict[str, str]:
    return {"PYTHONPATH": ":".join(sys.path)}


@pytest.mark.parametrize("kind", ["address", "verified", "guests"])
def test_an_ipv6_address_counts_by_its_64_bits(lua: Any, kind: str) -> None:
    name = lua.eval(b"require 'edge.names'")[kind.encode()]
    one, other, far = (socket.inet_pton(socket.AF_INET6, text) for text in ("2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1"))
    assert name(one) == name(other) != name(far)
