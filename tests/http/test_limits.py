"""Does every bucket admit exactly what it promises, with many connections and two nginx workers?

A bucket of `rate` and `burst` has been given floor(rate * t) tokens at time t of the machine's monotonic clock, which is also
the clock of these tests, and it holds `burst` of them. It is emptied at once, which takes `burst` and what is born meanwhile. One
request alone is refused then, at a moment between a0 and a1; all connections hammer; and one alone is refused again, between b0
and b1. At both moments nothing was left, so what was admitted in between is what was born in between:

    floor(rate * b0) - floor(rate * a1)  <=  admitted  <=  floor(rate * b1) - floor(rate * a0)

and the two sides differ by what cannot be known: on which side of a token's birth a request came that was sent alone.
"""

import asyncio
import math
import time
from dataclasses import dataclass

import pytest

from tests.conftest import Stack, wait_until
from tests.http.conftest import HAMMERED, Limit
from tests.http.raw import Answer, Stranger, request

pytestmark = pytest.mark.real

CONNECTIONS = 64
TOGETHER = 8  # requests that one connection sends before it reads the answers
SECONDS = 1.5
REFUSED = b"HTTP/1.1 429 "


@dataclass
class Hammer:
    """Sends requests over and over. said: what a connection sends at once; line: the status line of a turn that was admitted."""

    port: int
    said: list[bytes]
    line: bytes = b"HTTP/1.1 200 "
    source: str = "127.0.0.1"
    admitted: int = 0
    refused: int = 0

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port, local_addr=(self.source, 0))

    async def _send(self, said: list[bytes], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"".join(said))
        seen, admitted, refused = b"", 0, 0
        while admitted + refused < len(said):
            piece = await reader.read(65536)
            assert piece, f"closed after {seen!r}"
            seen += piece
            admitted, refused = seen.count(self.line), seen.count(REFUSED)
            assert seen.count(b"HTTP/1.1 ") == admitted + refused, seen
        self.admitted += admitted
        self.refused += refused

    async def _one(self) -> tuple[float, float]:
        """One request on a connection of its own: the moments before and after it."""
        reader, writer = await self._connect()
        before = time.monotonic()
        await self._send(self.said[:1], reader, writer)
        after = time.monotonic()
        writer.close()
        return before, after

    async def _many(self, until: float) -> None:
        reader, writer = await self._connect()
        while time.monotonic() < until:
            await self._send(self.said, reader, writer)
        writer.close()

    async def _until_refused(self) -> tuple[float, float]:
        """The moments before and after a request that was alone, and refused."""
        refused = self.refused
        while self.refused == refused:
            moments = await self._one()
        return moments

    async def _drain(self, burst: int) -> None:
        reader, writer = await self._connect()
        await self._send(self.said * (3 * burst // len(self.said)), reader, writer)
        writer.close()

    async def swing(self, limit: Limit) -> None:
        """Empties a full bucket, hammers on it, and holds what was admitted against what it promises."""
        rate, burst = limit["rate_per_s"], limit["burst"]

        def born(start: float, end: float) -> int:
            return math.floor(rate * end) - math.floor(rate * start)

        began = time.monotonic()
        await self._drain(burst)
        a0, a1 = await self._until_refused()
        drained = self.admitted
        assert burst <= drained <= burst + born(began, a1)
        until = time.monotonic() + SECONDS
        await asyncio.gather(*(self._many(until) for _ in range(CONNECTIONS)))
        b0, b1 = await self._until_refused()
        assert born(a1, b0) <= self.admitted - drained <= born(a0, b1)
        assert self.refused > 10 * self.admitted  # it was a hammering


def history(stranger: Stranger) -> bytes:
    return request("GET", "/v1/history?limit=1", [stranger.signed])


async def test_the_bucket_of_a_user(small: Stack) -> None:
    user = Stranger(small, "one_user")
    await Hammer(user.port, [history(user)] * TOGETHER).swing(HAMMERED)


async def test_the_bucket_of_a_tenant_is_one_for_all_its_users(small: Stack) -> None:
    users = [Stranger(small, "one_tenant") for _ in range(TOGETHER)]
    await Hammer(small.settings.port, [history(user) for user in users]).swing(HAMMERED)


async def test_the_bucket_of_everything_is_one_for_all_tenants(tight: Stack) -> None:
    users = [Stranger(tight, tenant) for tenant in ("shop", "bank", "telecom") for _ in range(TOGETHER // 3 + 1)]
    await Hammer(tight.settings.port, [history(user) for user in users]).swing(HAMMERED)


async def test_the_bucket_of_an_address_counts_who_has_no_token_too(small: Stack) -> None:
    nobody = request("GET", "/v1/history")
    await Hammer(small.settings.port, [nobody] * TOGETHER, b"HTTP/1.1 401 ", "127.0.0.2").swing(HAMMERED)


# -- one token from all buckets, or from none --------------------------------------------------------------------------


def ask(stranger: Stranger) -> str:
    """ "served", or whose limit refused."""
    answer = stranger.ask("GET", "/v1/history?limit=1")
    if answer.status == 200:
        return "served"
    message = answer.refuses(429, "rate_limited").error()["message"]
    return message.removeprefix("too many requests: limit of ").partition(",")[0]


def test_a_user_who_is_refused_takes_nothing_from_the_tenant(small: Stack) -> None:
    hasty, other, third = (Stranger(small, "poor_users", name) for name in ("hasty", "other", "third"))
    assert [ask(hasty) for _ in range(30)] == ["served"] * 3 + ["the user"] * 27
    assert [ask(other), ask(third)] == ["served", "served"]  # the tenant had five, and three are gone
    assert ask(other) == ask(third) == "the tenant"


def test_a_tenant_that_refuses_takes_nothing_from_the_user(small: Stack) -> None:
    user = Stranger(small, "poor_tenant")
    served, asked = 0, 0
    while (whose := ask(user)) != "the user":  # the tenant gets two tokens a second, the user has four for ever
        served += whose == "served"
        asked += 1
    assert served == 4
    assert asked >= 8


def test_one_tenant_does_not_take_the_tokens_of_another(small: Stack) -> None:
    left, right = Stranger(small, "left", "same-name"), Stranger(small, "right", "same-name")
    assert [ask(left) for _ in range(10)] == ["served"] * 4 + ["the tenant"] * 6
    assert [ask(right) for _ in range(10)] == ["served"] * 4 + ["the tenant"] * 6


def test_a_url_has_a_limit_of_its_own(small: Stack) -> None:
    user = Stranger(small, "routes")
    assert [ask(user) for _ in range(4)] == ["served"] * 2 + ["this URL"] * 2
    assert user.chat({"query": "打招呼"}).status == 200


def test_a_tenant_may_limit_addresses_and_two_of_them_do_not_share(small: Stack) -> None:
    user = Stranger(small, "addressed")
    statuses = [user.ask("GET", "/v1/history", source=source).status for source in ["127.0.0.7"] * 5 + ["127.0.0.8"] * 2]
    assert statuses == [200] * 3 + [429] * 2 + [200] * 2


def test_a_limit_in_shadow_mode_counts_and_refuses_nobody(small: Stack) -> None:
    user = Stranger(small, "shadowed")
    assert [ask(user) for _ in range(6)] == ["served"] * 6
    name = b'sluice_limit_shadow_total{tenant="shadowed",bucket="user"} 4'
    wait_until(lambda: name in user.send(request("GET", "/metrics"), operations=True).body)


def test_a_refused_turn_gives_back_the_token_of_its_address(small: Stack) -> None:
    user, source = Stranger(small, "poor_users", "from-elsewhere"), "127.0.0.9"
    while user.ask("GET", "/v1/history", source=source).status == 200:
        pass
    for _ in range(3 * HAMMERED["burst"]):  # as fast as one client is, which is faster than an address may go
        message = user.ask("GET", "/v1/history", source=source).refuses(429, "rate_limited").error()["message"]
        assert "limit of the address" not in message


def test_a_slot_is_free_again_when_its_turn_is_over_whoever_answered(small: Stack) -> None:
    user = Stranger(small, "one_at_once")
    assert [user.chat({"query": "打招呼"}).status for _ in range(5)] == [200] * 5
    assert [ask(user) for _ in range(5)] == ["served"] * 5


# -- what the client is told -------------------------------------------------------------------------------------------


def at_once(user: Stranger) -> Answer:
    """The refusal of one who asks faster than a token a second, which a busy machine may need some tries for."""
    asked = (user.ask("GET", "/v1/history") for _ in range(20))
    return next(answer for answer in asked if answer.status != 200).refuses(429, "rate_limited")


def test_who_waits_as_told_is_served(small: Stack) -> None:
    user = Stranger(small, "patient")
    assert ask(user) == "served"
    refused = at_once(user)
    assert refused.headers["Retry-After"] == "1"
    time.sleep(int(refused.headers["Retry-After"]))  # this is what is promised
    assert ask(user) == "served"


def test_who_is_refused_is_told_of_the_emptiest_of_all_buckets(small: Stack) -> None:
    user = Stranger(small, "both")
    assert ask(user) == "served"
    now = time.monotonic()
    refused = user.ask("GET", "/v1/history").refuses(429, "rate_limited")
    assert "limit of the tenant" in refused.error()["message"]  # a token in two seconds at most
    born = [(math.floor(rate * now) + 1) / rate - now for rate in (0.5, 0.01)]  # of the tenant, of the user
    assert max(born) - 1 <= int(refused.headers["Retry-After"]) <= max(born) + 1


def test_a_refusal_says_how_large_the_bucket_is_and_when_there_is_a_token(small: Stack) -> None:
    user = Stranger(small, "patient")
    refused = at_once(user)
    assert refused.headers["RateLimit-Limit"] == "1"
    assert refused.headers["RateLimit-Remaining"] == "0"
    assert refused.headers["RateLimit-Reset"] == refused.headers["Retry-After"] == "1"  # a part of a second, in whole seconds
    assert refused.headers["X-Answered-By"] == "l2_meter"
