"""What does this message say, to somebody who knows what was asked?

Yields commands (pyshim/dialogue/commands.py), each with its evidence and its words. What they do is not decided here. The message
is divided into matters (matters.py), and the clause about what waits is read by who knows the question (readers.py).
"""

import re
from collections.abc import Iterable

from pyshim.dialogue import consent, flows
from pyshim.dialogue.commands import Ask, Cancel, Command, Confirm, Correct, Evidence, Set, Unclear
from pyshim.dialogue.hearing import hear, where
from pyshim.dialogue.matters import divided
from pyshim.dialogue.readers import READERS
from pyshim.turns.turn import Turn

DOUBT = re.compile(r"如果|要是|的话|除非|算了|取消|[不没别先等但]|再想|还是")


def changes(turn: Turn, commands: Iterable[Command]) -> bool:
    """Does one of them change a value of the waiting task?"""
    pending = turn.state.flow
    if pending is None:
        return False
    now = flows.values(turn, pending)
    known = turn.tenant.tasks[pending.intent].slots
    return any(isinstance(one, Set | Correct) and one.slot in known and one.value != now.get(one.slot) for one in commands)


def pressed(turn: Turn) -> list[Command]:
    """A button of the confirmation."""
    assert turn.press is not None
    return [(Confirm if turn.press.answer == "yes" else Cancel)(Evidence.BUTTON, consent.text(turn.press.answer))]


def read(turn: Turn) -> list[Command]:
    """What the message says, urgent matters first."""
    main, others = divided(turn)
    heard = hear(turn, main)
    nothing: list[Command] = [Unclear(Evidence.MODEL, main.text)]
    own = next((found for reader in READERS[where(turn)] if (found := reader(heard))), nothing)
    if any(isinstance(one, Confirm) for one in own) and any(_may_take_back(one) for one in others):
        own = [Unclear(Evidence.MODEL, main.text)]
    asked = {
        one.intent: one for one in reversed([*own, *others]) if isinstance(one, Ask)
    }  # each matter once, as it was said first
    once = [one for one in (*own, *others) if not isinstance(one, Ask) or asked[one.intent] is one]
    return sorted(once, key=lambda one: isinstance(one, Ask) and not turn.tenant.is_urgent(one.intent))


def _may_take_back(beside: Command) -> bool:
    """Could it take back the yes that stands before it?"""
    return isinstance(beside, Unclear) or DOUBT.search(beside.words) is not None
