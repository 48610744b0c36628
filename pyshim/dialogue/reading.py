"""What does this message say, to somebody who knows what was asked?

Yields commands (pyshim/dialogue/commands.py), each with its evidence and its words. What they do is not decided here. The message
is divided into matters (matters.py), and the clause about what waits is read by who knows the question (readers/).
"""

import re
from collections.abc import Iterable

from pyshim.dialogue import alarms, consent, waiting
from pyshim.dialogue.commands import Alarm, Ask, Cancel, Command, Confirm, Correct, Evidence, Set, Unclear
from pyshim.dialogue.hearing import hear, where
from pyshim.dialogue.matters import divided, is_matter, matter
from pyshim.dialogue.readers import READERS
from pyshim.turns.turn import Clause, Turn

DOUBT = re.compile(r"如果|要是|的话|除非|算了|取消|[不没别先等但]|再想|还是")


def changes(turn: Turn, commands: Iterable[Command]) -> bool:
    """Does one of them change a value of the waiting task?"""
    pending = turn.state.flow
    if pending is None:
        return False
    now = waiting.values(turn, pending)
    known = turn.tenant.tasks[pending.intent].slots
    return any(isinstance(one, Set | Correct) and one.slot in known and one.value != now.get(one.slot) for one in commands)


def pressed(turn: Turn) -> list[Command]:
    """A button of the confirmation."""
    assert turn.press is not None
    return [(Confirm if turn.press.answer == "yes" else Cancel)(Evidence.BUTTON, consent.text(turn.press.answer))]


def read(turn: Turn) -> list[Command]:
    """What the message says, urgent matters first."""
    alarm = alarms.heard(turn.tenant, turn.query)
    if alarm is not None:
        return [Alarm(Evidence.GRAMMAR, turn.query, alarm), *_urgent_beside(turn, alarm)]
    main, others = divided(turn)
    heard = hear(turn, main)
    nothing: list[Command] = [Unclear(Evidence.MODEL, main.text)]
    own = next((found for reader in READERS[where(turn)] if (found := reader(heard))), nothing)
    if any(isinstance(one, Confirm) for one in own) and any(_may_take_back(one) for one in others):
        own = [Unclear(Evidence.MODEL, main.text)]
    said = [*own, *others]
    first = {_matter(one): one for one in reversed(said) if isinstance(one, Ask)}  # each matter once, as it was said first
    once = [one for one in said if not isinstance(one, Ask) or first[_matter(one)] is one]
    return sorted(once, key=lambda one: isinstance(one, Ask) and not turn.tenant.is_urgent(one.intent))


def _matter(asked: Ask) -> tuple[str, str]:
    """Another value of the same task is another matter."""
    return asked.intent, asked.words if asked.evidence is Evidence.VALUE else ""


def _urgent_beside(turn: Turn, alarm: str) -> list[Command]:
    """What else cannot wait (有人让我转到安全账户，卡先挂失)."""
    parts = turn.parts or [Clause(turn.query, turn.intent or "", turn.confidence)]
    urgent = (part for part in parts if is_matter(turn, part) and turn.tenant.is_urgent(part.intent) and part.intent != alarm)
    return [matter(turn, part) for part in urgent][:1]


def _may_take_back(beside: Command) -> bool:
    """Could it take back the yes that stands before it?"""
    return isinstance(beside, Unclear) or DOUBT.search(beside.words) is not None
