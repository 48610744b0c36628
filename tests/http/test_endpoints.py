"""What does each URL give when all is well?"""

import json
import re
from typing import Any

import httpx
import pytest

from tests.conftest import Customer, Stack, wait_until
from tests.http.raw import Stranger, request

pytestmark = pytest.mark.real

BUTTON = "发货时间"  # the title of an intent: answered at the edge, whatever the model thinks
LAYERS = ["l1_screen", "l2_meter", "l3_hot", "l4_understand", "l5_dialogue", "l6_recall", "l7_fallback"]
CSP = "default-src 'none'"


@pytest.fixture
def customer(stack: Stack) -> Customer:
    return stack.customer()


@pytest.fixture(scope="module")
def client(stack: Stack) -> httpx.Client:
    """Somebody without a token."""
    return httpx.Client(base_url=stack.url, timeout=10, trust_env=False)


def stages(timing: str) -> list[str]:
    """Layer names of a Server-Timing header; fails unless each has a duration."""
    entries = [re.fullmatch(r"(\w+);dur=(\d+\.\d{3})", entry) for entry in timing.split(", ")]
    assert all(entries), timing
    return [entry[1] for entry in entries if entry]


# -- POST /v1/chat -----------------------------------------------------------------------------------------------------


def test_a_button_is_answered_at_the_edge(customer: Customer) -> None:
    answer = customer.post(BUTTON, session_id="s", seq=1)
    body = answer.json()
    assert (body["seq"], body["session_id"], body["intent"], body["confidence"]) == (1, "s", "shipping_time", 1)
    assert body["answered_by"] == answer.headers["X-Answered-By"] == "l3_hot"
    assert body["answer"]
    assert "degraded" not in body
    assert stages(answer.headers["Server-Timing"]) == LAYERS[:3]


def test_what_the_edge_does_not_know_is_answered_behind_it(customer: Customer) -> None:
    answer = customer.post("我要申请退款")
    body = answer.json()
    assert body["answered_by"] == answer.headers["X-Answered-By"]
    assert body["answered_by"] in LAYERS[4:]
    timed = stages(answer.headers["Server-Timing"])
    assert timed == LAYERS[: len(timed)]
    assert timed[-1] == body["answered_by"]


def test_without_session_and_seq_both_are_given_and_go_on(customer: Customer) -> None:
    first, second = customer.ask(BUTTON), customer.ask("我要申请退款")
    assert (first["seq"], second["seq"]) == (1, 2)
    assert first["session_id"] == second["session_id"] == first["turn_id"]
    assert first["turn_id"] != second["turn_id"]


@pytest.mark.parametrize("query", [BUTTON, "我要申请退款"], ids=["at the edge", "behind it"])
def test_the_same_seq_again_brings_the_same_answer_to_the_byte(customer: Customer, query: str) -> None:
    bodies = {customer.post(query, session_id="s", seq=1).content for _ in range(4)}
    assert len({json.dumps(json.loads(body), sort_keys=True) for body in bodies}) == 1
    assert len(customer.history()) == 1


def test_an_older_seq_is_answered_from_memory_or_refused_but_never_twice(customer: Customer) -> None:
    for seq in (1, 2, 3):
        customer.ask(BUTTON, session_id="s", seq=seq)
    again = customer.post("我要申请退款", session_id="s", seq=2)
    assert again.status_code in (200, 409)
    customer.ask(BUTTON, session_id="s", seq=9)
    skipped = customer.post(BUTTON, session_id="s", seq=5)
    assert (skipped.status_code, skipped.json()["error"]["code"]) == (409, "stale_seq")
    assert [turn["seq"] for turn in customer.history()] == [9, 3, 2, 1]


def test_after_the_highest_seq_a_session_is_full(customer: Customer) -> None:
    customer.ask(BUTTON, session_id="s", seq=2**53 - 1)
    assert customer.post(BUTTON, session_id="s").status_code == 409


def test_another_session_counts_for_itself(customer: Customer) -> None:
    customer.ask(BUTTON, session_id="monday", seq=7)
    assert customer.ask(BUTTON, session_id="tuesday", seq=1)["seq"] == 1
    assert {turn["session_id"] for turn in customer.history()} == {"monday", "tuesday"}


@pytest.mark.parametrize(
    "query",
    [
        '说"你好"\\',
        "a\nb\tc",
        "</script><b>",
        "\u0000\u0007",
        "你好😀👨‍👩‍👧",
        '","query":"x',
        "\u2028\u202e",
        "'; DROP TABLE turns; --",
    ],
)
def test_every_character_is_kept(customer: Customer, query: str) -> None:
    customer.ask(query)
    assert customer.history()[0]["query"] == query


# -- sessions ----------------------------------------------------------------------------------------------------------


def test_a_guest_can_talk_at_once(stack: Stack, client: httpx.Client) -> None:
    opened = client.post("/v1/session", json={"tenant": "shop"})
    guest = opened.json()
    assert opened.status_code == 201
    assert opened.headers["Cache-Control"] == "no-store"
    assert guest["tenant"] == "shop"
    assert re.fullmatch(r"guest-[0-9a-f]{16}", guest["user_id"])
    assert guest["expires_in_s"] == 3600
    customer = Customer(stack.url, guest["token"])
    assert customer.ask(BUTTON)["intent"] == "shipping_time"
    assert len(customer.history()) == 1


def test_each_guest_is_another(client: httpx.Client) -> None:
    guests = [client.post("/v1/session", json={"tenant": "telecom", "user_id": "admin"}).json() for _ in range(5)]
    assert len({guest["user_id"] for guest in guests}) == len({guest["token"] for guest in guests}) == 5


def test_after_delete_the_dialogue_is_forgotten_and_the_history_is_not(customer: Customer) -> None:
    customer.ask("申请退款")
    assert customer.ask(BUTTON)["answered_by"] == "l5_dialogue"  # a task waits
    ended = customer.http.delete("/v1/session")
    assert (ended.status_code, ended.content) == (204, b"")
    anew = customer.ask(BUTTON)
    assert (anew["answered_by"], anew["seq"]) == ("l3_hot", 1)
    assert len(customer.history()) == 3
    assert customer.http.delete("/v1/session").status_code == 204  # also when there is nothing to forget
    assert customer.http.delete("/v1/session").status_code == 204


# -- what is read ------------------------------------------------------------------------------------------------------


def test_the_history_is_newest_first_and_as_long_as_asked_for(customer: Customer) -> None:
    asked = [f"第 {number} 句" for number in range(25)]
    answers = [customer.ask(query) for query in asked]
    turns = customer.history()
    assert [turn["query"] for turn in turns] == asked[::-1]
    assert [turn["at"] for turn in turns] == sorted((turn["at"] for turn in turns), reverse=True)
    for turn, answer in zip(turns, answers[::-1], strict=True):
        assert {name: turn[name] for name in answer} == answer
        assert turn.keys() - answer.keys() == {"query", "at"}
    assert [len(customer.history(limit)) for limit in (1, 24, 25, 100)] == [1, 24, 25, 25]
    assert len(customer.http.get("/v1/history").json()["turns"]) == 20


def test_a_new_user_has_said_nothing(customer: Customer) -> None:
    assert customer.http.get("/v1/history").json() == {"turns": []}


def test_the_last_turn_of_an_intent(customer: Customer) -> None:
    first, _, second = customer.ask(BUTTON), customer.ask("打招呼"), customer.ask(BUTTON)
    found = customer.http.get("/v1/intents/shipping_time/last").json()
    assert found["turn_id"] == second["turn_id"] != first["turn_id"]
    assert found == customer.history()[0]
    assert customer.http.get("/v1/intents/greet/last").json() == customer.history()[1]


def test_the_same_user_of_two_tenants_is_two_users(stack: Stack) -> None:
    at_shop, at_telecom = stack.customer("shop", "twin"), stack.customer("telecom", "twin")
    at_shop.ask("打招呼", session_id="s", seq=5)
    assert at_telecom.history() == []
    assert at_telecom.http.get("/v1/intents/greet/last").json()["error"]["code"] == "no_such_turn"
    assert at_telecom.ask("打招呼", session_id="s", seq=1)["seq"] == 1
    at_telecom.http.delete("/v1/session")
    assert at_shop.ask("打招呼")["seq"] == 6
    assert at_shop.http.get("/v1/intents/greet/last").json()["answer"] != at_telecom.history()[0]["answer"]


# -- pages -------------------------------------------------------------------------------------------------------------


def test_tenants_are_listed_for_everybody_with_nothing_else_about_them(client: httpx.Client) -> None:
    answer = client.get("/v1/tenants")
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    tenants: list[dict[str, Any]] = answer.json()["tenants"]
    assert {tenant["id"]: tenant["guests"] for tenant in tenants} == {"shop": True, "telecom": True, "bank": False}
    for tenant in tenants:
        assert tenant.keys() == {"id", "name", "greeting", "examples", "guests"}
        assert len(tenant["examples"]) == 6


@pytest.mark.parametrize(
    ("path", "kind", "part"),
    [
        ("/", "text/html", "<!doctype html>"),
        ("/openapi.json", "application/json", '"openapi": "3.1.0"'),
        ("/web/chat.js", "text/javascript", "//"),
        ("/web/chat.css", "text/css", "{"),
        ("/web/mark.svg", "image/svg+xml", "<svg"),
    ],
)
def test_a_page_and_its_parts(client: httpx.Client, path: str, kind: str, part: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].split(";")[0] == kind
    assert part in answer.text
    assert answer.headers["Content-Security-Policy"].startswith(CSP)
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert client.get(path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_a_missing_page_is_guarded_like_the_others(client: httpx.Client) -> None:
    answer = client.get("/web/nope.js")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found")


def test_nobody_is_told_which_nginx_this_is(client: httpx.Client, stranger: Stranger) -> None:
    assert client.get("/").headers["Server"] in ("nginx", "openresty")
    assert stranger.send(b"GARBAGE\r\n\r\n").headers["Server"] in ("nginx", "openresty")


# -- operations --------------------------------------------------------------------------------------------------------


def test_health_and_readiness(stack: Stack) -> None:
    assert httpx.get(f"{stack.operations}/healthz").json() == {"status": "ok"}
    ready = httpx.get(f"{stack.operations}/readyz")
    assert ready.status_code == 200
    assert ready.json().keys() == {"ready", "parts", "config_version", "configuration", "model"}
    assert ready.json()["parts"] == {"redis": True, "triton": True, "shim": True}
    assert ready.json()["configuration"] == {"serving": ready.json()["config_version"], "candidate": 0, "percent": 0}
    assert ready.json()["model"] == {"stable": 1, "candidate": 0, "percent": 0}


def metrics(stack: Stack) -> dict[str, float]:
    answer = httpx.get(f"{stack.operations}/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = [line for line in answer.text.splitlines() if line and not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_a_turn_is_counted_once_by_tenant_layer_and_status(stack: Stack) -> None:
    edge = 'sluice_turns_total{tenant="bank",layer="l3_hot",status="200"}'
    door = 'sluice_turns_total{tenant="-",layer="l1_screen",status="415"}'
    before = metrics(stack)
    customer = stack.customer("bank")
    for _ in range(3):
        customer.ask("打招呼")
    customer.http.post("/v1/chat", content="text")
    counted = {edge: before.get(edge, 0) + 3, door: before.get(door, 0) + 1}
    assert wait_until(lambda: {name: metrics(stack).get(name, 0) for name in counted} == counted)


def test_metrics_can_be_read_by_prometheus_and_name_nobody(stack: Stack) -> None:
    customer = stack.customer("shop", "secret-user-id")
    turns = sum(value for name, value in metrics(stack).items() if name.startswith("sluice_turns_total"))
    customer.ask("秘密的句子 secret-words", session_id="secret-session")
    customer.http.get("/v1/history", params={"limit": 7, "secret": "parameter"})
    wait_until(lambda: sum(v for name, v in metrics(stack).items() if name.startswith("sluice_turns_total")) >= turns + 2)
    text = httpx.get(f"{stack.operations}/metrics").text
    assert "secret" not in text
    assert "秘密" not in text
    allowed = {"tenant": {"shop", "bank", "telecom", "-"}, "layer": {*LAYERS, "shim", "stored"}}
    for label, value in re.findall(r'^sluice\w*\{(?:[^}]*,)?(\w+)="([^"]*)"', text, re.MULTILINE):
        assert value in allowed.get(label, {value})
    for label, values in allowed.items():
        assert set(re.findall(rf'{label}="([^"]*)"', text)) <= values
    for family in ("sluice_turns_total", "sluice_turn_seconds", "sluice_buckets_free_bytes", "sluice_late_turns"):
        assert text.count(f"# TYPE {family} ") == 1
    for line in text.splitlines():
        assert re.fullmatch(r'# (HELP|TYPE) \w+ .+|\w+(\{(\w+="[^"]*",?)+\})? [-+.0-9eInfNa]+', line), line


def test_the_histogram_adds_up(stack: Stack) -> None:
    stack.customer().ask(BUTTON)
    labels = 'tenant="shop",layer="l3_hot",outcome="answered"'
    count = f"sluice_turn_seconds_count{{{labels}}}"
    wait_until(lambda: count in metrics(stack))
    values = metrics(stack)
    buckets = [value for name, value in values.items() if name.startswith(f"sluice_turn_seconds_bucket{{{labels},")]
    assert max(buckets) == values[count] == values[f'sluice_turn_seconds_bucket{{{labels},le="+Inf"}}']
    assert len(buckets) == 14


def test_the_shims_own_pages_are_not_for_clients(stranger: Stranger) -> None:
    for path in ("/metrics", "/readyz", "/healthz", "/shim/metrics"):
        stranger.ask("GET", path).refuses(404, "not_found")


# -- the log -----------------------------------------------------------------------------------------------------------


def test_the_log_has_one_line_a_turn_and_never_what_was_said(stack: Stack) -> None:
    customer = stack.customer("shop", "logged-user")
    text = "绝不能出现在日志里 never-in-a-log"
    said = customer.ask(text, session_id="never-in-a-log-either")
    hot = customer.ask(BUTTON)
    customer.http.get("/v1/history", params={"limit": 1, "q": "never-in-a-log"})
    path = stack.settings.log / "access.log"

    def lines() -> list[dict[str, Any]]:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    wait_until(lambda: sum(line["turn_id"] in (said["turn_id"], hot["turn_id"]) for line in lines()) == 2)
    turn = next(line for line in lines() if line["turn_id"] == hot["turn_id"])
    assert {name: turn[name] for name in ("tenant", "method", "path", "status", "answered_by")} == {
        "tenant": "shop",
        "method": "POST",
        "path": "/v1/chat",
        "status": 200,
        "answered_by": "l3_hot",
    }
    for log in stack.settings.log.iterdir():
        written = log.read_text(encoding="utf-8", errors="replace")
        assert "never-in-a-log" not in written, log
        assert "绝不能" not in written, log
        assert "logged-user" not in written, log


def test_what_was_refused_is_in_the_log_too_with_its_turn_id(stack: Stack, stranger: Stranger) -> None:
    refused = [
        stranger.chat(b"{").error()["turn_id"],
        stranger.ask("GET", "/nope?private=yes").error()["turn_id"],
        stranger.send(b"GARBAGE\r\n\r\n").error()["turn_id"],
        stranger.send(request("GET", "/" + "a" * 9000)).error()["turn_id"],
    ]
    path = stack.settings.log / "access.log"
    wait_until(lambda: all(path.read_text(encoding="utf-8").count(f'"turn_id":"{turn}"') == 1 for turn in refused))
    written = path.read_text(encoding="utf-8")
    assert "private" not in written
    for line in written.splitlines():
        assert json.loads(line)["turn_id"]
