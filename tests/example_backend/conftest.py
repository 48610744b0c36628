"""A back end of its own for each test, and a customer who talks to it."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from deploy.example_backend.app import application

KEYS = count()


class Customer:
    """get and post give (status, body); a POST has a fresh key unless one is given."""

    def __init__(self, client: TestClient, tenant: str, user_id: str = "li-lei") -> None:
        self.client = client
        self.tenant = tenant
        self.user_id = user_id

    def get(self, path: str) -> tuple[int, dict[str, Any]]:
        answer = self.client.get(f"/{self.tenant}{path}", headers={"X-User-Id": self.user_id})
        return answer.status_code, answer.json()

    def post(self, path: str, key: str | None = None, **body: str) -> tuple[int, dict[str, Any]]:
        headers = {"X-User-Id": self.user_id, "Idempotency-Key": key or f"key-{next(KEYS)}"}
        answer = self.client.post(f"/{self.tenant}{path}", json=body, headers=headers)
        return answer.status_code, answer.json()

    def named(self, user_id: str) -> "Customer":
        return Customer(self.client, self.tenant, user_id)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "demo.sqlite"


@pytest.fixture
def client(database: Path) -> Iterator[TestClient]:
    # a fault of the back end must show as its 500, not as an exception of the test
    with TestClient(application(database), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def shop(client: TestClient) -> Customer:
    return Customer(client, "shop")


@pytest.fixture
def telecom(client: TestClient) -> Customer:
    return Customer(client, "telecom")


@pytest.fixture
def bank(client: TestClient) -> Customer:
    return Customer(client, "bank")
