"""What came of a call, whatever a back end does? The real client against a server that does what it is told to.

Done only where it says so, Refused only where it says so or nothing was sent, else Unknown; and never an exception.
"""

import asyncio
import gzip
from collections.abc import AsyncIterator

import msgspec
import pytest

from pyshim.outside.backend import ANSWER_BYTES, CHARS_MOST, CONNECTIONS, FAILURES, Backend, Done, Outcome, Refused, Unknown
from pyshim.outside.base import Base
from pyshim.tenants.schema import Call
from tests.shim.scripted import (
    SILENCE,
    Act,
    Asked,
    Scripted,
    closes_behind,
    deaf,
    kills,
    nobody,
    raw,
    refuses,
    says,
    scripted,
    then_nothing,
    trickles,
)

POST = Call("POST", "/things/{thing}", ["thing"])
GET = Call("GET", "/things/{thing}")
HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture
async def server() -> AsyncIterator[Scripted]:
    async with scripted() as told:
        yield told


@pytest.fixture
async def backend() -> AsyncIterator[Backend]:
    made = Backend()
    yield made
    await made.close()


async def post(backend: Backend, url: str, timeout_s: float = 5, key: str = "key-1", thing: str = "1") -> Outcome:
    return await backend.call(url, POST, {"thing": thing}, "u", key, timeout_s)


# -- it was done -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 201, 203])
async def test_a_2xx_is_done_and_its_fields_are_read(server: Scripted, backend: Backend, status: int) -> None:
    server.script = [says(status, {"id": "A1", "amount": 12.5, "nobody_declared": True, "none": None})]
    assert await post(backend, server.url) == Done({"id": "A1", "amount": 12.5, "nobody_declared": True, "none": None})
    assert (server.asked[0].what, server.asked[0].key) == ("POST /things/1", "key-1")
    assert server.asked[0].body == {"thing": "1"}
    assert server.asked[0].headers["x-user-id"] == "u"


async def test_nested_fields_are_read_by_their_path(server: Scripted, backend: Backend) -> None:
    server.script = [says(200, {"bill": {"total": "9.90"}, "items": [{"name": "杯子"}, {"name": "锅"}], "x": [], "y": {}})]
    assert await post(backend, server.url) == Done({"bill.total": "9.90", "items.0.name": "杯子", "items.1.name": "锅"})


async def test_a_204_is_done_without_a_word(server: Scripted, backend: Backend) -> None:
    server.script = [says(204)]
    assert await post(backend, server.url) == Done({})


async def test_a_slots_value_stays_one_segment_of_the_path(server: Scripted, backend: Backend) -> None:
    server.script = [says(200, {})]
    await post(backend, server.url, thing="1/2?x=3#四\n")
    assert server.asked[0].path == "/things/1%2F2%3Fx%3D3%23%E5%9B%9B%0A"


@pytest.mark.parametrize("thing", [".", ".."])
async def test_a_value_that_would_name_another_path_is_not_sent(server: Scripted, backend: Backend, thing: str) -> None:
    assert isinstance(await post(backend, server.url, thing=thing), Refused)
    assert server.asked == []


async def test_a_get_carries_no_key(server: Scripted, backend: Backend) -> None:
    server.script = [says(200, {})]
    await backend.call(server.url, GET, {"thing": "1"}, "u", "key", 5)
    assert server.asked[0].key == ""


async def test_hostile_fields_are_made_harmless(server: Scripted, backend: Backend) -> None:
    wild = {
        "long": "长" * 20_000,
        "control": "a\x00b\x1b[31mc\u202ed",
        "number": 10**40,
        "below": -(10**30),
        "": 1,
        "{people}": "{people}",
    }
    server.script = [says(200, wild)]
    outcome = await post(backend, server.url)
    assert isinstance(outcome, Done)
    assert outcome.fields["long"] == "长" * CHARS_MOST
    assert outcome.fields["control"] == "a b [31mc d"
    assert outcome.fields["number"] == str(10**40)
    msgspec.msgpack.encode(outcome.fields)


async def test_more_fields_than_anybody_declares_are_not_read(server: Scripted, backend: Backend) -> None:
    server.script = [says(200, {str(n): n for n in range(10_000)})]
    outcome = await post(backend, server.url)
    assert isinstance(outcome, Done)
    assert len(outcome.fields) == 2000


# -- it was refused --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 422, 429])
async def test_a_4xx_is_refused_with_the_back_ends_own_code(server: Scripted, backend: Backend, status: int) -> None:
    server.script = [refuses(status, "too_high", most=3)]
    outcome = await post(backend, server.url)
    assert isinstance(outcome, Refused)
    assert (outcome.code, outcome.fields) == ("too_high", {"code": "too_high", "most": 3})


@pytest.mark.parametrize("body", [None, b"<html>", b"\xff", [], {"error": "no object"}, {"error": {}}, {"error": {"code": ""}}])
@pytest.mark.parametrize("status", [400, 401, 404, 409, 422, 429])
async def test_a_4xx_without_a_code_is_refused_with_its_status(
    server: Scripted, backend: Backend, status: int, body: object
) -> None:
    server.script = [says(status, body)]
    outcome = await post(backend, server.url)
    assert isinstance(outcome, Refused)
    assert outcome.code == f"status_{status}"  # never "", which says that nothing was sent


@pytest.mark.parametrize("code", [None, {"a": 1}, "x" * 61, 1.5])
async def test_what_is_no_code_is_none(server: Scripted, backend: Backend, code: object) -> None:
    server.script = [says(409, {"error": {"code": code}})]
    outcome = await post(backend, server.url)
    assert isinstance(outcome, Refused)
    assert outcome.code == "status_409"


async def test_where_nobody_listens_nothing_was_sent(backend: Backend) -> None:
    with nobody() as url:
        outcome = await post(backend, url)
    assert isinstance(outcome, Refused)
    assert outcome.code == ""


async def test_where_nobody_accepts_in_time_nothing_was_sent(backend: Backend) -> None:
    with deaf() as url:
        outcome = await post(backend, url, timeout_s=0.3)
    assert isinstance(outcome, Refused)
    assert outcome.code == ""


@pytest.mark.parametrize("url", ["http://no-such-host.invalid", "http://[bad", "ftp://127.0.0.1", "", "http://127.0.0.1:99999"])
async def test_an_address_that_is_none_is_no_exception(backend: Backend, url: str) -> None:
    outcome = await post(backend, url, timeout_s=2)
    assert isinstance(outcome, Refused)
    assert outcome.code == ""


# -- nobody knows ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [202, 301, 302, 307, 308, 304, 408, 500, 502, 503, 504])
async def test_a_status_that_does_not_say_is_unknown(server: Scripted, backend: Backend, status: int) -> None:
    server.script = [says(status, {"error": {"code": "too_high"}} if status != 304 else None, "location: /else\r\n")]
    assert isinstance(await post(backend, server.url), Unknown)
    assert len(server.asked) == 1  # nor is it followed


UNREADABLE: dict[str, Act] = {
    "no JSON": says(200, b"<html>ok</html>"),
    "not UTF-8": says(200, b'{"id": "\xff\xfe"}'),
    "half": says(200, b'{"id": "A1'),
    "empty": says(200, b""),
    "a list": says(200, [1]),
    "a number": says(201, b"1"),
    "null": says(200, b"null"),
    "brackets without end": says(200, b"[" * 100_000 + b"]" * 100_000),
    "too large": says(200, b'{"a": "' + b"x" * ANSWER_BYTES + b'"}'),
    "a number nobody can read": says(200, b'{"a": ' + b"1" * 10_000 + b"}"),
    "not what its encoding says": says(200, b"{}", "content-encoding: gzip\r\n"),
}


@pytest.mark.parametrize("name", UNREADABLE)
async def test_an_answer_nobody_can_read_is_unknown(server: Scripted, backend: Backend, name: str) -> None:
    server.script = [UNREADABLE[name]]
    assert isinstance(await post(backend, server.url), Unknown)


CUT: dict[str, Act] = {
    "reset before the answer": kills,
    "closed before the answer": raw(),
    "closed in the status line": raw(b"HTTP/1.1 2"),
    "closed in the head": raw(HEAD + b"content-le"),
    "closed in the body": raw(HEAD + b"content-length: 20\r\n\r\n" + b'{"id":'),
    "closed between chunks": raw(HEAD + b"transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n"),
    "not HTTP": raw(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "noise": raw(bytes(range(256))),
    "a head without end": raw(HEAD + b"x: " + b"y" * 200_000),
    "a negative length": raw(HEAD + b"content-length: -5\r\n\r\n{}"),
}


@pytest.mark.parametrize("name", CUT)
async def test_a_connection_that_is_cut_after_sending_is_unknown(server: Scripted, backend: Backend, name: str) -> None:
    server.script = [CUT[name]]
    assert isinstance(await post(backend, server.url), Unknown)
    assert len(server.asked) == 1


SLOW: dict[str, Act] = {
    "silence": SILENCE,
    "half a head": then_nothing(HEAD),
    "a head": then_nothing(HEAD + b"content-length: 20\r\n\r\n"),
    "half a body": then_nothing(HEAD + b"content-length: 20\r\n\r\n", b'{"id":'),
    "a body in drops": trickles(HEAD + b"content-length: 100000\r\n\r\n", b" "),
    "a head in drops": trickles(HEAD, b"x: y\r\n"),
    "only 1xx": trickles(b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
}


@pytest.mark.parametrize("name", SLOW)
async def test_who_is_silent_or_slow_after_it_was_sent_leaves_it_unknown(server: Scripted, backend: Backend, name: str) -> None:
    server.script = [SLOW[name]]
    assert isinstance(await post(backend, server.url, timeout_s=0.3), Unknown)
    assert len(server.asked) == 1


# -- kept connections ------------------------------------------------------------------------------------------------------


async def test_a_connection_is_kept_and_used_again(server: Scripted, backend: Backend) -> None:
    server.script = [says(200, {}), says(200, {})]
    assert [await post(backend, server.url, key=key) for key in "ab"] == [Done({}), Done({})]
    assert server.connections == 1


async def test_a_kept_connection_that_was_closed_meanwhile_harms_no_call(server: Scripted, backend: Backend) -> None:
    server.script = [closes_behind(says(200, {})), closes_behind(says(200, {})), says(200, {})]
    assert [await post(backend, server.url, key=key) for key in "abc"] == [Done({})] * 3
    assert [one.key for one in server.asked] == ["a", "b", "c"]


async def test_a_kept_connection_that_is_cut_over_the_next_call_is_unknown_and_nothing_is_sent_twice(
    server: Scripted, backend: Backend
) -> None:
    server.script = [says(200, {}), kills]
    assert await post(backend, server.url, key="a") == Done({})
    assert isinstance(await post(backend, server.url, key="b"), Unknown)
    assert [one.key for one in server.asked] == ["a", "b"]
    server.script = [says(200, {})]
    assert await post(backend, server.url, key="c") == Done({})


async def test_after_one_that_was_too_slow_the_next_call_is_answered_its_own(server: Scripted, backend: Backend) -> None:
    server.script = [then_nothing(HEAD + b"content-length: 20\r\n\r\n"), says(200, {"id": "second"})]
    assert isinstance(await post(backend, server.url, timeout_s=0.3), Unknown)
    assert await post(backend, server.url) == Done({"id": "second"})


async def test_where_all_connections_are_taken_nothing_is_sent(server: Scripted, backend: Backend) -> None:
    server.routes = {"POST": SILENCE}
    taken = [asyncio.ensure_future(post(backend, server.url, timeout_s=30)) for _ in range(CONNECTIONS)]
    await server.until(CONNECTIONS)
    outcome = await post(backend, server.url, timeout_s=0.2)
    assert isinstance(outcome, Refused)
    assert (outcome.code, len(server.asked)) == ("", CONNECTIONS)
    for one in taken:
        one.cancel()
    await asyncio.gather(*taken, return_exceptions=True)


async def test_who_is_in_no_configuration_any_more_has_no_connection(server: Scripted, backend: Backend) -> None:
    server.script = [says(200, {}), says(200, {})]
    await post(backend, server.url)
    await backend.keep([Base(server.url)])
    assert server.open == 1
    await backend.keep([Base("http://elsewhere")])
    await server.left_by_all()
    assert await post(backend, server.url) == Done({}), "and it may come back"


async def test_a_call_under_way_is_answered_before_its_connection_goes(server: Scripted, backend: Backend) -> None:
    asked, answer = asyncio.Event(), asyncio.Event()

    async def waits(told: Asked, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await answer.wait()
        await says(200, {"id": "A1"})(told, writer)

    server.script = [waits]
    call = asyncio.ensure_future(post(backend, server.url))
    await asked.wait()
    await backend.keep([])
    answer.set()
    assert await call == Done({"id": "A1"})
    await backend.keep([])
    await server.left_by_all()


# -- one tenant's, and another's -------------------------------------------------------------------------------------------


async def test_who_hangs_takes_nothing_from_another_tenant(server: Scripted, backend: Backend) -> None:
    server.routes = {"POST /hangs": SILENCE}
    hanging = [asyncio.ensure_future(post(backend, f"{server.url}/hangs", timeout_s=30)) for _ in range(2 * CONNECTIONS)]
    await server.until(CONNECTIONS)
    server.script = [says(200, {"id": "mine"})]
    assert await post(backend, server.url) == Done({"id": "mine"})
    for one in hanging:
        one.cancel()
    await asyncio.gather(*hanging, return_exceptions=True)


async def test_who_fails_again_and_again_is_not_asked_for_a_while_and_that_is_no_doubt(
    server: Scripted, backend: Backend
) -> None:
    server.script = [says(500)] * FAILURES
    assert all([isinstance(await post(backend, server.url), Unknown) for _ in range(FAILURES)])
    outcome = await post(backend, server.url)
    assert isinstance(outcome, Refused)
    assert (outcome.code, len(server.asked)) == ("", FAILURES)


async def test_a_packed_answer_is_not_unpacked(server: Scripted, backend: Backend) -> None:
    bomb = gzip.compress(b"0" * 50_000_000)
    server.script = [says(200, bomb, "content-encoding: gzip\r\n")]
    assert isinstance(await post(backend, server.url), Unknown)
    assert server.asked[0].headers["accept-encoding"] == "identity"
