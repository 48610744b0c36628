"""The same key again gets the same answer, and does nothing twice."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

from starlette.testclient import TestClient

from deploy.example_backend import telecom as operator
from deploy.example_backend.app import application
from deploy.example_backend.calls import Reply
from deploy.example_backend.database import Asked, Database

from .conftest import Customer

ADDRESS = {"address": "杭州市西湖区文一路1号"}
FAULT = Asked(operator.broadband_fault, "telecom", "li-lei", {"account": "KD20260318"})


def at_once(calls: list[Callable[[], Reply]]) -> list[Reply]:
    """Start all of them at the same moment."""
    start = Barrier(len(calls))

    def run(call: Callable[[], Reply]) -> Reply:
        start.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_a_repeat_gets_the_stored_answer(shop: Customer) -> None:
    refund = {"order_id": "20231107", "reason": "不想要了"}
    first = shop.post("/refunds", key="turn-7", **refund)
    assert first[0] == 200
    assert shop.post("/refunds", key="turn-7", **refund) == first
    assert shop.post("/refunds", key="turn-8", **refund)[0] == 409


def test_a_refusal_is_an_answer_too(shop: Customer) -> None:
    refused = shop.post("/cancellations", key="turn-7", order_id="20231105")
    assert refused[0] == 409
    assert shop.post("/cancellations", key="turn-7", order_id="20231105") == refused


def test_what_was_not_understood_is_not_stored(shop: Customer) -> None:
    assert shop.post("/cancellations", key="turn-7")[0] == 400
    assert shop.post("/cancellations", key="turn-7", order_id="20231106")[0] == 200


def test_a_key_belongs_to_one_user_of_one_tenant(shop: Customer, telecom: Customer) -> None:
    assert shop.post("/cancellations", key="turn-7", order_id="20231106")[0] == 200
    assert "install_id" in telecom.post("/broadband/installs", key="turn-7", **ADDRESS)[1]
    neighbour = shop.named("han-meimei")
    assert neighbour.post("/cancellations", key="turn-7", order_id="20231110")[1]["amount"] == "0.00"


def test_two_at_the_same_moment_in_one_process(database: Path) -> None:
    store = Database(database)
    answers = at_once([lambda: store.once("turn-7", FAULT)] * 8)
    store.close()
    assert [status for status, _ in answers] == [200] * 8
    assert len(set(answers)) == 1


def test_two_at_the_same_moment_in_two_processes(database: Path) -> None:
    stores = [Database(database) for _ in range(8)]
    answers = at_once([lambda store=store: store.once("turn-7", FAULT) for store in stores])  # type: ignore[misc]
    for store in stores:
        store.close()
    assert [status for status, _ in answers] == [200] * 8
    assert len(set(answers)) == 1


def test_two_keys_at_the_same_moment_file_one_ticket(database: Path) -> None:
    stores = [Database(database) for _ in range(4)]
    calls = [lambda store=store, n=n: store.once(f"turn-{n}", FAULT) for n, store in enumerate(stores)]
    answers = at_once(calls)  # type: ignore[arg-type]
    for store in stores:
        store.close()
    assert sorted(status for status, _ in answers) == [200, 409, 409, 409]


def test_several_may_start_on_a_new_file_at_the_same_moment(database: Path) -> None:
    def start() -> Reply:
        store = Database(database)
        answer = store.read(Asked(operator.balance_query, "telecom", "li-lei", {}))
        store.close()
        return answer

    assert {json.loads(body)["balance"] for _, body in at_once([start] * 8)} == {43.6}


def test_answers_outlive_a_restart(database: Path) -> None:
    answers = []
    for _ in range(2):
        with TestClient(application(database)) as client:
            answers.append(Customer(client, "shop").post("/cancellations", key="turn-7", order_id="20231106"))
    assert answers[0] == answers[1]
    assert answers[0][0] == 200
