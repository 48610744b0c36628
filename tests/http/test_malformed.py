"""Is there any request that is answered with a failure of ours, or with anything but JSON?

Hypothesis makes up requests, the same ones each time. Whatever comes, the status is not 5xx, and the body is an error in the one
shape, or that of a good answer. Only a request that never became complete may be left without an answer.
"""

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import Stack
from tests.http.raw import Answer, Stranger, request, speak

pytestmark = pytest.mark.real

JSON = "Content-Type: application/json"
API = ["/v1/chat", "/v1/session", "/v1/users/me", "/v1/history", "/v1/intents/greet/last"]
PAGES = ["/v1/tenants", "/", "/openapi.json", "/web/chat.js", "/web/", "/nope"]
OPERATIONS = ["/healthz", "/readyz", "/metrics"]
METHODS = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "CONNECT", "get", "X-Y", "BREW"]
GOOD = {200, 201, 204, 206, 304}


def times(examples: int) -> settings:
    everything = [
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.filter_too_much,
    ]
    return settings(max_examples=examples, derandomize=True, deadline=None, database=None, suppress_health_check=everything)


def check(answer: Answer | None, head: bool = False) -> None:
    """It is an answer, and one of the two kinds."""
    assert answer is not None
    assert 200 <= answer.status < 500, answer
    if head or answer.status in (204, 304):
        assert answer.body == b""
    elif answer.status in GOOD:
        assert answer.body
    else:
        answer.error()


@pytest.fixture(scope="module")
def anybody(stack: Stack) -> Stranger:
    return Stranger(stack, user="fuzz")


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)
objects = st.fixed_dictionaries({}, optional=dict.fromkeys(("query", "confirm", "session_id", "seq", "tenant", "x"), values))
plausible = st.fixed_dictionaries(
    {"query": st.text(min_size=1, max_size=60)},
    optional={
        "confirm": st.none() | st.fixed_dictionaries({"id": st.text(max_size=70), "answer": st.sampled_from(["yes", "no", "x"])}),
        "session_id": st.none() | st.text(max_size=70) | st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True),
        "seq": st.none() | st.integers(-1, 2**54) | st.floats(0, 2e16),
    },
)
token = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=":\r\n "), min_size=1, max_size=20)
text = st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=60)
header_lines = st.lists(st.builds("{}: {}".format, token, text) | text, max_size=6)
KNOWN = [
    *("Content-Type", "Content-Encoding", "Content-Length", "Transfer-Encoding", "Authorization", "User-Agent", "Expect", "Host"),
    *(
        "Range",
        "If-None-Match",
        "If-Modified-Since",
        "Upgrade",
        "Connection",
        "TE",
        "Cookie",
        "X-Sluice-User",
        "X-Sluice-Left",
    ),
    *("X-Sluice-State", "X-Sluice-Guess", "X-Sluice-Turn", "traceparent", "Accept-Encoding", "Via"),
]
printable = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=60)
known_lines = st.lists(st.builds("{}: {}".format, st.sampled_from(KNOWN), printable), max_size=5)
paths = st.sampled_from(API + PAGES) | st.text(st.characters(min_codepoint=33, max_codepoint=255), max_size=60).map("/".__add__)
escapes = st.lists(
    st.sampled_from(["a", "/", "..", ".", "%2e", "%2f", "%00", "%ff", "%", "%E4%BD%A0", "?", "&", "=", "#", "+"]), max_size=12
)
bare = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=60)
queries = bare | escapes.map("".join) | st.text(st.characters(min_codepoint=33, max_codepoint=255), max_size=60)
intents = (bare | st.text(max_size=20).map(quote)).map("/v1/intents/{}/last".format)


def as_json(value: Any) -> bytes:
    """As many clients write it: with NaN, with lone surrogates escaped."""
    return json.dumps(value).encode()


@times(400)
@given(path=st.sampled_from(API[:2]), body=st.binary(max_size=300))
def test_bodies_of_any_bytes(anybody: Stranger, path: str, body: bytes) -> None:
    check(anybody.ask("POST", path, JSON, body=body))


@times(400)
@given(path=st.sampled_from(API[:2]), value=values | objects)
def test_bodies_of_any_json(anybody: Stranger, path: str, value: Any) -> None:
    check(anybody.ask("POST", path, JSON, body=as_json(value)))


@times(250)
@given(body=plausible)
def test_questions_that_are_almost_right(anybody: Stranger, body: dict[str, Any]) -> None:
    answer = anybody.chat(as_json(body))
    check(answer)
    if answer.status == 200:
        newest = anybody.ask("GET", "/v1/history?limit=1").json()["turns"][0]
        assert newest["query"] == body["query"] or newest["turn_id"] != answer.json()["turn_id"]


@times(400)
@given(body=st.binary(max_size=40), at=st.integers(0, 40), cut=st.integers(0, 60))
def test_a_good_body_with_a_piece_put_in_or_cut_off(anybody: Stranger, body: bytes, at: int, cut: int) -> None:
    good = '{"query":"发货时间","session_id":"fuzz","seq":3,"x":[1]}'.encode()
    check(anybody.chat((good[:at] + body + good[at:])[: len(good) + len(body) - cut]))


@times(600)
@given(method=st.sampled_from(METHODS), path=paths | intents, query=queries)
def test_any_url_with_any_method(anybody: Stranger, method: str, path: str, query: str) -> None:
    said = request(method, f"{path}?{query}" if query else path, [anybody.signed, JSON], b"{}" if method != "HEAD" else b"")
    check(speak(anybody.port, said, method), head=method == "HEAD")


@times(500)
@given(parts=escapes)
def test_paths_that_look_for_files(anybody: Stranger, parts: list[str]) -> None:
    answer = anybody.ask("GET", "/web/" + "".join(parts))
    check(answer)
    assert b"SLUICE_" not in answer.body


@times(400)
@given(method=st.sampled_from(METHODS), path=st.sampled_from(OPERATIONS + API) | paths, query=queries)
def test_the_operations_port(anybody: Stranger, method: str, path: str, query: str) -> None:
    said = request(method, f"{path}?{query}", [JSON], b"{}" if method != "HEAD" else b"")
    check(speak(anybody.operations, said, method), head=method == "HEAD")


@times(600)
@given(path=st.sampled_from(API + PAGES[:3]), lines=known_lines)
def test_headers_that_mean_something(anybody: Stranger, path: str, lines: list[str]) -> None:
    """One more length or coding may leave the request without an end; then the client hangs up."""
    said = request("POST" if path in API[:2] else "GET", path, [anybody.signed, *lines], b'{"query":"hi"}')
    endless = any(line.lower().startswith(("content-length", "transfer-encoding")) for line in lines)
    answer = speak(anybody.port, said, hang_up=endless)
    if answer is not None or not endless:
        check(answer)


@times(500)
@given(lines=header_lines)
def test_headers_of_any_kind(anybody: Stranger, lines: list[str]) -> None:
    """A line break inside one may end the headers early; what follows is then another request, or none."""
    check(anybody.ask("GET", "/v1/history", *lines))


@times(400)
@given(
    sizes=st.lists(st.sampled_from(["0", "1", "2", "e", "ff", "-1", "zz", "", "2;x=y", "ffffffffffffffffff", " 2"]), max_size=4),
    end=st.booleans(),
)
def test_broken_chunks(anybody: Stranger, sizes: list[str], end: bool) -> None:
    chunks = "".join(f"{size}\r\n{{}}\r\n" for size in sizes) + ("0\r\n\r\n" if end else "")
    headers = [anybody.signed, JSON, "Transfer-Encoding: chunked"]
    answer = speak(anybody.port, request("POST", "/v1/chat", headers, chunks.encode(), length=False), "POST", hang_up=True)
    if answer is not None or (end and all(size in ("0", "2", "2;x=y") for size in sizes)):
        check(answer)


@times(300)
@given(size=st.integers(0, 400))
def test_a_request_cut_off_anywhere(anybody: Stranger, size: int) -> None:
    whole = request("POST", "/v1/chat", [anybody.signed, JSON], b'{"query":"hi"}')
    answer = speak(anybody.port, whole[:size], "POST", hang_up=size < len(whole))
    if answer is not None or size >= len(whole):
        check(answer)


@times(500)
@given(said=st.binary(max_size=200), operations=st.booleans())
def test_any_bytes_at_all(anybody: Stranger, said: bytes, operations: bool) -> None:
    """With an empty line at the end, a request is complete; GET / of HTTP/0.9 would be answered without a status line."""
    answer = speak(anybody.operations if operations else anybody.port, said + b"\r\n\r\n", hang_up=True)
    if said.strip(b"\r\n"):
        check(answer)


@times(150)
@given(lines=header_lines)
def test_headers_to_the_operations_port(anybody: Stranger, lines: list[str]) -> None:
    check(anybody.send(request("GET", "/readyz", lines), operations=True))


def test_after_all_that_everything_still_works(stack: Stack, anybody: Stranger) -> None:
    assert anybody.chat({"query": "发货时间"}).status == 200
    assert stack.ready()
    assert stack.said().count("died") == 0
