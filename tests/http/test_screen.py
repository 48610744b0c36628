"""Who is turned away at the door, before anybody asks for a token?"""

import pytest

from tests.conftest import Stack
from tests.http.conftest import HAMMERED, REFUSED
from tests.http.raw import Answer, Stranger, listen, request

pytestmark = pytest.mark.real


def knock(stack: Stack, source: str, path: str = "/v1/history") -> Answer:
    """Without a token: 401 is further than the door."""
    return Stranger(stack).send(request("GET", path), source=source)


@pytest.mark.parametrize(
    "agent",
    ["sqlmap/1.7.2#stable", "SQLMAP", "Mozilla/5.0 (compatible; Nikto/2.5)", "masscan/1.3", "python-requests/1.2", "Scrapy"],
)
def test_agents_that_are_refused_however_they_are_written(stranger: Stranger, agent: str) -> None:
    answer = stranger.chat({"query": "你好"}, f"User-Agent: {agent}").refuses(403, "refused")
    assert answer.headers["X-Answered-By"] == "l1_screen"
    stranger.ask("GET", "/v1/history", f"User-Agent: {agent}").refuses(403, "refused")
    stranger.guest({"tenant": "shop"}, f"User-Agent: {agent}").refuses(403, "refused")


@pytest.mark.parametrize(
    "agent", ["curl/8.5", "python-requests/2.31", "Mozilla/5.0", "", "你好".encode().decode("latin-1"), "a" * 3000]
)
def test_agents_that_are_not(stranger: Stranger, agent: str) -> None:
    assert stranger.ask("GET", "/v1/history", f"User-Agent: {agent}").status == 200


def test_a_refused_agent_is_refused_whatever_it_sends(stranger: Stranger) -> None:
    stranger.chat(b"\xff{", "User-Agent: sqlmap", kind="text/plain").refuses(403, "refused")


@pytest.mark.parametrize("source", [REFUSED, "127.0.66.0", "127.0.66.7", "127.0.66.255"])
def test_addresses_that_are_refused_with_the_best_of_tokens(small: Stack, source: str) -> None:
    guest = Stranger(small)
    guest.ask("GET", "/v1/history", source=source).refuses(403, "refused")
    body = b'{"tenant":"shop"}'
    guest.send(request("POST", "/v1/session", ["Content-Type: application/json"], body), "POST", source).refuses(403, "refused")


@pytest.mark.parametrize("source", ["127.0.0.65", "127.0.0.67", "127.0.65.255", "127.0.67.0", "127.66.0.66"])
def test_their_neighbours_are_not(small: Stack, source: str) -> None:
    knock(small, source).refuses(401, "token_missing")


def test_an_address_cannot_be_put_on(small: Stack) -> None:
    """Who it is says the connection, not a header."""
    for header in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "True-Client-IP"):
        said = request("GET", "/v1/history", [f"{header}: 127.0.0.1"])
        Stranger(small).send(said, source=REFUSED).refuses(403, "refused")
        said = request("GET", "/v1/history", [f"{header}: {REFUSED}"])
        Stranger(small).send(said).refuses(401, "token_missing")


def test_each_address_has_a_bucket_of_its_own(small: Stack) -> None:
    pushy = Stranger(small)
    often = request("GET", "/v1/history") * 200 + request("GET", "/nowhere", ["Connection: close"])
    seen = listen(pushy.port, often, source="127.0.1.1")
    assert seen.count(b"HTTP/1.1 401") >= HAMMERED["burst"]
    assert seen.count(b"HTTP/1.1 401") + seen.count(b"HTTP/1.1 429") == 200
    refusal = seen[seen.index(b"HTTP/1.1 429") :].split(b"\r\n\r\n")[0]
    for header in (b"RateLimit-Limit: 20", b"RateLimit-Remaining: 0", b"Retry-After: 1", b"X-Answered-By: l1_screen"):
        assert header in refusal
    knock(small, "127.0.1.2").refuses(401, "token_missing")


def test_a_trusted_address_has_none(small: Stack) -> None:
    assert {knock(small, "127.0.0.1").status for _ in range(10 * int(HAMMERED["burst"]))} == {401}
