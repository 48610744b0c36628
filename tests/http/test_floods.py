"""Is each way to keep an edge busy with nothing refused, and held against who tries it?

Slow headers, slow bodies, too many requests at once, bodies and headers that are too large, JSON that is too deep, words nobody
may say.
"""

import contextlib
import json
import select
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pyshim.errors import BadTenant
from pyshim.tenants import addresses
from tests.conftest import wait_until
from tests.http.door import JSON, Door, door
from tests.http.raw import PATIENCE_S, Answer, listen, request, speak

pytestmark = pytest.mark.real

TIMEOUT_S = 1
CONNECTIONS, BODIES = 60, 50  # bodies: of one address and worker, lua/edge/body.lua


def block(tenants: Path) -> None:
    (tenants / "shop" / "words" / "blocked.txt").write_text("刷单  # sold in messages\nVPN-shop\n", encoding="utf-8")


@pytest.fixture(scope="module")
def brisk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    patient = {"SCORE_SLOWED": "1e9", "SCORE_REFUSED": "1e9", "ADDRESS_RATE_PER_S": "100000", "ADDRESS_BURST": "100000"}
    short = {"HEADER_S": str(TIMEOUT_S), "BODY_S": str(TIMEOUT_S), "ADDRESS_CONNECTIONS": str(CONNECTIONS)}
    with door(tmp_path_factory.mktemp("d"), prepare=block, **short, **patient) as opened:
        yield opened


@contextlib.contextmanager
def connected(at: Door, source: str) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", at.port), PATIENCE_S, (source, 0)) as connection:
        yield connection


def trickle(connection: socket.socket, said: bytes) -> tuple[bytes, float]:
    """Says a byte every tenth of a second until it is answered or hung up on; what came back, and after how long."""
    began = time.monotonic()
    for byte in said:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.send(bytes([byte]))
        if select.select([connection], [], [], 0.1)[0]:
            break
    try:
        return connection.recv(65536), time.monotonic() - began
    except ConnectionResetError:
        return b"", time.monotonic() - began


def hung_up(connection: socket.socket) -> bool:
    try:
        return connection.recv(100) == b""
    except ConnectionResetError:
        return True


def offences(at: Door, kind: str) -> float:
    return at.metric(f'sluice_offences_total{{kind="{kind}"}}')


@contextlib.contextmanager
def counted(at: Door, kind: str) -> Iterator[None]:
    """What happens inside is held against somebody."""
    before = offences(at, kind)
    yield
    wait_until(lambda: offences(at, kind) > before)


def test_headers_that_never_end(brisk: Door) -> None:
    with counted(brisk, "slow"), connected(brisk, brisk.address()) as slow:
        heard, seconds = trickle(slow, request("GET", "/v1/history", ["X: " + "a" * 2000]))
    assert heard == b""  # there is nobody to answer yet
    assert TIMEOUT_S * 0.9 <= seconds < 3 * TIMEOUT_S


def test_a_connection_that_says_nothing(brisk: Door) -> None:
    with connected(brisk, brisk.address()) as silent:
        began = time.monotonic()
        with contextlib.suppress(ConnectionResetError):
            assert silent.recv(100) == b""
        assert time.monotonic() - began < 3 * TIMEOUT_S


def begun(at: Door, length: int = 1000) -> bytes:
    """The headers of a good request whose body is to follow."""
    headers = [JSON, f"Authorization: Bearer {at.token()}", f"Content-Length: {length}"]
    return request("POST", "/v1/chat", headers, length=False)


def test_a_body_that_comes_a_byte_at_a_time(brisk: Door) -> None:
    with counted(brisk, "slow"), connected(brisk, brisk.address()) as slow:
        slow.sendall(begun(brisk))
        heard, seconds = trickle(slow, b'{"query":"' + b"a" * 900)
        assert hung_up(slow)
    head, _, body = heard.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    assert json.loads(body)["error"]["code"] == "too_slow"
    assert TIMEOUT_S * 0.9 <= seconds < 3 * TIMEOUT_S


def test_who_hangs_up_in_the_middle_of_a_body_has_lost_the_network(brisk: Door) -> None:
    def counted_so_far() -> float:
        return sum(value for name, value in brisk.edge.metrics().items() if name.startswith("sluice_offences_total"))

    before, turns = counted_so_far(), 'sluice_turns_total{tenant="-",layer="shim",status="400"}'
    with connected(brisk, brisk.address()) as lost:
        lost.sendall(begun(brisk) + b'{"query"')
    wait_until(lambda: brisk.metric(turns) == 1)
    assert counted_so_far() == before


def test_a_body_that_comes_in_two_pieces_is_as_good_as_any(brisk: Door) -> None:
    said = json.dumps({"query": "打招呼"}).encode()
    with connected(brisk, brisk.address()) as halting:
        halting.sendall(begun(brisk, len(said)) + said[:9])
        assert not select.select([halting], [], [], 0.2)[0]
        halting.sendall(said[9:])
        assert halting.recv(65536).startswith(b"HTTP/1.1 200 ")
        chunked = request(
            "POST", "/v1/chat", [JSON, f"Authorization: Bearer {brisk.token()}", "Transfer-Encoding: chunked"], length=False
        )
        halting.sendall(chunked + b"9\r\n" + said[:9] + b"\r\n")  # the connection is as good as before, too
        assert not select.select([halting], [], [], 0.2)[0]
        halting.sendall(b"%x\r\n" % (len(said) - 9) + said[9:] + b"\r\n0\r\n\r\n")
        assert halting.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_more_bodies_under_way_than_one_address_may_have(brisk: Door) -> None:
    source, opened = brisk.address(), contextlib.ExitStack()
    with opened:
        waiting = [opened.enter_context(connected(brisk, source)) for _ in range(CONNECTIONS)]
        for one in waiting:
            one.sendall(begun(brisk))
        heard = b"".join(one.recv(65536) for one in waiting)
        assert heard.count(b"HTTP/1.1 408 ") + heard.count(b"HTTP/1.1 429 ") == CONNECTIONS
    assert brisk.chat(source, brisk.token()).status == 200  # nothing is kept of them


def test_more_requests_at_once_than_one_address_may_have(brisk: Door) -> None:
    """Bodies that do not come hold their places for BODY_S; should that be over before the question is asked, they come again."""
    source, other = brisk.address(), brisk.address()

    def crowded() -> tuple[Answer, Answer] | None:
        with contextlib.ExitStack() as opened:
            for _ in range(CONNECTIONS):
                opened.enter_context(connected(brisk, source)).sendall(begun(brisk))
            answer = brisk.chat(source, brisk.token())
            return (answer, brisk.chat(other, brisk.token())) if answer.status == 429 else None

    with counted(brisk, "crowd"):
        mine, others = wait_until(crowded)
    mine.refuses(429, "rate_limited")
    assert mine.headers["Retry-After"] == "1"
    assert "under way" in mine.error()["message"]
    assert others.status == 200
    wait_until(lambda: brisk.chat(source, brisk.token()).status == 200)


@pytest.mark.parametrize("length", ["Content-Length: 40000", "Transfer-Encoding: chunked"])
def test_bodies_that_are_too_large(brisk: Door, length: str) -> None:
    body = b"9c40\r\n" + b" " * 40000 + b"\r\n0\r\n\r\n" if "chunked" in length else b" " * 40000
    with counted(brisk, "oversized"):
        headers = [JSON, f"Authorization: Bearer {brisk.token()}", length]
        answer = speak(brisk.port, request("POST", "/v1/chat", headers, body, length=False), "POST", brisk.address())
        assert answer is not None
        answer.refuses(413, "too_large")


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'], ids=["arrays", "objects", "both"])
@pytest.mark.parametrize("levels", [17, 3000])
def test_json_that_is_too_deep(brisk: Door, opening: bytes, levels: int) -> None:
    with counted(brisk, "malformed"):
        brisk.chat(brisk.address(), brisk.token(), b'{"query":' + opening * levels).refuses(400, "invalid_json")


@pytest.mark.parametrize("lines", [["X: " + "a" * 9000], [f"X-{n}: {'a' * 200}" for n in range(200)]], ids=["one long", "many"])
def test_headers_that_are_too_large(brisk: Door, lines: list[str]) -> None:
    with counted(brisk, "oversized"):
        answer = speak(brisk.port, request("GET", "/v1/history", lines), source=brisk.address())
        assert answer is not None
        answer.refuses(431, "too_large")


def test_an_address_that_is_slow_too_often_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A tenth of a second for nothing: what nginx refuses by itself counts, too."""
    with door(tmp_path_factory.mktemp("d"), SCORE_SLOWED="15", SCORE_REFUSED="35", RECORD_HALF_LIFE_S="3600") as opened:
        source = opened.address()
        flood = request("GET", "/v1/history", ["X: " + "a" * 9000])
        for _ in range(4):
            listen(opened.port, flood, source)
        wait_until(lambda: opened.chat(source, opened.token()).status == 429)
        assert opened.chat(opened.address(), opened.token()).status == 200


@pytest.mark.parametrize("query", ["招聘刷单兼职", "buy at vpn-SHOP"])
def test_a_word_that_nobody_may_say_here(brisk: Door, query: str) -> None:
    said = json.dumps({"query": query}).encode()
    with counted(brisk, "blocked_words"):
        answer = brisk.chat(brisk.address(), brisk.token(), said).refuses(403, "refused")
    assert answer.headers["X-Answered-By"] == "l2_meter"
    assert query not in answer.body.decode()
    assert brisk.chat(brisk.address(), brisk.token("telecom"), said).status != 403  # it is the shop's own list


def test_a_user_agent_that_is_refused_counts(brisk: Door) -> None:
    with counted(brisk, "agent"):
        brisk.chat(brisk.address(), brisk.token(), b"{}", "User-Agent: sqlmap").refuses(403, "refused")


def test_a_list_of_addresses_in_a_file_and_trusted_addresses_that_are_not_counted(tmp_path: Path) -> None:
    lists = tmp_path / "lists"
    lists.mkdir()
    (lists / "bad.txt").write_text("# seen last night\n127.40.0.0/16\n127.41.0.1\n")
    (lists / "good.txt").write_text("127.42.0.0/16\n")
    limits = {"ADDRESS_CONNECTIONS": "1", "BODY_S": "5", "ADDRESS_RATE_PER_S": "1", "ADDRESS_BURST": "2"}
    listed = {"ADDRESSES_REFUSED": f"{lists}/bad.txt, 127.50.0.1", "ADDRESSES_TRUSTED": f"{lists}/good.txt"}
    with door(tmp_path / "d", **listed, **limits) as opened:
        for source in ("127.40.3.4", "127.41.0.1", "127.50.0.1"):
            opened.chat(source, opened.token()).refuses(403, "refused")
        with connected(opened, "127.42.0.1") as slow:
            slow.sendall(begun(opened))
            assert [opened.chat("127.42.0.1", opened.token()).status for _ in range(5)] == [200] * 5
        with connected(opened, "127.43.0.1") as slow:
            slow.sendall(begun(opened))
            wait_until(lambda: opened.chat("127.43.0.1", opened.token()).status == 429)


def test_a_list_that_grows_while_serving_and_one_with_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "bad.txt"
    path.write_text("127.40.0.0/16\n")
    with door(tmp_path / "d", ADDRESSES_REFUSED=str(path)) as opened:
        token, late = opened.token(), "127.45.0.1"
        assert opened.chat(late, token).status == 200
        path.write_text("127.40.0.0/16\n127.45.0.0/33\n")
        with pytest.raises(BadTenant, match=r"bad\.txt:2"):
            addresses.keep(opened.edge.settings)
        assert [opened.chat(one, token).status for one in ("127.40.0.1", late)] == [403, 200]
        path.write_text("127.45.0.0/16\n")
        assert addresses.keep(opened.edge.settings) == (1, 0)
        wait_until(lambda: [opened.chat(one, opened.token()).status for one in (late, "127.40.0.1")] * 2 == [403, 200] * 2)
