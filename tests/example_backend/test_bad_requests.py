"""Bad input is answered in JSON, and never with a 5xx."""

import pytest
from starlette.testclient import TestClient

from .conftest import Customer

HEADERS = {"X-User-Id": "li-lei", "Idempotency-Key": "turn-7"}


def test_healthz(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.parametrize("path", ["/", "/shop", "/shop/", "/shop/refund", "/toys/orders/1", "/bank/plan"])
def test_unknown_paths(client: TestClient, path: str) -> None:
    answer = client.get(path, headers=HEADERS, follow_redirects=False)
    assert (answer.status_code, answer.json()) == (404, {"error": {"code": "unknown_path"}})


def test_unknown_method(client: TestClient) -> None:
    answer = client.get("/shop/refunds", headers=HEADERS)
    assert (answer.status_code, answer.json()) == (405, {"error": {"code": "unknown_method"}})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"20231107"',
        b"\xff\xfe",
        b"[" * 100_000,
        b"9" * 5_000,
        b"{}",
        b'{"order_id": null}',
        b'{"order_id": ""}',
        b'{"order_id": "   "}',
        b'{"order_id": true}',
        b'{"order_id": ["20231107"]}',
        b'{"order_id": {"a": 1}}',
        b'{"order_id": "\\ud800"}',
        b'{"order_id": "' + b"1" * 201 + b'"}',
    ],
)
def test_bad_bodies(client: TestClient, body: bytes) -> None:
    answer = client.post("/shop/cancellations", content=body, headers=HEADERS)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")


@pytest.mark.parametrize("text", ["\0", "'; DROP TABLE filed; --", "💥", "NaN", "1e400", "%", "９" * 200])
def test_odd_values_are_only_not_found(shop: Customer, bank: Customer, text: str) -> None:
    assert shop.post("/cancellations", order_id=text)[0] == 404
    assert bank.post("/cards/limit", amount=text)[1]["error"]["code"] == "bad_amount"


def test_a_number_is_taken_for_its_digits(client: TestClient) -> None:
    answer = client.post("/shop/cancellations", json={"order_id": 20231106}, headers=HEADERS)
    assert answer.json() == {"order_id": "20231106", "amount": "259.00"}


@pytest.mark.parametrize("name", ["X-User-Id", "Idempotency-Key"])
def test_missing_headers(client: TestClient, name: str) -> None:
    headers = {other: value for other, value in HEADERS.items() if other != name}
    answer = client.post("/shop/cancellations", json={"order_id": "20231106"}, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (400, {"code": "bad_request", "missing": name})
