"""Whatever a customer says where consent is asked for: is only done what they agreed to? By POST /v1/chat, at every task.

The corpora are those of tests/shim/test_consent.py. Each task is brought to its confirmation once, by talking; every sentence is
then said by a customer of its own, whose conversation stands there.
"""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

import httpx
import pytest
import redis

from pyshim.tenants import source
from pyshim.tenants.reader import load
from pyshim.tenants.schema import Tenant
from pyshim.turns.journal import consents_of
from tests import sluice
from tests.conftest import Customer, Stack, wait_until
from tests.shim.test_consent import rows

pytestmark = pytest.mark.real

AT_ONCE = 16
# tests/shim/test_consent.py asks each sentence at every task; here one for any task is said at some, which take turns, and of the
# thousands of near misses every sixteenth is.
TASKS_OF_EACH, NEAR = 2, 16
# Values that no sentence of the corpora names: to name the value that was shown is no change of it.
VALUES = {
    "order_id": "20231107",
    "reason": "质量问题",
    "title": "个人",
    "card_tail": "8866",
    "periods": "3期",
    "plan": "畅享199",
    "service": "视频彩铃",
    "month": "本月",
    "account": "KD12345678",
    "phone": "13800002046",
    "amount": "12000.00",
    "address": "浙江省杭州市西湖区文三路88号2幢301室",
}


@dataclass(frozen=True)
class Place:
    """A task of a tenant, and a conversation that waits for consent to it: its state as Redis has it."""

    tenant: str
    task: str
    state: bytes


def tenant_of(stack: Stack, name: str) -> Tenant:
    return load(source.of_folder(stack.settings.tenants / name), stack.settings)


def brought_to_its_confirmation(customer: Customer, tenant: Tenant, task: str) -> None:
    """By its button, and then what it asks for."""
    answer = customer.ask(tenant.title(task))
    for _ in tenant.tasks[task].slots:
        if "confirm" in answer:
            break
        asked = next(name for name in tenant.tasks[task].slots if tenant.slots[name].ask in answer["answer"])
        answer = customer.ask(VALUES[asked])
    assert "confirm" in answer, (task, answer)


@pytest.fixture(scope="module")
def store(stack: Stack) -> Iterator[redis.Redis]:
    with redis.Redis(unix_socket_path=str(stack.settings.redis.socket)) as client:
        yield client


@pytest.fixture(scope="module")
def places(stack: Stack, store: redis.Redis) -> dict[str, Place]:
    """Of all tasks that change something."""
    found = {}
    for name in ("shop", "bank", "telecom"):
        tenant = tenant_of(stack, name)
        for task in (one for one in tenant.tasks if tenant.tasks[one].confirm):
            user = f"consents-{task}"
            brought_to_its_confirmation(stack.customer(name, user), tenant, task)
            state = store.get(f"d:{{{name}:{user}}}")
            assert isinstance(state, bytes)
            found[task] = Place(name, task, state)
    return found


async def said(stack: Stack, store: redis.Redis, what: list[tuple[str, Place]], called: str) -> list[bool]:
    """Each sentence, by somebody who stands at that place: was it taken for consent? called: what these customers are."""
    limit = asyncio.Semaphore(AT_ONCE)

    async def one(user: str, sentence: str, place: Place, client: httpx.AsyncClient) -> None:
        store.set(f"d:{{{place.tenant}:{user}}}", place.state, ex=600)
        headers = {"Authorization": f"Bearer {stack.token(place.tenant, user)}"}
        async with limit:
            answer = await client.post("/v1/chat", json={"query": sentence}, headers=headers)
            for _ in range(20):  # a busy machine may be late, and says so; nothing was done then
                if answer.status_code != 503:
                    break
                await asyncio.sleep(0.5)
                answer = await client.post("/v1/chat", json={"query": sentence}, headers=headers)
        assert answer.status_code == 200, (sentence, answer.text)

    users = [f"{called}-{number}-{place.task}" for number, (_, place) in enumerate(what)]
    async with httpx.AsyncClient(base_url=stack.url, timeout=30, trust_env=False) as client:
        await asyncio.gather(*(one(user, *each, client) for user, each in zip(users, what, strict=True)))
    agreed = {name: users_that_agreed(store, name) for name in ("shop", "bank", "telecom")}
    return [user in agreed[place.tenant] for user, (_, place) in zip(users, what, strict=True)]


def users_that_agreed(store: redis.Redis, tenant: str) -> set[str]:
    """Those whose consent was kept, which is before anything is sent."""
    entries = store.xrange(consents_of(tenant))
    return {fields[b"user"].decode() for _, fields in entries if b"consent" in fields}  # type: ignore[union-attr]


def at_tasks(corpus: str, places: dict[str, Place], names: list[str], without: str = "") -> list[tuple[str, Place]]:
    """A sentence for any task is said at some of these, all taking turns."""
    turns = cycle(names)
    return [
        (sentence, places[task])
        for sentence, at in rows(corpus, without=without)
        for task in ([at] if at in places else islice(turns, TASKS_OF_EACH))
    ]


@pytest.mark.parametrize("half", ["seen", "held", "near"])
async def test_nothing_is_submitted_without_consent(
    stack: Stack, store: redis.Redis, places: dict[str, Place], half: str
) -> None:
    what = at_tasks(f"no_consent.{half}", places, list(places))[:: NEAR if half == "near" else 1]
    agreed = await said(stack, store, what, f"no-{half}")
    assert [(sentence, place.task) for (sentence, place), taken in zip(what, agreed, strict=True) if taken] == []


async def test_a_yes_is_taken_at_every_task_and_kept_with_the_words_that_were_shown(
    stack: Stack, store: redis.Redis, places: dict[str, Place]
) -> None:
    assert all(await said(stack, store, [("确认", place) for place in places.values()], "yes"))
    for number, place in enumerate(places.values()):
        newest, *_ = stack.customer(place.tenant, f"yes-{number}-{place.task}").history(1)
        task = tenant_of(stack, place.tenant).tasks[place.task]
        kept = newest["consent"]
        assert (kept["task"], kept["agreed"], kept["by"]) == (place.task, "确认", "words")
        assert kept["shown"].startswith((task.confirm or "").partition("{")[0])
        assert {name for name in task.slots if name in kept["values"]} == set(task.slots)


def test_consents_are_exported_with_what_came_of_them(stack: Stack, store: redis.Redis, places: dict[str, Place]) -> None:
    user = "exported"
    store.set(f"d:{{shop:{user}}}", places["refund_apply"].state, ex=600)
    customer = stack.customer("shop", user)
    assert "受理号" in customer.ask("确认")["answer"]

    def exported() -> list[dict[str, Any]]:
        said = sluice.here(stack, "consents", "--tenant", "shop", "--user", user)
        return [json.loads(line) for line in said.stdout.splitlines()]

    (kept,) = wait_until(lambda: [one for one in exported() if one["outcome"] != "unknown"])
    assert (kept["task"], kept["user"], kept["agreed"], kept["outcome"]) == ("refund_apply", user, "确认", "done")
    assert kept["values"]["order_id"] == VALUES["order_id"]
    assert VALUES["order_id"] in kept["shown"]


def test_consents_of_nobody_are_not_silently_none(stack: Stack) -> None:
    asked = sluice.here(stack, "consents", "--tenant", "nope")
    assert asked.returncode == 1
    assert "no tenant 'nope' is served; there are: bank, shop, telecom" in asked.stdout
