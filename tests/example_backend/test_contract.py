"""What flows.yaml calls is there; what it says can be said: each {name} is a slot or a field answered. A quote is what the call
then does, and the check says afterwards what it did."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from starlette.testclient import TestClient

from deploy.example_backend import verification
from deploy.example_backend.app import TENANTS

from .conftest import Customer
from .samples import SAMPLES, UNREACHED, Sample, Slots

CONTENT = Path(__file__).parents[2] / "gateway" / "tenants"


def entries(tenant: str) -> dict[str, dict[str, Any]]:
    text = (CONTENT / tenant / "flows.yaml").read_text(encoding="utf-8")
    content: dict[str, dict[str, Any]] = yaml.load(text, yaml.CSafeLoader)
    return content["flows"] | content["actions"]


ENTRIES = {tenant: entries(tenant) for tenant in TENANTS}


KEY = "turn-7/a?b#c"  # whatever a key looks like, it may be asked about


def entry_of(sample: Sample) -> dict[str, Any]:
    return ENTRIES[sample.tenant][sample.intent]


def names_in(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def filled(path: str, slots: Slots) -> str:
    return path.format(**{name: quote(value, safe="") for name, value in slots.items()})


def perform(customer: Customer, intent: str, slots: Slots, key: str | None = None) -> tuple[int, dict[str, Any]]:
    call = ENTRIES[customer.tenant][intent]["call"]
    path = filled(call["path"], slots)
    if call["method"] == "GET":
        return customer.get(path)
    return customer.post(path, key, **{name: slots[name] for name in call["body"]})


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: "-".join(sample[:3]))
def test_what_is_said_can_be_said(client: TestClient, sample: Sample) -> None:
    customer = Customer(client, sample.tenant, sample.user_id)
    for intent, slots in sample.before:
        assert perform(customer, intent, slots)[0] == 200
    entry = entry_of(sample)
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


@pytest.mark.parametrize("sample", [s for s in SAMPLES if "quote" in entry_of(s)], ids=lambda sample: "-".join(sample[:3]))
def test_a_quote_is_what_is_done_or_why_not(client: TestClient, sample: Sample) -> None:
    customer, entry = Customer(client, sample.tenant, sample.user_id), entry_of(sample)
    for intent, slots in sample.before:
        perform(customer, intent, slots)
    quoted = [customer.get(filled(entry["quote"]["path"], sample.slots)) for _ in range(2)]
    status, answer = perform(customer, sample.intent, sample.slots)
    assert quoted[0] == quoted[1]
    if sample.outcome == "done":
        assert quoted[0][0] == 200
        assert quoted[0][1].items() <= answer.items()
        assert names_in(entry["confirm"]) <= sample.slots.keys() | quoted[0][1].keys()
    else:
        assert quoted[0] == (status, answer)


@pytest.mark.parametrize("sample", [s for s in SAMPLES if "check" in entry_of(s)], ids=lambda sample: "-".join(sample[:3]))
def test_the_check_says_what_became_of_the_call(client: TestClient, sample: Sample) -> None:
    customer = Customer(client, sample.tenant, sample.user_id)
    for intent, slots in sample.before:
        perform(customer, intent, slots)
    path = entry_of(sample)["check"]["path"].format(key=quote(KEY, safe=""))
    assert customer.get(path) == (404, {"error": {"code": "not_found"}})
    answered = perform(customer, sample.intent, sample.slots, KEY)
    assert customer.get(path) == answered
    assert customer.named("somebody-else").get(path) == (404, {"error": {"code": "not_found"}})


def test_every_call_that_changes_something_can_be_asked_about_and_sent_again() -> None:
    for tenant_entries in ENTRIES.values():
        for entry in tenant_entries.values():
            assert (entry["call"]["method"] == "POST") == ("check" in entry) == ("idempotent" in entry)


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
            texts = [] if "quote" in entry else [entry.get("confirm", "")]
            unreached = [code for code in entry["errors"] if (tenant, intent, code) in UNREACHED]
            texts += [entry["errors"][code]["say"] for code in unreached]
            assert all(names_in(text) <= set(entry["slots"]) for text in texts), (tenant, intent)


@pytest.mark.parametrize("tenant", TENANTS)
def test_flows_and_calls_are_the_same_list(tenant: str) -> None:
    wanted = {"verify": ("POST", "/verifications", ())}
    for intent, entry in ENTRIES[tenant].items():
        wanted[intent] = (entry["call"]["method"], entry["call"]["path"], tuple(entry["call"].get("body", ())))
        if "quote" in entry:
            path, query = entry["quote"]["path"].split("?")
            wanted[f"{intent}_quote"] = (entry["quote"]["method"], path, tuple(re.findall(r"(\w+)=\{\1\}", query)))
    offered = {}
    for method, path, names, function in TENANTS[tenant]:
        offered[function.__name__] = (method, path.replace(":path", ""), names)
    assert offered == wanted


@pytest.mark.parametrize("tenant", TENANTS)
def test_backend_md_names_every_call_and_code(tenant: str) -> None:
    lines = (CONTENT / tenant / "backend.md").read_text(encoding="utf-8").splitlines()
    for intent, entry in ENTRIES[tenant].items():
        [line] = [line for line in lines if re.match(rf"\| {intent}\b", line)]
        assert entry["call"]["path"] in line
        assert all(re.search(rf"\b{code}\b", line) for code in entry["errors"]), intent
        if "quote" in entry:
            [line] = [line for line in lines if re.match(rf"\| {intent}_quote\b", line)]
            assert entry["quote"]["path"].split("?")[0] in line
            assert names_in(entry["confirm"]) <= set(re.findall(r"\w+", line)), intent
    text = "\n".join(lines)
    assert all(said in text for said in ("GET /requests/{key}", "POST /verifications", verification.SENT, "wrong_code"))
