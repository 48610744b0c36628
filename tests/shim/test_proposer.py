"""Does the model that knows what was asked propose, and no more than that?"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyshim.dialogue import hearing, reading
from pyshim.dialogue.commands import Ask, Cancel, Command, Confirm, Question, Set, Unclear, Wait
from pyshim.dialogue.reducer import Effect, decide
from pyshim.errors import BadTenant
from pyshim.settings import ROOT
from pyshim.tenants.schema import Tenant
from pyshim.turns.turn import CONFIRM, Pending, State, Turn
from pyshim.understanding import proposer
from pyshim.understanding.proposer import FILE, SAYS, Proposer
from tests.shim.conftest import Talk

SHIPPED = ROOT / "triton_models/repository/student/1"
LABELS = (SHIPPED / "labels.txt").read_text(encoding="utf-8").split()
shares_of = st.lists(st.floats(0, 1), min_size=len(SAYS), max_size=len(SAYS)).map(
    lambda found: dict(zip(SAYS, found, strict=True))
)


@pytest.fixture(scope="module")
def made() -> Proposer:
    found = proposer.load(SHIPPED, LABELS)
    assert found is not None
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copyfile(SHIPPED / FILE, tmp_path / FILE)
    return tmp_path


def rewritten(folder: Path, **changed: Any) -> None:
    with np.load(SHIPPED / FILE) as file:
        np.savez(folder / FILE, **{name: file[name] for name in file.files} | changed)


def asked(tenant: Tenant, task: str, slot: str, text: str, intent: str | None = None, **shares: float) -> Turn:
    """A turn in which the task waits for this slot's value, or for consent."""
    names = tenant.tasks[task].slots
    known = {} if slot != CONFIRM else dict.fromkeys(names, "20231105")
    waits = Pending(task, "turn-0", slot, slots=known, confirm="turn-0" if slot == CONFIRM else "", shown="so")
    turn = Talk(tenant, state=State(flow=waits)).turn(text, intent)
    turn.proposed = dict.fromkeys(SAYS, 0.0) | shares
    return turn


def test_a_version_may_do_without(tmp_path: Path) -> None:
    assert proposer.load(tmp_path, LABELS) is None


@settings(deadline=None)
@given(text=st.text(max_size=300), number=st.integers(0, len(LABELS) - 1), task=st.sampled_from([*LABELS, "a tenant's own"]))
def test_any_text_has_shares_of_one_and_none_of_what_cannot_be_said_there(
    made: Proposer, text: str, number: int, task: str
) -> None:
    logits = np.zeros(len(LABELS), np.float32)
    logits[number] = 20
    for kind in ("amount", CONFIRM, "a kind of tomorrow"):
        shares = made.shares(text, logits, np.zeros(128, np.float32), kind, task)
        assert sum(shares.values()) == pytest.approx(1)
        assert all(shares[one] == 0 for one in (("value",) if kind == CONFIRM else ("yes", "no")))


@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        pytest.param(lambda folder: (folder / FILE).write_bytes(b""), "is wanted", id="empty"),
        pytest.param(lambda folder: (folder / FILE).write_bytes((SHIPPED / FILE).read_bytes()[:9000]), "is wanted", id="cut"),
        pytest.param(lambda folder: rewritten(folder, says=np.array(["yes"])), "says yes", id="other meanings"),
        pytest.param(lambda folder: rewritten(folder, out=np.zeros((10, 3))), "out is", id="another shape"),
        pytest.param(lambda folder: rewritten(folder, temperature=np.array(0.0)), "temperature", id="a temperature of none"),
        pytest.param(lambda folder: rewritten(folder, out_bias=np.full(10, np.nan)), "no number", id="no numbers"),
        pytest.param(lambda folder: rewritten(folder, grams=np.array([object()])), "is wanted", id="something to run"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(folder: Path, break_it: Callable[[Path], Any], says: str) -> None:
    break_it(folder)
    with pytest.raises(BadTenant, match=rf"{FILE}: .*{says}"):
        proposer.load(folder, LABELS)


def test_one_of_a_student_with_other_labels_is_named(folder: Path) -> None:
    with pytest.raises(BadTenant, match="other labels"):
        proposer.load(folder, [f"label-{number}" for number in range(500)])


def commands(turn: Turn) -> list[type[Command]]:
    return [type(one) for one in reading.read(turn)]


def test_a_value_in_a_question_is_none(bank: Tenant) -> None:
    text = "分12期一共要多少利息"
    assert commands(asked(bank, "installment", "periods", text)) == [Set]
    assert commands(asked(bank, "installment", "periods", text, question=0.97)) == [Question]
    assert commands(asked(bank, "installment", "periods", text, question=0.7, value=0.3)) == [Set]  # not sure enough


def test_a_bare_value_is_one_whatever_is_proposed(bank: Tenant) -> None:
    assert commands(asked(bank, "installment", "periods", "12期", question=1.0)) == [Set]


def test_who_looks_for_it_is_asked_again_and_who_has_none_too(shop: Tenant) -> None:
    assert commands(asked(shop, "cancel_order", "order_id", "我去翻翻看", wait=0.95)) == [Wait]
    assert commands(asked(shop, "cancel_order", "order_id", "短信删掉了", no_value=0.95)) == [Unclear]


def test_a_lone_question_mark_asks_for_no_time(shop: Tenant) -> None:
    assert commands(asked(shop, "refund_apply", CONFIRM, "？", wait=0.99)) != [Wait]


def test_another_matter_that_both_models_hear_need_not_be_sure_to_one(shop: Tenant) -> None:
    """俺的快第咋还木有到, while an order's number is asked for, was told that the number is wrong."""
    text = "俺的快第咋还木有到"
    late = asked(shop, "invoice_apply", "order_id", text, "delivery_late", other=0.45, question=0.35)
    late.confidence = 0.64
    assert commands(late) == [Ask]
    late.proposed = dict.fromkeys(SAYS, 0.0) | {"question": 0.45, "other": 0.35}
    assert commands(late) == [Question]
    late.confidence, late.proposed["other"] = 0.5, 0.6
    assert commands(late) != [Ask]


def test_one_has_one_reason(shop: Tenant) -> None:
    assert commands(asked(shop, "refund_apply", "reason", "颜色不喜欢")) == [Set]


def test_a_change_of_mind_needs_no_word_of_the_list(shop: Tenant) -> None:
    assert commands(asked(shop, "refund_apply", "order_id", "那我留着送人好了", drop=0.96)) == [Cancel]


def test_what_names_the_act_is_no_change_of_mind(shop: Tenant) -> None:
    assert commands(asked(shop, "cancel_order", CONFIRM, "嗯取消了吧不想要了", drop=0.97)) != [Cancel]
    assert commands(asked(shop, "cancel_order", CONFIRM, "还是留着吧", drop=0.97)) == [Cancel]


def test_a_free_slot_does_not_take_what_is_no_value(shop: Tenant) -> None:
    text = "你们客服是摆设吗哈哈"
    assert commands(asked(shop, "stock_query", "product", "你们这客服是摆设", talk=0.9)) != [Set]
    assert commands(asked(shop, "stock_query", "product", "电饭煲", value=0.99)) == [Set]
    assert commands(asked(shop, "stock_query", "product", text, talk=0.9)) != [Set]


@settings(deadline=None)
@given(shares=shares_of, text=st.sampled_from(["嗯", "好像可以", "你看着办", "行吧要不", "OK?", "成", "弄吧弄吧", "？"]))
def test_no_proposal_is_a_consent(shop: Tenant, shares: dict[str, float], text: str) -> None:
    turn = asked(shop, "refund_apply", CONFIRM, text)
    before = decide(hearing.where(turn), reading.read(turn))
    turn.proposed = shares
    after = decide(hearing.where(turn), reading.read(turn))
    submits = [any(step.effect is Effect.SUBMIT for step in steps) for steps in (before, after)]
    assert submits[0] or not submits[1]
    assert not any(isinstance(step.command, Confirm) and step.effect is Effect.SUBMIT for step in after) or submits[0]
