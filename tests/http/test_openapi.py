"""Does the description say what the real interface does?

Every status that the description promises for an operation is provoked here and held against its schema and headers, and every
code that the sources can answer is one that is described.
"""

import json
import os
import re
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from pyshim.settings import ROOT
from tests.conftest import Stack
from tests.http.conftest import REFUSED
from tests.http.raw import Answer, Stranger, listen, request
from tests.http.test_buttons import HOT, NO_PRESS, PRESS
from tests.web.test_openapi import HERE, load

pytestmark = pytest.mark.real

JSON = "Content-Type: application/json"
BUTTON = {"query": "发货时间", "session_id": "s", "seq": 5}
CHAT, OPEN, END = ("post", "/v1/chat"), ("post", "/v1/session"), ("delete", "/v1/session")
ERASE = ("delete", "/v1/users/me")
HISTORY, LAST = ("get", "/v1/history"), ("get", "/v1/intents/{intent}/last")
TENANTS, PAGE, DESCRIPTION, PART = ("get", "/v1/tenants"), ("get", "/"), ("get", "/openapi.json"), ("get", "/web/{file}")
HEALTH, READY, METRICS = ("get", "/healthz"), ("get", "/readyz"), ("get", "/metrics")
SIGNED = (CHAT, END, ERASE, HISTORY, LAST)
PUBLIC = (TENANTS, PAGE, DESCRIPTION, PART)
OPERATIONS = (HEALTH, READY, METRICS)
NOBODY_ACCEPTS = {400, 408, 414, 431, 500}  # described once, as `default`

Operation = tuple[str, str]
described = load(HERE)
registry: Registry[Any] = Registry().with_resource(HERE, DRAFT202012.create_resource(described))


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in node:
        return node
    found: Any = described
    for part in node["$ref"].removeprefix(f"{HERE}#/").split("/"):
        found = found[part]
    return resolved(found)


def operations() -> Iterator[Operation]:
    for path, item in described["paths"].items():
        yield from ((method, path) for method in item if method in ("get", "post", "delete"))


def hold(operation: Operation, status: int | str, answer: Answer) -> None:
    """Holds an answer against what the description says about that status."""
    method, path = operation
    response = resolved(described["paths"][path][method]["responses"][str(status)])
    if answer.status == 204:
        assert "content" not in response
        assert answer.body == b""
    else:
        content = response["content"][answer.headers["Content-Type"].split(";")[0]]
        value = answer.json() if "json" in answer.headers["Content-Type"] else answer.body.decode()
        assert [error.message for error in Draft202012Validator(content["schema"], registry=registry).iter_errors(value)] == []
    for name, header in response.get("headers", {}).items():
        schema = resolved(header)["schema"]
        said: Any = answer.headers[name]
        assert said is not None, name
        Draft202012Validator(schema, registry=registry).validate(int(said) if schema.get("type") == "integer" else said)


class Provoker:
    """Gets a status out of an operation of the stack it is made for."""

    def __init__(self, stack: Stack, tenant: str = "shop") -> None:
        self.stack, self.stranger = stack, Stranger(stack, tenant)

    def do(self, operation: Operation, *headers: str, signed: bool = True, source: str | None = None, method: str = "") -> Answer:
        """The operation as it should be, or with one thing wrong."""
        verb, path = operation
        path = path.replace("{intent}", "shipping_time").replace("{file}", "chat.js")
        body = {CHAT: json.dumps({"query": "我要申请退款"}).encode(), OPEN: b'{"tenant":"shop"}'}.get(operation, b"")
        lines = [*([self.stranger.signed] if signed and operation in SIGNED else []), *([JSON] if body else []), *headers]
        verb = method or verb.upper()
        return self.stranger.send(request(verb, path, lines, body), verb, source, operation in OPERATIONS)


@pytest.fixture
def provoker(stack: Stack) -> Provoker:
    return Provoker(stack)


GOOD: dict[Operation, int] = {
    **{CHAT: 200, OPEN: 201, END: 204, ERASE: 200, HISTORY: 200, LAST: 404, TENANTS: 200, PAGE: 200, DESCRIPTION: 200, PART: 200},
    **{HEALTH: 200, READY: 200, METRICS: 200},
}
SPECIAL: dict[tuple[Operation, int], Callable[[Stranger], Answer]] = {
    (CHAT, 400): lambda s: s.chat(b"{"),
    (CHAT, 409): lambda s: [s.chat(BUTTON | {"seq": seq}) for seq in (5, 4)][-1],
    (CHAT, 413): lambda s: s.chat(b" " * 40000),
    (CHAT, 415): lambda s: s.chat(b"", kind="text/plain"),
    (OPEN, 400): lambda s: s.guest({}),
    (OPEN, 403): lambda s: s.guest({"tenant": "bank"}),
    (OPEN, 404): lambda s: s.guest({"tenant": "florist"}),
    (OPEN, 413): lambda s: s.guest(b" " * 40000),
    (OPEN, 415): lambda s: s.send(request("POST", "/v1/session", [], b"{}"), "POST"),
    (HISTORY, 400): lambda s: s.ask("GET", "/v1/history?limit=0"),
    (LAST, 200): lambda s: [s.chat(BUTTON), s.ask("GET", "/v1/intents/shipping_time/last")][-1],
    (PART, 404): lambda s: s.ask("GET", "/web/nope.js"),
}
EVERYWHERE: dict[int, tuple[Operation, ...]] = {
    401: SIGNED,
    403: (*SIGNED, OPEN),
    405: tuple(GOOD),
    429: (*SIGNED, OPEN),
    503: (*SIGNED, OPEN, READY),
}


@pytest.mark.parametrize(("operation", "status"), GOOD.items())
def test_what_goes_well(provoker: Provoker, operation: Operation, status: int) -> None:
    answer = provoker.do(operation)
    assert answer.status == status
    hold(operation, status, answer)


@pytest.mark.parametrize("query", ["发货时间", "我要申请退款", "完全听不懂的一句话 qwerty"])
def test_answers_of_every_layer_and_their_turns_in_the_history(provoker: Provoker, query: str) -> None:
    for _ in range(2):  # the second is the stored one
        hold(CHAT, 200, provoker.stranger.chat({"query": query, "session_id": "s", "seq": 1}))
    hold(HISTORY, 200, provoker.do(HISTORY))


def test_consent_that_is_asked_for_and_the_press_of_its_buttons(provoker: Provoker) -> None:
    chat = provoker.stranger.chat
    shown = chat({"query": "取消订单20231106"})
    assert shown.json()["confirm"].keys() == {"id", "yes", "no"}
    pressed = [{"confirm": {"id": shown.json()["confirm"]["id"], "answer": answer}} for answer in ("no", "yes", "maybe")]
    for status, answer in zip((200, 200, 409, 400), (shown, *map(chat, pressed)), strict=True):
        assert answer.status == status
        hold(CHAT, status, answer)
    agreed = chat({"query": "取消订单20231106"}).json()["confirm"]
    assert chat({"confirm": {"id": agreed["id"], "answer": "yes"}}).status == 200
    history = provoker.do(HISTORY)
    assert history.json()["turns"][0]["consent"]["by"] == "button"
    hold(HISTORY, 200, history)


@pytest.mark.parametrize(
    ("fits", "body"),
    [
        (True, {"query": HOT}),
        *((True, {"confirm": json.loads(confirm)}) for confirm in PRESS.values()),
        # Python's $ lets an end of line pass, ECMA-262's, which the description means, does not
        *((False, {"confirm": json.loads(confirm)}) for case, confirm in NO_PRESS.items() if case != "id with an end of line"),
        (False, {"session_id": "s"}),
    ],
)
def test_a_body_fits_the_description_where_the_edge_takes_it(fits: bool, body: dict[str, Any]) -> None:
    """tests/http/test_buttons.py asks the edge about the same ones."""
    schema = {"$ref": f"{HERE}#/components/schemas/Question"}
    assert Draft202012Validator(schema, registry=registry).is_valid(body) == fits


@pytest.mark.parametrize(("case", "provoke"), SPECIAL.items())
def test_what_one_operation_refuses(
    provoker: Provoker, case: tuple[Operation, int], provoke: Callable[[Stranger], Answer]
) -> None:
    operation, status = case
    answer = provoke(provoker.stranger)
    assert answer.status == status
    hold(operation, status, answer)


def test_nobody_unknown_comes_in(provoker: Provoker) -> None:
    for operation in EVERYWHERE[401]:
        hold(operation, 401, provoker.do(operation, signed=False))
        hold(operation, 401, provoker.do(operation, "Authorization: Bearer x", signed=False))


def test_nobody_unwanted_comes_in(provoker: Provoker, small: Stack) -> None:
    for operation in EVERYWHERE[403]:
        hold(operation, 403, provoker.do(operation, "User-Agent: sqlmap"))
        hold(operation, 403, Provoker(small).do(operation, source=REFUSED))


def test_no_other_method_is_taken(provoker: Provoker) -> None:
    for operation in EVERYWHERE[405]:
        hold(operation, 405, provoker.do(operation, method="PATCH"))


def test_who_is_too_fast_everywhere(small: Stack) -> None:
    drained = Provoker(small, "drained")
    drained.do(HISTORY)  # the only token there is
    for operation in SIGNED:
        hold(operation, 429, drained.do(operation))
    often = request("GET", "/v1/history") * 200 + request("GET", "/nowhere", ["Connection: close"])
    answer = drained.do(OPEN, source="127.0.1.9")
    while answer.status != 429:  # a token may be born in between
        listen(small.settings.port, often, "127.0.1.9")
        answer = drained.do(OPEN, source="127.0.1.9")
    hold(OPEN, 429, answer)


def test_what_is_said_when_no_shim_answers(small: Stack) -> None:
    provoker, pid = Provoker(small), small.pid("shim-0")
    os.kill(pid, signal.SIGSTOP)
    try:
        with ThreadPoolExecutor(len(EVERYWHERE[503])) as everybody:
            answers = list(everybody.map(provoker.do, EVERYWHERE[503]))
    finally:
        os.kill(pid, signal.SIGCONT)
    for operation, answer in zip(EVERYWHERE[503], answers, strict=True):
        hold(operation, 503, answer)


@pytest.mark.parametrize("operation", GOOD)
def test_what_no_url_accepts(provoker: Provoker, operation: Operation) -> None:
    for header, status in (("X: a\0b", 400), ("X: " + "a" * 9000, 431)):
        answer = provoker.do(operation, header)
        assert answer.status == status
        assert status in NOBODY_ACCEPTS
        hold(operation, "default", answer)


def test_every_operation_and_status_of_the_description_was_held_against_it() -> None:
    held = {*GOOD.items(), *SPECIAL, *((operation, status) for status, them in EVERYWHERE.items() for operation in them)}
    promised = {
        (operation, int(status))
        for operation in operations()
        for status in described["paths"][operation[1]][operation[0]]["responses"]
        if status != "default"
    }
    assert promised == held


# -- codes --------------------------------------------------------------------------------------------------------------

SAID = {
    "lua/edge": re.compile(r'refusal\([^"]*?\d{3}, "(\w+)"|\[\d{3}\] = "(\w+)"|"(token_\w+)"|or "(\w+)"\) or "(\w+)"'),
    "pyshim": re.compile(r'Refusal\(\s*\d{3},\s*"(\w+)"'),
}


def test_the_codes_of_the_sources_are_those_of_the_description() -> None:
    said = {
        code
        for folder, pattern in SAID.items()
        for path in sorted((ROOT / folder).rglob("*.*"))
        if path.suffix in (".lua", ".py")
        for found in pattern.finditer(path.read_text(encoding="utf-8"))
        for code in found.groups()
        if code
    }
    assert said == set(described["components"]["schemas"]["Error"]["properties"]["error"]["properties"]["code"]["enum"])
