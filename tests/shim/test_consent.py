"""Is every act that a customer agreed to one they agreed to?

tests/shim/consent has three corpora, written without sight of the grammar: what is no consent, what is and names the act, and
what plainly agrees. A row: sentence, kind, the task it was said at, or any. One half of each (held) is not looked at while the
grammar is worked on.
"""

import re
import unicodedata
from pathlib import Path

import pytest

from pyshim.dialogue import consent
from pyshim.tenants.schema import Task, Tenant

FOLDER = Path(__file__).parent / "consent"
HALVES = ("seen", "held")
# What its writer called tasks; any other name is the task's own.
CALLED = {
    "instalment": "installment",
    "refund": "refund_apply",
    "exchange": "exchange_apply",
    "invoice": "invoice_apply",
    "damaged": "product_damaged",
    "missing": "missing_item",
    "dispute": "charge_dispute",
    "repair": "broadband_fault",
}


def rows(name: str) -> list[tuple[str, str]]:
    """Sentences, and at which task."""
    cells = [line.split("\t") for line in (FOLDER / f"{name}.tsv").read_text(encoding="utf-8").splitlines()]
    return [(sentence, CALLED.get(at, at)) for sentence, _, at in cells]


@pytest.fixture(scope="module")
def tasks(shop: Tenant, bank: Tenant, telecom: Tenant) -> dict[str, Task]:
    """All that change something."""
    return {name: task for tenant in (shop, bank, telecom) for name, task in tenant.tasks.items() if task.confirm}


def given(sentence: str, task: Task) -> bool:
    return consent.given(sentence, task.consent, task.acts)


@pytest.mark.parametrize("half", HALVES)
def test_nothing_is_done_without_consent(tasks: dict[str, Task], half: str) -> None:
    wrong = [
        (sentence, name)
        for sentence, at in rows(f"no_consent.{half}")
        for name in ([at] if at in tasks else tasks)
        if given(sentence, tasks[name])
    ]
    assert wrong == []


@pytest.mark.parametrize("half", HALVES)
def test_a_plain_yes_is_none_where_money_moves(tasks: dict[str, Task], half: str) -> None:
    strict = {name: task for name, task in tasks.items() if task.consent == "strict"}
    # A yes in English is in the grammar of every task.
    english = re.compile(r"(?:y|yes|yep|please|\W)+")
    plain = [sentence for sentence, _ in rows(f"consent_plain.{half}")]
    said = [sentence for sentence in plain if not english.fullmatch(unicodedata.normalize("NFKC", sentence).lower())]
    assert [(sentence, name) for sentence in said for name, task in strict.items() if given(sentence, task)] == []


@pytest.mark.parametrize(
    "text",
    [
        "？",
        "。。。",
        "没有确认",
        "好贵啊",
        "对吗？",
        "确认不了",
        "wait",
        "确认什么",
        "嗯",
        "哦",
        "好了",
        "行了",
        "确认一下吧",
        "1",
        "👍",
        "",
        "得",
    ],
)
def test_what_was_once_taken_for_a_yes_is_none(tasks: dict[str, Task], text: str) -> None:
    assert not [name for name, task in tasks.items() if given(text, task)]


@pytest.mark.parametrize(
    "text",
    [
        "确认",
        "確認",
        "确定",
        "同意",
        "办理",
        "那就办吧",
        "可以，办吧",
        "就这么办",
        "提交吧",
        "Y",
        "yes",
        "confirm",
        "是的，确认",
        "好的 确认办理",
        "嗯，提交吧",
    ],
)
def test_a_yes_that_names_the_act_is_enough_everywhere(tasks: dict[str, Task], text: str) -> None:
    assert all(given(text, task) for task in tasks.values())


@pytest.mark.parametrize(
    "text", ["好", "好的", "好滴", "行", "行吧", "可以", "可以的", "没问题", "对", "是的", "没错", "中", "要得", "ok", "ＯＫ"]
)
def test_a_plain_yes_is_enough_where_it_can_be_undone(tasks: dict[str, Task], text: str) -> None:
    assert {name for name, task in tasks.items() if given(text, task)} == {
        name for name, task in tasks.items() if task.consent == "plain"
    }


def test_strict_is_what_moves_money_or_cannot_be_taken_back(tasks: dict[str, Task]) -> None:
    strict = {"installment", "card_limit", "loan_early_repay", "plan_change", "suspend_number", "cancel_order"}
    assert {name for name, task in tasks.items() if task.consent == "strict"} == strict


def test_the_verb_with_its_object_agrees_to_its_own_task_only(tasks: dict[str, Task]) -> None:
    assert {name for name, task in tasks.items() if given("好的，取消订单", task)} == {"cancel_order"}
    assert {name for name, task in tasks.items() if given("确认挂失", task)} == {"card_lost"}


@pytest.mark.parametrize(
    ("text", "half"), [("取消", True), ("取消吧", True), ("取消订单", False), ("不办了", False), ("", False)]
)
def test_half_of_an_acts_name_may_be_its_opposite(shop: Tenant, text: str, half: bool) -> None:
    assert consent.half_named(text, shop.tasks["cancel_order"].acts) is half
