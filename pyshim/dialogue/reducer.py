"""What does a command do, where the conversation stands?

One table of command and open question to effect; the evidence that an effect wants stands beside it, once. A command that lacks
it is Unclear there. Pure: what effects do to tasks and back ends is in effects.py.
"""

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from pyshim.dialogue.commands import (
    Alarm,
    Ask,
    Cancel,
    Choose,
    Command,
    Confirm,
    Correct,
    Deny,
    Erase,
    Evidence,
    Handover,
    Insult,
    Part,
    Question,
    Repeat,
    Resend,
    Set,
    SmallTalk,
    Status,
    Unclear,
    Wait,
)


class Open(Enum):
    """What is waited for."""

    NOTHING = "nothing"
    OFFER = 'the answer to "did you mean"'
    SLOT = "a value"
    CONFIRM = "consent"
    CODE = "a code, behind the consent"


class Effect(Enum):
    """What happens."""

    SUBMIT = "the call is made"
    CODE = "the call is made with this code"
    TAKE = "the value is kept, and the task moves on; a value that was shown is shown anew"
    DROP = "the task ends, undone"
    MATTER = "that matter is answered or begun; a task that waits goes on behind it"
    OFFERED = "the one that was offered is begun"
    PERSON = "how a person is reached is said"
    QUESTION = "the open question is asked again"
    UNCLEAR = "what was not clear is said, and the open question asked again; it counts"
    AGAIN = "the last answer is said again"
    IDLE = "nothing waits for an answer, and that is said"
    TALK = "a short answer"
    SORRY = "an apology, and a way out"
    ERASURE = "how one is forgotten is said"
    ALARM = "help is named; what waits is put aside, unless it cannot wait either"
    STATUS = "what is known of what was submitted, or that nothing was, is said"
    TIME = "time is given, and the open question asked again"
    RESEND = "another code is sent"
    PART = "the part is kept, and the rest is asked for"
    PASS = "the layers below are asked"


class Rule(NamedTuple):
    """wants: evidence, one of which the command must have; empty for any."""

    effect: Effect
    wants: frozenset[Evidence] = frozenset()


class Step(NamedTuple):
    """One effect, and the command it is of."""

    effect: Effect
    command: Command


SURELY = frozenset([Evidence.BUTTON, Evidence.GRAMMAR])
READ = frozenset([Evidence.VALUE])


def _row(nothing: Effect, offer: Effect, slot: Effect, confirm: Effect, code: Effect) -> dict[Open, Rule]:
    return dict(zip(Open, map(Rule, (nothing, offer, slot, confirm, code)), strict=True))


E = Effect
TABLE: dict[type[Command], dict[Open, Rule]] = {
    #                 nothing    an offer   a value     consent     a code
    Confirm: _row(    E.IDLE,    E.IDLE,    E.QUESTION, E.SUBMIT,   E.QUESTION),
    Deny: _row(       E.IDLE,    E.PASS,    E.QUESTION, E.DROP,     E.DROP),
    Cancel: _row(     E.IDLE,    E.IDLE,    E.DROP,     E.DROP,     E.DROP),
    Set: _row(        E.PASS,    E.PASS,    E.TAKE,     E.TAKE,     E.CODE),
    Correct: _row(    E.PASS,    E.PASS,    E.TAKE,     E.TAKE,     E.TAKE),
    Choose: _row(     E.PASS,    E.OFFERED, E.UNCLEAR,  E.UNCLEAR,  E.UNCLEAR),
    Ask: _row(        E.MATTER,  E.MATTER,  E.MATTER,   E.MATTER,   E.MATTER),
    Handover: _row(   E.PERSON,  E.PERSON,  E.PERSON,   E.PERSON,   E.PERSON),
    Repeat: _row(     E.AGAIN,   E.AGAIN,   E.QUESTION, E.QUESTION, E.QUESTION),
    SmallTalk: _row(  E.TALK,    E.TALK,    E.TALK,     E.TALK,     E.TALK),
    Insult: _row(     E.SORRY,   E.SORRY,   E.SORRY,    E.SORRY,    E.SORRY),
    Erase: _row(      E.ERASURE, E.ERASURE, E.ERASURE,  E.ERASURE,  E.ERASURE),
    Alarm: _row(      E.ALARM,   E.ALARM,   E.ALARM,    E.ALARM,    E.ALARM),
    Status: _row(     E.STATUS,  E.STATUS,  E.STATUS,   E.STATUS,   E.STATUS),
    Resend: _row(     E.PASS,    E.PASS,    E.UNCLEAR,  E.UNCLEAR,  E.RESEND),
    Question: _row(   E.PASS,    E.PASS,    E.PASS,     E.PASS,     E.PASS),
    Part: _row(       E.PASS,    E.PASS,    E.PART,     E.UNCLEAR,  E.UNCLEAR),
    Wait: _row(       E.PASS,    E.PASS,    E.TIME,     E.TIME,     E.TIME),
    Unclear: _row(    E.PASS,    E.PASS,    E.UNCLEAR,  E.UNCLEAR,  E.UNCLEAR),
}  # fmt: skip
TABLE[Confirm][Open.CONFIRM] = Rule(E.SUBMIT, SURELY)  # what a model takes for a yes is never enough
TABLE[Set][Open.CODE] = Rule(E.CODE, READ)

# Commands of one message are applied in this order.
ORDER = (
    *(
        Alarm,
        Correct,
        Set,
        Part,
        Cancel,
        Deny,
        Confirm,
        Choose,
        Insult,
        Erase,
        Status,
        Resend,
        Handover,
        Ask,
        Repeat,
        Wait,
        Question,
        SmallTalk,
    ),
    Unclear,
)


def decide(open: Open, commands: Sequence[Command], changes: bool = False) -> list[Step]:
    """What a message does, in order. changes: do its values differ from those that were shown? Then its yes is to others."""
    steps = [_step(open, command) for command in sorted(commands, key=lambda command: ORDER.index(type(command)))]
    void = changes or any(step.effect in (E.DROP, E.ALARM) for step in steps)
    calls = [step for step in steps if step.effect in (E.SUBMIT, E.CODE)]
    steps = [step for step in steps if step not in calls or (not void and step is calls[0])]  # twice yes is one yes
    more = [step for step in steps if step.effect not in (E.UNCLEAR, E.QUESTION, E.TIME, E.PASS, E.IDLE)]
    return more or steps[:1]  # what is clear is done; asking again is for a message of which nothing is


def _step(open: Open, command: Command) -> Step:
    rule = TABLE[type(command)][open]
    if rule.wants and command.evidence not in rule.wants:
        return Step(TABLE[Unclear][open].effect, command)
    return Step(rule.effect, command)
