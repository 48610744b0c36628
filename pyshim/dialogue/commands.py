"""What can a message ask of a dialogue?

Reading a message (pyshim/dialogue/reading.py) yields commands; several in one message are the normal case. What each does where
is written in one table (pyshim/dialogue/reducer.py).
"""

from enum import Enum

import msgspec


class Evidence(Enum):
    """What says that the message means this."""

    BUTTON = "a button was pressed, or its text is the message"
    GRAMMAR = "a closed list or grammar of sentences"
    VALUE = "a reader of values found one"
    MODEL = "the model takes it for this"


class Command(msgspec.Struct, frozen=True):
    """words: those of the message that say it."""

    evidence: Evidence
    words: str


class Confirm(Command, frozen=True):
    """Yes, do it."""


class Deny(Command, frozen=True):
    """No."""


class Cancel(Command, frozen=True):
    """Never mind all of it."""


class Set(Command, frozen=True):
    """A value of the waiting task."""

    slot: str
    value: str


class Correct(Command, frozen=True):
    """Another value than the one that was said; None: the one that was said is wrong."""

    slot: str
    value: str | None


class Choose(Command, frozen=True):
    """number: of what was offered, 0-based."""

    number: int


class Ask(Command, frozen=True):
    """A matter of its own."""

    intent: str


class Handover(Command, frozen=True):
    """A person is wanted, or needed. intent: the rule that says how one is reached."""

    intent: str


class Repeat(Command, frozen=True):
    """Once more, please."""


class SmallTalk(Command, frozen=True):
    """intent: thanks, say."""

    intent: str


class Insult(Command, frozen=True):
    """Anger, and no answer."""


class Erase(Command, frozen=True):
    """What is kept of me shall go."""


class Alarm(Command, frozen=True):
    """Life or money is in danger. intent: the tenant's urgent rule that answers; "" where it is life."""

    intent: str


class Status(Command, frozen=True):
    """What became of it?"""


class Resend(Command, frozen=True):
    """The code did not come, or is old: another one."""


class Question(Command, frozen=True):
    """About the task that waits, and no answer to what was asked."""


class Wait(Command, frozen=True):
    """Time is wanted, or somebody who looks for it."""


class Part(Command, frozen=True):
    """A part of a value: what is known of it now."""

    slot: str
    value: str


class Unclear(Command, frozen=True):
    """Nothing that could be read."""
