"""Is every error what the interface promises: its status, its code, its shape, its headers?"""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.conftest import Stack, wait_until
from tests.http.conftest import REFUSED
from tests.http.raw import Answer, Stranger, request, speak

pytestmark = pytest.mark.real

JSON = "Content-Type: application/json"
HELLO = '{"query":"一般下单后多久发货"}'.encode()
BODY_BYTES_MAX = 32768

BODIES: dict[str, tuple[str, bytes]] = {
    "empty": ("invalid_json", b""),
    "white space": ("invalid_json", b" \n"),
    "cut off": ("invalid_json", b'{"query":"a"'),
    "two values": ("invalid_json", b'{"query":"a"} {}'),
    "a comma too many": ("invalid_json", b'{"query":"a",}'),
    "single quotes": ("invalid_json", b"{'query':'a'}"),
    "byte order mark": ("invalid_json", b'\xef\xbb\xbf{"query":"a"}'),
    "NaN": ("invalid_json", b'{"query":"a","x":NaN}'),
    "NUL": ("invalid_json", b"\0"),
    "an array": ("invalid_json", b'[{"query":"a"}]'),
    "a text": ("invalid_json", b'"query"'),
    "a number": ("invalid_json", b"1"),
    "null": ("invalid_json", b"null"),
    "half a surrogate pair": ("invalid_json", b'{"query":"\\ud83d"}'),
    "17 levels": ("invalid_json", b'{"query":"a","x":' + b"[" * 16 + b"]" * 16 + b"}"),
    "10,000 levels": ("invalid_json", b"[" * 10000),
    "Latin-1": ("invalid_utf8", b'{"query":"caf\xe9"}'),
    "GBK": ("invalid_utf8", '{"query":"你好"}'.encode("gbk")),
    "overlong slash": ("invalid_utf8", b'{"query":"\xc0\xaf"}'),
    "overlong NUL in three bytes": ("invalid_utf8", b'{"query":"\xe0\x80\x80"}'),
    "overlong in four bytes": ("invalid_utf8", b'{"query":"\xf0\x80\x80\xaf"}'),
    "a surrogate in UTF-8": ("invalid_utf8", b'{"query":"\xed\xa0\xbd"}'),
    "past U+10FFFF": ("invalid_utf8", b'{"query":"\xf4\x90\x80\x80"}'),
    "cut inside a character": ("invalid_utf8", b'{"query":"\xe4\xbd'),
    "no query": ("invalid_query", b"{}"),
    "query null": ("invalid_query", b'{"query":null}'),
    "query a number": ("invalid_query", b'{"query":5}'),
    "query an array": ("invalid_query", b'{"query":["a"]}'),
    "query empty": ("invalid_query", b'{"query":""}'),
    "query white space": ("invalid_query", b'{"query":" \\t\\r\\n "}'),
    "query the space of a Chinese keyboard": ("invalid_query", '{"query":"\u3000\u3000"}'.encode()),
    "query no-break space": ("invalid_query", b'{"query":"\\u00a0"}'),
    "the last of two queries counts": ("invalid_query", b'{"query":"a","query":5}'),
}
SESSIONS: list[object] = ["", "a b", "a/b", "你好", "a" * 65, "a\n", 5, True, ["a"], {}]
SEQS = ["0", "-1", "1.5", '"1"', "9007199254740992", "1e400", "true", "false", "[]", "{}"]
OF_CHAT, OF_SESSION, OF_USER, OF_PAGE = "POST", "POST, DELETE", "DELETE", "GET, HEAD"
URLS = {
    "/v1/chat": OF_CHAT,
    "/v1/session": OF_SESSION,
    "/v1/users/me": OF_USER,
    "/v1/history": OF_PAGE,
    "/v1/intents/greet/last": OF_PAGE,
    "/v1/tenants": OF_PAGE,
    "/": OF_PAGE,
    "/openapi.json": OF_PAGE,
    "/web/chat.js": OF_PAGE,
}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW")


# -- 400: the body -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("code", "body"), BODIES.values(), ids=BODIES)
def test_a_body_that_cannot_be_used(stranger: Stranger, code: str, body: bytes) -> None:
    stranger.chat(body).refuses(400, code)


def test_the_place_of_a_bad_byte_is_named(stranger: Stranger) -> None:
    assert "offset 10" in stranger.chat(b'{"query":"\xff"}').error()["message"]


@pytest.mark.parametrize("escaped", [True, False], ids=["as \\uXXXX", "as UTF-8"])
@pytest.mark.parametrize("character", ["a", "好", "😀"])
def test_characters_are_counted_not_bytes(stranger: Stranger, character: str, escaped: bool) -> None:
    def chat(count: int) -> Answer:
        return stranger.chat(json.dumps({"query": character * count}, ensure_ascii=escaped).encode())

    assert chat(2000).status == 200
    assert "2001" in chat(2001).refuses(400, "query_too_long").error()["message"]


@pytest.mark.parametrize("session", SESSIONS, ids=repr)
def test_a_session_id_that_is_none(stranger: Stranger, session: object) -> None:
    stranger.chat({"query": "你好", "session_id": session}).refuses(400, "invalid_session_id")


@pytest.mark.parametrize("seq", SEQS)
def test_a_seq_that_is_none(stranger: Stranger, seq: str) -> None:
    stranger.chat(b'{"query":"hi","seq":%s}' % seq.encode()).refuses(400, "invalid_seq")


GOOD: dict[str, bytes] = {
    "the longest session_id": b'{"query":"hi","session_id":"%s"}' % (b"aZ0_-" * 13)[:64],
    "the highest seq": b'{"query":"hi","session_id":"s","seq":9007199254740991}',
    "a whole number written otherwise": b'{"query":"hi","session_id":"s","seq":1.0}',
    "null for what may be left out": b'{"query":"hi","session_id":null,"seq":null}',
    "other members": b'{"query":"hi","page":{"url":"/cart","depth":[1,2]},"big":1e400}',
    "16 levels": b'{"query":"hi","x":' + b"[" * 15 + b"]" * 15 + b"}",
    "the last of two queries counts": b'{"query":5,"query":"hi"}',
    "a bare tab": b'{"query":"hi\tthere"}',
    "white space around": b' \r\n\t{"query":"hi"}\n',
}


@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD)
@pytest.mark.parametrize("query", ["hi", "订单状态"], ids=["behind the edge", "at the edge"])
def test_what_looks_odd_and_is_allowed_is_answered_wherever_it_is_answered(stranger: Stranger, query: str, body: bytes) -> None:
    """The edge and the shim read with different parsers; both must take the same bodies."""
    assert stranger.chat(body.replace(b"hi", query.encode())).status == 200


@pytest.mark.parametrize("limit", ["0", "101", "-1", "+5", "1.5", "1e1", "abc", "", "%EF%BC%95", "%FF", "9" * 400])
def test_a_limit_that_is_none(stranger: Stranger, limit: str) -> None:
    stranger.ask("GET", f"/v1/history?limit={limit}").refuses(400, "invalid_limit")


@pytest.mark.parametrize("body", [{}, {"tenant": None}, {"tenant": 5}, {"tenant": ["shop"]}, b'{"tenant":"a\nb"}'], ids=str)
def test_a_guest_of_no_tenant(stranger: Stranger, body: object) -> None:
    stranger.guest(body).refuses(400, "invalid_tenant")


@pytest.mark.parametrize(
    ("code", "body"), [("invalid_json", b"[]"), ("invalid_json", b"{"), ("invalid_utf8", b'{"tenant":"\xff"}')]
)
def test_a_guest_whose_body_cannot_be_used(stranger: Stranger, code: str, body: bytes) -> None:
    stranger.guest(body).refuses(400, code)


# -- 401, 403, 404, 409 ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/chat"),
        ("DELETE", "/v1/session"),
        ("DELETE", "/v1/users/me"),
        ("GET", "/v1/history"),
        ("GET", "/v1/intents/greet/last"),
    ],
)
def test_nobody_comes_in_without_a_token(stranger: Stranger, method: str, path: str) -> None:
    body = HELLO if method == "POST" else b""
    without = stranger.send(request(method, path, [JSON], body), method).refuses(401, "token_missing")
    assert without.headers["WWW-Authenticate"] == "Bearer"  # RFC 6750: no error where no token was shown
    wrong = stranger.send(request(method, path, [JSON, "Authorization: Bearer x.y.z"], body), method)
    assert wrong.refuses(401, "token_invalid").headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_who_is_not_wanted(stranger: Stranger, small: Stack) -> None:
    stranger.chat(HELLO, "User-Agent: sqlmap/1.7").refuses(403, "refused")
    Stranger(small).ask("GET", "/v1/history", source=REFUSED).refuses(403, "refused")


def test_a_tenant_that_knows_its_customers_has_no_guests(stranger: Stranger) -> None:
    stranger.guest({"tenant": "bank"}).refuses(403, "guests_refused")


@pytest.mark.parametrize("tenant", ["florist", "", "Shop", "shop ", "../shop", "商城", "shop\0"])
def test_a_tenant_that_is_not_there(stranger: Stranger, tenant: str) -> None:
    stranger.guest({"tenant": tenant}).refuses(404, "unknown_tenant")


@pytest.mark.parametrize("intent", ["teleport", "GREET", "card_apply", "%E4%BD%A0", "a%0d%0aX-Y:1", "%ff", "..%5c", "{greet}"])
def test_an_intent_that_is_not_there(stranger: Stranger, intent: str) -> None:
    stranger.ask("GET", f"/v1/intents/{intent}/last").refuses(404, "unknown_intent")


def test_an_intent_nobody_asked_for(stranger: Stranger) -> None:
    stranger.ask("GET", "/v1/intents/greet/last").refuses(404, "no_such_turn")


NOWHERE = [
    *("/nope", "/v1", "/v2/chat", "/v1/chat/", "/V1/CHAT", "/v1/intents//last", "/v1/intents/a/b/last", "/v1/intents/greet"),
    *("/web", "/web/nope", "/web/%ff", "/nginx.conf", "/defaults.env", "/launcher.py", "/tenants/shop/tenant.yaml", "/fault"),
    *(
        "/web/../defaults.env",
        "/web/%2e%2e/defaults.env",
        "/web/..%2fdefaults.env",
        "/web/....//defaults.env",
        "/healthz",
        "/metrics",
    ),
]


@pytest.mark.parametrize("path", NOWHERE)
def test_a_url_with_nothing_there(stranger: Stranger, path: str) -> None:
    stranger.ask("GET", path).refuses(404, "not_found")


@pytest.mark.parametrize("path", ["/nope", "/shim/metrics", "/v1/chat", "/fault"])
def test_the_operations_port_has_nothing_else(stranger: Stranger, path: str) -> None:
    stranger.send(request("GET", path), operations=True).refuses(404, "not_found")


def test_a_seq_before_the_last_one(stranger: Stranger) -> None:
    assert stranger.chat({"query": "你好", "session_id": "s", "seq": 5}).status == 200
    stranger.chat({"query": "你好", "session_id": "s", "seq": 4}).refuses(409, "stale_seq")


# -- 405 ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", URLS)
def test_a_method_that_is_not_taken_is_told_which_are(stranger: Stranger, path: str) -> None:
    for method in METHODS:
        if method in URLS[path]:
            continue
        answer = stranger.ask(method, path, JSON, body=b"{}").refuses(405, "method_not_allowed")
        assert answer.headers["Allow"] == URLS[path], method


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_the_operations_port_is_only_read(stranger: Stranger, method: str, path: str) -> None:
    answer = stranger.send(request(method, path), method, operations=True).refuses(405, "method_not_allowed")
    assert answer.headers["Allow"] == OF_PAGE


# -- 413, 414, 415, 431: sizes and kinds -------------------------------------------------------------------------------


def sized(size: int) -> bytes:
    """A good question of that many bytes."""
    frame = b'{"query":"hi","x":"%s"}'
    return frame % (b"x" * (size - len(frame % b"")))


def test_the_largest_body_and_one_byte_more(stranger: Stranger) -> None:
    assert stranger.chat(sized(BODY_BYTES_MAX)).status == 200
    stranger.chat(sized(BODY_BYTES_MAX + 1)).refuses(413, "too_large")


def test_a_body_that_only_claims_to_be_large(stranger: Stranger) -> None:
    said = request("POST", "/v1/chat", [stranger.signed, JSON, "Content-Length: 99999999999"], length=False)
    stranger.send(said, "POST").refuses(413, "too_large")


def test_a_large_body_in_chunks(stranger: Stranger) -> None:
    stranger.send(chunked(stranger, b"%x\r\n%s\r\n0\r\n\r\n" % (40000, b"x" * 40000)), "POST").refuses(413, "too_large")


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/jsonx", "application/json, text/html", "application/xml", "json"]
)
def test_a_content_type_that_is_not_json(stranger: Stranger, kind: str) -> None:
    stranger.chat(HELLO, kind=kind).refuses(415, "unsupported_media_type")


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON", "application/json; charset=utf-8", "application/json ;x=y"]
)
def test_content_types_that_are(stranger: Stranger, kind: str) -> None:
    assert stranger.chat(HELLO, kind=kind).status == 200


def test_a_body_that_is_packed(stranger: Stranger) -> None:
    for coding in ("gzip", "br", "gzip, identity"):
        stranger.chat(HELLO, f"Content-Encoding: {coding}").refuses(415, "unsupported_media_type")
    assert stranger.chat(HELLO, "Content-Encoding: Identity").status == 200


@pytest.mark.parametrize(
    "path", ["/" + "a" * 9000, "/v1/history?" + "a" * 9000, "/" + "a" * 60000], ids=["path", "query", "60 KB"]
)
def test_a_url_that_is_too_long(stranger: Stranger, path: str) -> None:
    stranger.ask("GET", path).refuses(414, "too_large")


@pytest.mark.parametrize("headers", [["X: " + "a" * 9000], [f"X-{n}: {'a' * 1000}" for n in range(60)]], ids=["one", "many"])
def test_a_flood_of_headers(stranger: Stranger, headers: list[str]) -> None:
    stranger.ask("GET", "/v1/tenants", *headers).refuses(431, "too_large")
    stranger.chat(HELLO, *headers).refuses(431, "too_large")


# -- what is hardly HTTP -----------------------------------------------------------------------------------------------

LINES: dict[str, bytes] = {
    "no HTTP at all": b"GARBAGE\r\n\r\n",
    "a small method": b"get /v1/history HTTP/1.1\r\nHost: a\r\n\r\n",
    "another version": b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
    "HTTP/2 in the clear": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 100,
    "a URL without a slash": b"GET nope HTTP/1.1\r\nHost: a\r\n\r\n",
    "above the root": b"GET /../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n",
    "a bad escape": b"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n",
    "NUL in the URL": b"GET /v1/intents/%00/last HTTP/1.1\r\nHost: a\r\n\r\n",
    "no Host": b"GET /v1/tenants HTTP/1.1\r\n\r\n",
    "two Hosts": b"GET /v1/tenants HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "a Host that is none": b"GET /v1/tenants HTTP/1.1\r\nHost: a/b c\r\n\r\n",
    "a folded header": b"GET /v1/tenants HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n",
    "a space before the colon": b"GET /v1/tenants HTTP/1.1\r\nHost: a\r\nX : a\r\n\r\n",
    "NUL in a header": b"GET /v1/tenants HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n",
    "two different lengths": b"POST /v1/session HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "a negative length": b"POST /v1/session HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    "a length in words": b"POST /v1/session HTTP/1.1\r\nHost: a\r\nContent-Length: two\r\n\r\n",
    "length and chunks": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a transfer coding nobody knows": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("operations", [False, True], ids=["clients", "operations"])
@pytest.mark.parametrize("said", LINES.values(), ids=LINES)
def test_what_nginx_itself_refuses_is_refused_in_our_words(stranger: Stranger, said: bytes, operations: bool) -> None:
    answer = stranger.send(said, operations=operations)
    answer.refuses(400, "bad_request")
    assert answer.headers["Connection"] == "close"


@pytest.mark.parametrize("path", ["/v1/history?q=\xe4\xbd", "/v1/intents/\x80/last", "/v1/chat?\xff"])
def test_a_url_with_bytes_that_must_be_escaped(stranger: Stranger, path: str) -> None:
    stranger.ask("POST" if "chat" in path else "GET", path).refuses(400, "bad_request")


def test_a_url_with_the_host_in_it_is_the_same_url(stranger: Stranger) -> None:
    assert stranger.ask("GET", "http://localhost/v1/history").json() == {"turns": []}


def test_two_tokens_are_no_token(stranger: Stranger) -> None:
    stranger.ask("GET", "/v1/history", stranger.signed).refuses(400, "bad_request")


def chunked(stranger: Stranger, chunks: bytes) -> bytes:
    return request("POST", "/v1/chat", [stranger.signed, JSON, "Transfer-Encoding: chunked"], chunks, length=False)


def test_a_body_in_chunks_is_a_body(stranger: Stranger) -> None:
    pieces = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (HELLO[:12], HELLO[12:13], HELLO[13:]))
    assert stranger.send(chunked(stranger, pieces + b"0\r\n\r\n"), "POST").status == 200


@pytest.mark.parametrize("chunks", [b"zz\r\n{}\r\n0\r\n\r\n", b"1\r\n{}\r\n0\r\n\r\n", b"-2\r\n{}\r\n0\r\n\r\n"])
def test_chunks_that_are_none(stranger: Stranger, chunks: bytes) -> None:
    stranger.send(chunked(stranger, chunks), "POST").refuses(400, "bad_request")


@pytest.mark.parametrize("path", ["/v1/history", "/v1/tenants", "/", "/openapi.json", "/web/chat.js"])
def test_head_is_get_without_the_body(stranger: Stranger, path: str) -> None:
    head, get = stranger.ask("HEAD", path), stranger.ask("GET", path)
    assert (head.status, head.body) == (200, b"")
    assert [head.headers[name] for name in ("Content-Type", "Content-Length")] == [
        get.headers[name] for name in ("Content-Type", "Content-Length")
    ]


@pytest.mark.parametrize(
    ("path", "status"), [("/nope", 404), ("/v1/chat", 405), ("/v1/intents/greet/last", 404), ("/v1/session", 405)]
)
def test_head_of_an_error_has_no_body_either(stranger: Stranger, path: str, status: int) -> None:
    answer = stranger.ask("HEAD", path)
    assert (answer.status, answer.body) == (status, b"")
    assert int(answer.headers["Content-Length"]) > 0


def test_who_asks_first_whether_to_go_on_is_told_to(stranger: Stranger) -> None:
    assert stranger.chat(HELLO, "Expect: 100-continue").status == 200


def test_an_old_client_is_answered(stranger: Stranger) -> None:
    said = f"POST /v1/chat HTTP/1.0\r\n{stranger.signed}\r\n{JSON}\r\nContent-Length: {len(HELLO)}\r\n\r\n".encode() + HELLO
    assert stranger.send(said, "POST").status == 200


def test_a_request_that_never_ends_is_not_answered(stranger: Stranger) -> None:
    said = request("POST", "/v1/chat", [stranger.signed, JSON, "Content-Length: 500"], HELLO, length=False)
    assert speak(stranger.port, said, "POST", hang_up=True) is None
    assert stranger.chat(HELLO).status == 200  # nothing of it is left in the way of the next


def test_a_client_cannot_say_who_it_is_behind_the_edges_back(stack: Stack) -> None:
    mine, other = Stranger(stack), Stranger(stack, user="somebody-else")
    assert other.chat(HELLO).status == 200
    spoofed = mine.ask("GET", "/v1/history", "X-Sluice-User: somebody-else", "X-Sluice-Tenant: shop")
    assert spoofed.json() == {"turns": []}


# -- 429 and 503 -------------------------------------------------------------------------------------------------------


def test_who_is_too_fast_is_told_when_to_come_back(small: Stack) -> None:
    hasty = Stranger(small, "patient")
    served, refused = (hasty.ask("GET", "/v1/history") for _ in range(2))
    assert served.status == 200
    headers = refused.refuses(429, "rate_limited").headers
    assert int(headers["Retry-After"]) >= 1
    assert (headers["RateLimit-Limit"], headers["RateLimit-Remaining"]) == ("1", "0")
    assert headers["RateLimit-Reset"] == headers["Retry-After"]


def test_without_a_shim_the_tenants_own_sentence_is_the_answer(small: Stack) -> None:
    stranger = Stranger(small)
    small.kill("shim-0")
    answer = wait_until(lambda: (got := stranger.chat({"query": "有点复杂的事情想问"})).status == 503 and got)
    answer.refuses(503, "unavailable")
    assert int(answer.headers["Retry-After"]) >= 1
    assert answer.json()["answer"].startswith("抱歉")
    guest = stranger.guest({"tenant": "shop"})
    assert guest.refuses(503, "unavailable").json().keys() == {"error"}  # whose guest is not known here
    counted = 'sluice_turns_total{tenant="shop",layer="shim",status="503"}'
    assert wait_until(lambda: counted in httpx.get(f"{small.operations}/metrics").text)
    assert wait_until(small.ready)


# -- all of them -------------------------------------------------------------------------------------------------------


def test_every_refusal_names_the_layer_it_comes_from(stranger: Stranger) -> None:
    refusals: dict[str, Callable[[], Any]] = {
        "l1_screen": lambda: stranger.chat(b"{"),
        "l2_meter": lambda: stranger.send(request("POST", "/v1/chat", [JSON], HELLO), "POST"),
    }
    for layer, refuse in refusals.items():
        answer = refuse()
        assert answer.headers["X-Answered-By"] == layer
        assert f"{layer};dur=" in answer.headers["Server-Timing"]
