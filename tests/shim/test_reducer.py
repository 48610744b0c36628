"""Does every command do what it may, where it may? The table, and sequences of messages against a slow model of it."""

import asyncio
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pyshim.dialogue import commands as said
from pyshim.dialogue import hearing
from pyshim.dialogue.commands import Command, Evidence
from pyshim.dialogue.reducer import TABLE, Effect, Open, decide
from pyshim.layers.l5_dialogue import Dialogue
from pyshim.outside.backend import Done, Refused, Unknown
from pyshim.settings import ROOT, read_settings
from pyshim.tenants import source
from pyshim.tenants.reader import load
from pyshim.tenants.schema import Call, Slot, Task, Tenant
from pyshim.turns.turn import Press, Sent
from tests.shim.conftest import Talk

CONFIRM = {evidence: said.Confirm(evidence, "确认") for evidence in Evidence}
KINDS = (
    *(said.Confirm, said.Deny, said.Cancel, said.Set, said.Correct, said.Choose, said.Ask, said.Handover),
    *(said.Repeat, said.SmallTalk, said.Insult, said.Erase, said.Alarm, said.Status),
    *(said.Part, said.Resend, said.Wait, said.Question, said.Unclear),
)


def test_every_command_has_an_effect_at_every_open_question() -> None:
    assert set(TABLE) == set(KINDS) == set(Command.__subclasses__())
    assert all(set(row) == set(Open) for row in TABLE.values())


@pytest.mark.parametrize("evidence", Evidence)
def test_only_a_button_or_the_grammar_submits(evidence: Evidence) -> None:
    effects = [step.effect for step in decide(Open.CONFIRM, [CONFIRM[evidence]])]
    assert effects == [Effect.SUBMIT if evidence in (Evidence.BUTTON, Evidence.GRAMMAR) else Effect.UNCLEAR]


@pytest.mark.parametrize("open", [one for one in Open if one is not Open.CONFIRM])
def test_a_yes_submits_nothing_where_nothing_was_shown(open: Open) -> None:
    for evidence in Evidence:
        assert Effect.SUBMIT not in [step.effect for step in decide(open, [CONFIRM[evidence]])]


@pytest.mark.parametrize(
    "beside",
    [said.Cancel(Evidence.MODEL, ""), said.Deny(Evidence.MODEL, "")],
    ids=["never mind", "no"],
)
def test_a_yes_beside_a_no_is_none(beside: Command) -> None:
    effects = [step.effect for step in decide(Open.CONFIRM, [CONFIRM[Evidence.GRAMMAR], beside])]
    assert effects == [Effect.DROP]


def test_twice_yes_is_one_yes() -> None:
    commands = [CONFIRM[Evidence.GRAMMAR], CONFIRM[Evidence.GRAMMAR], CONFIRM[Evidence.BUTTON]]
    assert [step.effect for step in decide(Open.CONFIRM, commands)] == [Effect.SUBMIT]


def test_a_yes_beside_another_value_is_a_yes_to_what_was_not_shown() -> None:
    commands = [CONFIRM[Evidence.GRAMMAR], said.Correct(Evidence.VALUE, "6期", "periods", "6")]
    assert [step.effect for step in decide(Open.CONFIRM, commands, changes=True)] == [Effect.TAKE]
    assert [step.effect for step in decide(Open.CONFIRM, commands, changes=False)] == [Effect.TAKE, Effect.SUBMIT]


# -- against a slow model -----------------------------------------------------------------------------------------------------

VALUES = ("1", "2", "3")
TASKS = {
    "pay": Task("付款", Call("POST", "/pay", ["sum", "to"]), "付了{sum}给{to}", ["sum", "to"], confirm="付{sum}给{to}？"),
    "book": Task("预约", Call("POST", "/book", ["day"]), "约了{day}", ["day"], confirm="约{day}？"),
    "look": Task("查询", Call("GET", "/look/{day}"), "{day}有空", ["day"]),
}


@pytest.fixture(scope="module")
def small() -> Tenant:
    """Two tasks that change something, and one that looks up; they share a slot that is remembered."""
    tenant = load(source.of_folder(ROOT / "gateway" / "tenants" / "shop"), read_settings({}))
    tenant.tasks = TASKS
    tenant.slots = {name: Slot(f"{name}?", patterns=[r"\d"], remember=name == "day") for name in ("sum", "to", "day")}
    tenant.__post_init__()
    return tenant


@dataclass
class Model:
    """What may be submitted, from all that was said and shown, with plain ifs. It knows no state but the last confirmation."""

    shown: tuple[str, dict[str, str]] | None = None
    sent: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)

    def may_submit(self, commands: list[Command]) -> bool:
        if self.shown is None or self.shown[0] in self.unknown:
            return False
        for one in commands:
            if isinstance(one, said.Cancel | said.Deny | said.Alarm):
                return False
            if isinstance(one, said.Set | said.Correct) and one.slot in self.shown[1] and one.value != self.shown[1][one.slot]:
                return False
        return any(isinstance(one, said.Confirm) and one.evidence in (Evidence.BUTTON, Evidence.GRAMMAR) for one in commands)


def _valued(kind: type[said.Set] | type[said.Correct]) -> st.SearchStrategy[Command]:
    return st.builds(kind, st.just(Evidence.VALUE), st.just("v"), st.sampled_from(["sum", "to", "day"]), st.sampled_from(VALUES))


def _plain(*kinds: type[Command]) -> st.SearchStrategy[Command]:
    return st.sampled_from(kinds).flatmap(lambda kind: st.sampled_from(Evidence).map(lambda evidence: kind(evidence, "w")))


COMMANDS: st.SearchStrategy[Command] = st.one_of(
    _plain(said.Confirm),
    _plain(
        said.Confirm,
        said.Deny,
        said.Cancel,
        said.Repeat,
        said.Unclear,
        said.Insult,
        said.Erase,
        said.Status,
        said.Resend,
        said.Question,
    ),
    st.just(said.Alarm(Evidence.GRAMMAR, "不想活了", "")),
    _valued(said.Set),
    _valued(said.Correct),
    st.builds(said.Ask, st.sampled_from(Evidence), st.just(""), st.sampled_from([*TASKS, "shipping_time", "out_of_scope"])),
    st.builds(said.Handover, st.just(Evidence.MODEL), st.just("转人工"), st.just("ask_human")),
    st.builds(said.SmallTalk, st.just(Evidence.MODEL), st.just("谢谢"), st.just("thanks")),
)
OUTCOMES = st.sampled_from([Done({}), Refused("", {}), Refused("strange", {}), Unknown("silence")])
MESSAGES = st.lists(st.tuples(st.lists(COMMANDS, min_size=1, max_size=3), OUTCOMES), min_size=3, max_size=14)


def _in_scope(talk: Talk, commands: list[Command]) -> list[Command]:
    """A reader finds values of the waiting task only."""
    flow = talk.state.flow
    known = talk.tenant.tasks[flow.intent].slots if flow else []
    return [one for one in commands if not isinstance(one, said.Set | said.Correct) or one.slot in known]


async def _play(small: Tenant, messages: list[tuple[list[Command], Done | Refused | Unknown]]) -> None:
    talk, model = Talk(small), Model()
    unheard: list[Sent] = []
    for drawn, outcome in messages:
        commands = _in_scope(talk, drawn)
        if not commands:
            continue
        talk.backend.answers, before = [outcome] * 4, len(talk.backend.calls)
        turn = talk.turn("…")
        turn.sent = unheard
        reply = await Dialogue(talk.outside).apply(turn, commands)
        talk.state = turn.state
        made = [(call, slots) for call, slots, _ in talk.backend.calls[before:] if call.startswith("POST")]
        if made:
            assert model.may_submit(commands), f"{made} without consent: {commands}, shown was {model.shown}"
            assert model.shown is not None
            assert [(TASKS[model.shown[0]].call.path, model.shown[1])] == [(call.split(" ")[1], slots) for call, slots in made]
            model.sent.append(model.shown)
            if isinstance(outcome, Unknown):
                model.unknown.add(model.shown[0])
        elif model.may_submit(commands):
            raise AssertionError(f"{commands} agree to {model.shown}, and nothing was submitted")
        if made and not (isinstance(outcome, Refused) and not outcome.code):
            model.shown = None
        flow = talk.state.flow
        waits = flow is not None and flow.asking == "confirm" and flow.confirm != ""
        assert reply is None or (reply.confirm is not None) == waits
        model.shown = (flow.intent, dict(flow.slots)) if flow is not None and waits else None
        if reply is not None and waits and flow is not None and not made:  # nothing was sent: it may be pressed again
            assert all(value in reply.answer for value in flow.slots.values()), reply.answer
        unheard = [sent for sent in turn.calls() if sent.key not in turn.told]  # as the store does


@pytest.mark.long
@settings(max_examples=400, deadline=None)
@given(messages=MESSAGES)
def test_no_sequence_of_messages_submits_without_consent_to_exactly_what_was_shown(
    small: Tenant, messages: list[tuple[list[Command], Done | Refused | Unknown]]
) -> None:
    asyncio.run(_play(small, messages))


async def test_a_button_of_what_is_no_longer_shown_submits_nothing(small: Tenant) -> None:
    talk = Talk(small)
    await talk.say("2", "book")
    first = await talk.say("2")
    again = await talk.say("改成3")
    assert first
    assert again
    assert first.confirm
    assert again.confirm
    assert first.confirm.id != again.confirm.id
    with pytest.raises(Exception, match="does not wait"):
        await talk.say("", press=Press(first.confirm.id, "yes"))
    assert talk.backend.calls == []
    talk.backend.answers = [(None, {})]
    await talk.say("", press=Press(again.confirm.id, "yes"))
    assert [slots for _, slots, _ in talk.backend.calls] == [{"day": "3"}]


def test_where_counts_what_the_state_waits_for(small: Tenant) -> None:
    talk = Talk(small)
    assert hearing.where(talk.turn("x")) is Open.NOTHING
