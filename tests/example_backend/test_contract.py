"""What flows.yaml calls is there; what it says can be said: each {name} is a slot or a field answered."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from starlette.testclient import TestClient

from deploy.example_backend.app import TENANTS

from .conftest import Customer
from .samples import SAMPLES, UNREACHED, Sample, Slots

CONTENT = Path(__file__).parents[2] / "gateway" / "tenants"


def entries(tenant: str) -> dict[str, dict[str, Any]]:
    text = (CONTENT / tenant / "flows.yaml").read_text(encoding="utf-8")
    content: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return content["flows"] | content["actions"]


ENTRIES = {tenant: entries(tenant) for tenant in TENANTS}


def names_in(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def perform(customer: Customer, intent: str, slots: Slots) -> tuple[int, dict[str, Any]]:
    call = ENTRIES[customer.tenant][intent]["call"]
    path = call["path"].format(**{name: quote(value, safe="") for name, value in slots.items()})
    if call["method"] == "GET":
        return customer.get(path)
    return customer.post(path, **{name: slots[name] for name in call["body"]})


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: "-".join(sample[:3]))
def test_what_is_said_can_be_said(client: TestClient, sample: Sample) -> None:
    customer = Customer(client, sample.tenant, sample.user_id)
    for intent, slots in sample.before:
        assert perform(customer, intent, slots)[0] == 200
    entry = ENTRIES[sample.tenant][sample.intent]
    assert set(sample.slots) == set(entry["slots"])

    status, answer = perform(customer, sample.intent, sample.slots)
    if sample.outcome == "done":
        assert status == 200
        text = entry["done"]
    else:
        answer = answer["error"]
        assert answer.pop("code") == sample.outcome
        assert status == (404 if sample.outcome == "not_found" else 409)
        text = entry["errors"][sample.outcome]["say"]

    assert names_in(text) <= sample.slots.keys() | answer.keys()
    assert all(isinstance(value, str | int | float) and value != "" for value in answer.values())


def test_every_outcome_has_a_sample() -> None:
    outcomes = {
        (tenant, intent, outcome)
        for tenant, tenant_entries in ENTRIES.items()
        for intent, entry in tenant_entries.items()
        for outcome in ["done", *entry.get("errors", {})]
    }
    assert {tuple(sample[:3]) for sample in SAMPLES} | UNREACHED == outcomes


def test_what_no_answer_fills_is_filled_by_slots() -> None:
    for tenant, tenant_entries in ENTRIES.items():
        for intent, entry in tenant_entries.items():
            texts = [entry.get("confirm", "")]
            unreached = [code for code in entry["errors"] if (tenant, intent, code) in UNREACHED]
            texts += [entry["errors"][code]["say"] for code in unreached]
            assert all(names_in(text) <= set(entry["slots"]) for text in texts), (tenant, intent)


@pytest.mark.parametrize("tenant", TENANTS)
def test_flows_and_calls_are_the_same_list(tenant: str) -> None:
    wanted = {
        intent: (entry["call"]["method"], entry["call"]["path"], tuple(entry["call"].get("body", ())))
        for intent, entry in ENTRIES[tenant].items()
    }
    offered = {}
    for method, path, body, function in TENANTS[tenant]:
        offered[function.__name__] = (method, path.replace(":path", ""), body)
    assert offered == wanted


@pytest.mark.parametrize("tenant", TENANTS)
def test_backend_md_names_every_call_and_code(tenant: str) -> None:
    lines = (CONTENT / tenant / "backend.md").read_text(encoding="utf-8").splitlines()
    for intent, entry in ENTRIES[tenant].items():
        [line] = [line for line in lines if re.match(rf"\| {intent}\b", line)]
        assert entry["call"]["path"] in line
        assert all(re.search(rf"\b{code}\b", line) for code in entry["errors"]), intent
