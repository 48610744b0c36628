"""Does a conversation notice that it was forgotten, and nothing else?"""

import random

import pytest

from loadtest.verdict import checks
from loadtest.verdict.checks import Answer, Forgotten
from loadtest.what.questions import Questions
from loadtest.who import conversations
from loadtest.who.conversations import PLOTS
from loadtest.who.customer import Customer
from pyshim.tenants.schema import Tenant
from tests.loadtest.bot import Bot, play

QUESTIONS = Questions(hot=["打招呼"], popular=["打招呼"])


def customer(tenant: Tenant, seed: int) -> Customer:
    return Customer(tenant, QUESTIONS, random.Random(seed))


def forgotten(tenant: Tenant, plot: str, forgets: str) -> str:
    """What the first customer whose conversation goes wrong wanted."""
    for seed in range(40):
        try:
            play(PLOTS[plot][0](customer(tenant, seed)), Bot(tenant, forgets))
        except Forgotten as failure:
            return failure.wanted
    raise AssertionError(f"40 conversations {plot} did not notice that {forgets} was forgotten")


@pytest.mark.parametrize("name", ["shop", "telecom", "bank"])
def test_every_conversation_goes_well_with_a_bot_that_forgets_nothing(tenants: dict[str, Tenant], name: str) -> None:
    played = conversations.plots(customer(tenants[name], 0))

    for seed in range(30):
        for plot in played:
            play(PLOTS[plot][0](customer(tenants[name], seed)), Bot(tenants[name]))

    assert {"straight", "interrupted", "looked_up", "refused"} <= set(played)


def test_a_slot_that_is_asked_for_again_is_noticed(tenants: dict[str, Tenant]) -> None:
    assert "order_id" in forgotten(tenants["shop"], "looked_up", "slot")
    assert "card_tail" in forgotten(tenants["bank"], "corrected", "slot")


def test_another_number_than_the_one_that_was_told_is_noticed(tenants: dict[str, Tenant]) -> None:
    assert "order_id 2023" in forgotten(tenants["shop"], "corrected", "value")
    assert "card_tail" in forgotten(tenants["bank"], "corrected", "value")


def test_a_flow_that_goes_on_after_its_end_is_noticed(tenants: dict[str, Tenant]) -> None:
    assert forgotten(tenants["telecom"], "refused", "flow") == "nothing is waited for"
    assert forgotten(tenants["shop"], "straight", "flow") == "nothing is waited for any more"


def test_the_same_conversation_is_played_for_the_same_seed(tenants: dict[str, Tenant]) -> None:
    def said(seed: int, number: int = 12) -> list[str]:
        _, talk = conversations.begin(tenants["shop"], QUESTIONS, seed, number)
        bot, heard = Bot(tenants["shop"]), []
        say = next(talk)
        while True:
            heard.append(say.query)
            try:
                say = talk.send(bot.answer(say.query))
            except StopIteration:
                return heard

    assert [said(7, number) for number in range(40)] == [said(7, number) for number in range(40)]
    assert [said(7, number) for number in range(40)] != [said(8, number) for number in range(40)]


def test_the_same_seq_must_be_the_same_turn() -> None:
    first = Answer("已提交，受理号 TK1", "l5_dialogue", "s", 3, "turn-a", "refund_apply")
    again = Answer("已经申请过，受理号 TK1", "l5_dialogue", "s", 3, "turn-b", "refund_apply")

    checks.same(first, first)
    with pytest.raises(Forgotten, match="seq 3 again is the same turn"):
        checks.same(first, again)


def test_a_history_that_lacks_a_turn_or_has_it_twice_is_noticed() -> None:
    given = {seq: Answer("好", "l3_hot", "s", seq, f"turn-{seq}") for seq in (1, 2)}

    checks.kept([(1, "turn-1"), (2, "turn-2")], given)
    for found in ([(2, "turn-2")], [(1, "turn-1"), (2, "turn-2"), (2, "turn-2")], [(1, "turn-x"), (2, "turn-2")]):
        with pytest.raises(Forgotten, match="a history of seq"):
            checks.kept(found, given)


def test_an_answer_of_somebody_elses_session_is_noticed() -> None:
    answer = Answer("好", "l3_hot", "other", 1, "turn-1")

    with pytest.raises(Forgotten, match="seq 1 of mine, not seq 1 of other"):
        checks.position(answer, "mine", 1)


def test_what_a_failure_says_is_short_and_names_the_layer() -> None:
    failure = Forgotten("refund_apply asks for reason", Answer("请" * 500, "l5_dialogue", "s", 1, "t", "refund_apply"))

    assert failure.got.startswith("l5_dialogue, refund_apply: 请请")
    assert len(failure.got) < 130


def test_an_outcome_is_told_by_its_text_and_its_numbers(tenants: dict[str, Tenant]) -> None:
    judge = checks.Checks(tenants["shop"])
    answer = Answer("没有找到订单 20231105，请核对订单号后再发给我。", "l5_dialogue", "s", 3, "t", "refund_apply")

    assert judge.outcome(answer, "refund_apply", {"order_id": "20231105"}) == "not_found"
    with pytest.raises(Forgotten, match="order_id 20231106"):
        judge.outcome(answer, "refund_apply", {"order_id": "20231106"})
