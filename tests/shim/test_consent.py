"""Is every act that a customer agreed to one they agreed to?

tests/shim/consent has three corpora, written without sight of the grammar: what is no consent, what is and names the act, and
what plainly agrees. A row: sentence, kind, the task it was said at, or any. One half of each (held) is not looked at while the
grammar is worked on. Later others wrote more consents, of which a part (fresh) is not looked at, either. The near ones were
written beside the grammar: forms it was made for, and near misses of each of its rules (unordered_: of consent_unordered.py).
"""

import re
import time
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from pyshim.dialogue import consent, consent_spelling, consent_unordered, slots
from pyshim.dialogue.hearing import MISTAKE
from pyshim.dialogue.readers import confirmation
from pyshim.tenants.schema import Task, Tenant
from pyshim.turns.turn import Turn
from tests.shim.conftest import Talk

FOLDER = Path(__file__).parent / "consent"
HALVES = ("seen", "held")
# What makes a question, a no, a condition, a doubt or a delay of any sentence.
SPOILERS = [*"不没别莫未吗么?？…先再等想但谁", "如果", "要是", "不过", "可能", "万一", "怎么", "什么", "多少"]
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


def rows(name: str, without: str = "") -> list[tuple[str, str]]:
    """Sentences, and at which task; without: the kind to leave out."""
    cells = [line.split("\t") for line in (FOLDER / f"{name}.tsv").read_text(encoding="utf-8").splitlines()]
    return [(sentence, CALLED.get(at, at)) for sentence, kind, at in cells if kind != without]


@pytest.fixture(scope="module")
def tasks(shop: Tenant, bank: Tenant, telecom: Tenant) -> dict[str, Task]:
    """All that change something."""
    return {name: task for tenant in (shop, bank, telecom) for name, task in tenant.tasks.items() if task.confirm}


@pytest.fixture(scope="module")
def turns(shop: Tenant, bank: Tenant, telecom: Tenant) -> dict[str, Turn]:
    """A turn at its tenant for each task."""
    return {name: turn for tenant in (shop, bank, telecom) for turn in [Talk(tenant).turn("")] for name in tenant.tasks}


class Remembering:
    """The steps of a reading that do not know the task, each taken once for each sentence: a corpus is said at twenty tasks."""

    folded = staticmethod(cache(lambda text: tuple(consent_spelling.folded(text))))
    names_the_act = staticmethod(cache(consent._names_the_act))
    agrees = staticmethod(cache(consent._agrees))
    clause = staticmethod(cache(lambda clause, read=consent_unordered._clause: read(clause, consent.SENTENCE)))


@pytest.fixture
def remembering(monkeypatch: pytest.MonkeyPatch) -> None:
    """For who says thousands of sentences."""
    monkeypatch.setattr(consent, "folded", Remembering.folded)
    monkeypatch.setattr(consent, "_names_the_act", Remembering.names_the_act)
    monkeypatch.setattr(consent, "_agrees", Remembering.agrees)
    monkeypatch.setattr(consent_unordered, "_clause", lambda clause, _: Remembering.clause(clause))


def given(sentence: str, task: Task) -> bool:
    return consent.given(sentence, task.consent, task.acts)


def shown(sentence: str, task: Task, turn: Turn) -> bool:
    """Is it a consent where the values that it says are those that were shown?"""
    if MISTAKE.search(sentence):
        return False
    return confirmation.agreed(sentence, slots.values_in(turn.tenant, sentence, task.slots)[1], task)


@pytest.mark.usefixtures("remembering")
@pytest.mark.parametrize("half", [*HALVES, pytest.param("near", marks=pytest.mark.long)])
def test_nothing_is_done_without_consent(tasks: dict[str, Task], half: str) -> None:
    wrong = [
        (sentence, name)
        for sentence, at in rows(f"no_consent.{half}")
        for name in ([at] if at in tasks else tasks)
        if given(sentence, tasks[name])
    ]
    assert wrong == []


@pytest.mark.usefixtures("remembering")
@pytest.mark.long
@pytest.mark.parametrize("half", [*HALVES, "near"])
def test_nothing_is_done_without_consent_where_shown_values_are_said_again(
    tasks: dict[str, Task], turns: dict[str, Turn], half: str
) -> None:
    wrong = [
        (sentence, name)
        for sentence, at in rows(f"no_consent.{half}", without="changed_value")
        for name in ([at] if at in tasks else tasks)
        if shown(sentence, tasks[name], turns[name])
    ]
    assert wrong == []


FLOORS: Mapping[str, float] = {
    "consent_act.seen": 0.95,
    "consent_act.more": 0.87,
    "consent_act.held": 0.78,
    "consent_act.fresh": 0.63,
    "consent_act.near": 1.0,
    "consent_plain.seen": 1.0,
    "consent_plain.more": 0.80,
    "consent_plain.held": 0.91,
    "consent_plain.fresh": 0.66,
}


@pytest.mark.parametrize("corpus", [*FLOORS, *(f"no_consent.{half}" for half in (*HALVES, "near"))])
def test_each_sentence_is_said_at_a_task_of_ours(tasks: dict[str, Task], corpus: str) -> None:
    assert {at for _, at in rows(corpus)} <= {*tasks, "any"}


@pytest.mark.usefixtures("remembering")
@pytest.mark.long
@pytest.mark.parametrize("corpus", FLOORS)
def test_so_many_consents_are_taken_at_once(tasks: dict[str, Task], turns: dict[str, Turn], corpus: str) -> None:
    said = rows(corpus)
    meant = [name for name, task in tasks.items() if not corpus.startswith("consent_plain") or task.consent == "plain"]
    taken = [all(shown(sentence, tasks[name], turns[name]) for name in ([at] if at in tasks else meant)) for sentence, at in said]
    share = sum(taken) / len(taken)
    assert share >= FLOORS[corpus]


@pytest.mark.usefixtures("remembering")
@pytest.mark.long
@pytest.mark.parametrize("half", ["seen", "more"])
@pytest.mark.parametrize("corpus", ["consent_act", "consent_plain"])
def test_a_consent_with_a_doubt_in_it_is_none(tasks: dict[str, Task], corpus: str, half: str) -> None:
    wrong = []
    for sentence, at in rows(f"{corpus}.{half}"):
        task = tasks.get(at) or tasks["cancel_order" if corpus == "consent_act" else "refund_apply"]
        if not given(sentence, task):
            continue
        for spoiler in SPOILERS:
            spoilt = (sentence[:place] + spoiler + sentence[place:] for place in range(len(sentence) + 1))
            wrong += [said for said in spoilt if given(said, task)]
    assert wrong == []


@pytest.mark.parametrize(
    "text",
    [
        "好" * 500,
        "确认" * 250,
        "好的，" * 20,
        "嗯" * 59 + "x",
        "确认" * 29 + "x",
        "办嘛" * 29 + "x",
        "信息和" * 19 + "x",
        "谢谢你您亲" * 11 + "x",
        "yes please " * 5 + "x",
        "把这个订单" * 11,
        "看过了没问题" * 9 + "x",
        "要得，" * 14 + "退就退x",
        "确 " * 59 + "x",
        "退 " * 29 + "款x",
        "就这个" * 19 + "x",
        "对的呀啊" * 14 + "x",
        "好额呀，" * 14 + "x",
        "就是真的" * 14 + "x",
        "我都已经看了" * 9 + "x",
        "姐姐哥哥" * 14 + "x",
        "登记上去" * 14 + "x",
        "就换这个套餐" * 9 + "x",
        "麻烦你帮我" * 11 + "x",
        "queren " * 8 + "x",
        "哎呀嗯嗯昂昂" * 9 + "x",
        "谢谢师傅，" * 11 + "x",
        "是我的卡，" * 11 + "x",
        "好，" * 29 + "x",
    ],
)
def test_no_message_keeps_the_grammar_busy(tasks: dict[str, Task], text: str) -> None:
    task = tasks["refund_apply"]
    given("退吧", task)  # its acts are read now
    began = time.thread_time()
    for _ in range(3):
        given(text, task)
        consent.half_named(text, task.acts)
    assert (time.thread_time() - began) / 3 < 0.005 * 4  # 5 ms, and a slow machine


def test_the_grammar_spells_out_every_sign_it_takes() -> None:
    for grammar in (consent.SENTENCE.pattern, consent.PLAINLY.pattern):
        assert re.search(r"(?<!\\)\.|\w-\w|\\[wWsSdDb]", grammar) is None  # any sign; a range; a kind of sign


@pytest.mark.usefixtures("remembering")
@pytest.mark.parametrize("half", [*HALVES, "more", "fresh"])
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
    ("text", "half"),
    [
        ("取消", True),
        ("取消吧", True),
        ("取消取消", True),
        ("嗯，取消吧，不想要了", True),
        ("取消嘛，麻烦咯", True),
        ("取消订单", False),
        ("不办了", False),
        ("", False),
    ],
)
def test_half_of_an_acts_name_may_be_its_opposite(shop: Tenant, text: str, half: bool) -> None:
    assert consent.half_named(text, shop.tasks["cancel_order"].acts) is half


def test_an_act_is_words_and_no_pattern() -> None:
    acts = ["开通A+(年费).套餐", "办.*"]
    assert consent.given("开通A+(年费).套餐", "strict", acts)
    assert consent.given("确认，帮我办.*", "strict", acts)
    assert not consent.given("帮我办随便什么", "strict", acts)
