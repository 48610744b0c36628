"""Is every line of the access log JSON, whatever a client sends, and is there never a word of it, nor a token, in any log?"""

import json
import re
from typing import Any

import pytest

from tests.conftest import Stack, wait_until
from tests.http.raw import Stranger, request, speak

pytestmark = pytest.mark.real

MEMBERS = [
    *("at", "turn_id", "trace", "tenant", "method", "path", "status", "answered_by", "config", "model", "seconds"),
    *("shim", "shim_seconds", "bytes_in", "bytes", "protocol"),
]
HOSTILE = [
    b'GET /"},{"status":1 HTTP/1.1\r\nHost: x\r\n\r\n',
    b"GET /\\u0000\\ HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /\xff\xfe\xc0\x80 HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /路径?q=私密 HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
    b"GET /%22%0a%0d?secret=1 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /v1/chat\x7f\x01 HTTP/1.1\r\nHost: x\r\n\r\n",
    b'G"T / HTTP/1.1\r\nHost: x\r\n\r\n',
    b"get / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    b'GET / HTTP/1.1\r\nHost: x\r\nUser-Agent: "\n\r\n\r\n',
    b'GET /nope HTTP/1.1\r\nHost: x"\r\ntraceparent: "\\00-\xff\r\nX-Answered-By: "me\r\n\r\n',
    b"GET /nope HTTP/1.1\r\nHost: x\r\ntraceparent: 00-" + b"A" * 32 + b'-"-01\r\n\r\n',
]


def lines(stack: Stack) -> list[dict[str, Any]]:
    text = (stack.settings.log / "access.log").read_bytes().decode("utf-8")  # all of it is UTF-8
    return [json.loads(line) for line in text.splitlines()]


def logged(stack: Stack, turn: str) -> dict[str, Any]:
    """The one line of a turn."""
    return dict(wait_until(lambda: [line for line in lines(stack) if line["turn_id"] == turn])[0])


def test_every_line_is_json_whatever_is_sent(stack: Stack, stranger: Stranger) -> None:
    answers = [speak(stack.settings.port, said, hang_up=True) for said in HOSTILE]
    last = stranger.ask("GET", "/nope").error()["turn_id"]
    logged(stack, last)
    for line in lines(stack):
        assert list(line) == MEMBERS
        assert re.fullmatch(r"[\x21-\x7e]*", line["path"])
        assert "?" not in line["path"]
        assert re.fullmatch(r"[0-9a-f]{32}", line["trace"])
        assert line["method"].isalpha() or line["method"] == ""
    for answer in answers:
        assert answer is None or answer.status < 500


def test_a_line_says_by_which_versions_and_which_shim_a_turn_was_answered(stack: Stack) -> None:
    customer = stack.customer("shop")
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    customer.http.headers["traceparent"] = f"00-{trace}-00f067aa0ba902b7-01"
    hot, deep = (logged(stack, customer.ask(query)["turn_id"]) for query in ("一般下单后多久发货", "申请退款"))
    for line in (deep, hot):
        assert (line["trace"], line["tenant"], line["path"], line["protocol"]) == (trace, "shop", "/v1/chat", "HTTP/1.1")
        assert int(line["config"]) >= 1
        assert int(line["model"]) >= 1
        assert line["bytes_in"] > 100
    assert deep["answered_by"] == "l5_dialogue"
    assert deep["shim"].endswith("/shim-0.sock")
    assert 0 < float(deep["shim_seconds"]) <= deep["seconds"] + 0.002
    assert (hot["answered_by"], hot["shim"], hot["shim_seconds"]) == ("l3_hot", "", "")


def test_no_log_of_any_part_holds_what_was_said_or_a_token(stack: Stack) -> None:
    customer = stack.customer("shop", "user-of-no-log")
    token = customer.http.headers["Authorization"].split()[1]
    said = "绝密内容一二三 classified-words"
    turns = [customer.ask(text)["turn_id"] for text in (said, "申请退款", said + "20231107", said)]
    refused = customer.http.post("/v1/chat", content=f'{{"query": "{said}", }}', headers={"Content-Type": "application/json"})
    turns.append(refused.json()["error"]["turn_id"])
    for headers in ({"Authorization": f"Bearer {token}x"}, {"Authorization": f"Basic {token}"}):
        turns.append(customer.http.post("/v1/chat", json={"query": said}, headers=headers).json()["error"]["turn_id"])
    long = request("POST", "/v1/chat", [f"Authorization: Bearer {token}"], said.encode() * 4000)
    speak(stack.settings.port, long)
    for turn in turns:
        logged(stack, turn)
    for log in stack.settings.log.iterdir():
        written = log.read_text(encoding="utf-8", errors="replace")
        for word in ("绝密内容", "classified-words", "user-of-no-log", token, token.split(".")[1], token.split(".")[2]):
            assert word not in written, (log.name, word)
