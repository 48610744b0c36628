"""What does the task that waits know, lack and ask?

It lives in state.flow, from its first question until it is done, cancelled, or another one takes its place.
"""

from collections.abc import Mapping

from pyshim.dialogue import consent, slots
from pyshim.dialogue.sentences import filled
from pyshim.turns.turn import CONFIRM, Buttons, Pending, Turn


def unknown(turn: Turn, pending: Pending) -> list[str]:
    """Slots of which nothing was said yet, those with a default among them."""
    return [name for name in turn.tenant.tasks[pending.intent].slots if name not in pending.slots]


def missing(turn: Turn, pending: Pending) -> str | None:
    """The next slot to ask for. Slots with a default are never asked."""
    return next((name for name in unknown(turn, pending) if turn.tenant.slots[name].default is None), None)


def values(turn: Turn, pending: Pending) -> dict[str, str]:
    """The task's slots as they stand, defaults included, and what was quoted."""
    task = turn.tenant.tasks[pending.intent]
    known = {name: turn.tenant.slots[name].default or "" for name in task.slots}
    return {**pending.quote, **known, **{name: value for name, value in pending.slots.items() if name in task.slots}}


def shown(turn: Turn, pending: Pending) -> dict[str, str]:
    """These values as customers are shown them."""
    return slots.shown(turn.tenant.slots, values(turn, pending))


def confirmation(turn: Turn, pending: Pending) -> str:
    """What is to be agreed to, in words."""
    return filled(turn.tenant.tasks[pending.intent].confirm or "", shown(turn, pending))


def question(turn: Turn, pending: Pending) -> str:
    """What it is waiting to hear."""
    if pending.asking != CONFIRM:
        slot = turn.tenant.slots[pending.asking]
        lacks = slots.lacks(slot, pending.part)
        return filled(turn.tenant.phrases.incomplete, {"missing": lacks}) if lacks else slot.ask
    return confirmation(turn, pending) if pending.confirm else turn.tenant.phrases.quote_down


def buttons(pending: Pending) -> Buttons | None:
    """Yes and no, where a confirmation is asked for."""
    return Buttons(pending.confirm, consent.YES, consent.NO) if pending.asking == CONFIRM and pending.confirm else None


def keep(turn: Turn, values: Mapping[str, str]) -> None:
    """Remembers, for later tasks, what is worth it."""
    known = turn.tenant.slots
    worth = {name: value for name, value in values.items() if name in known and known[name].remember}
    turn.state.slots = {**turn.state.slots, **worth}


def take(pending: Pending, values: Mapping[str, str | None]) -> None:
    """Values of the task; None: what was said of this slot is wrong."""
    changed = {name: value for name, value in values.items() if pending.slots.get(name) != value}
    if changed:
        pending.slots = {name: value for name, value in {**pending.slots, **changed}.items() if value is not None}
        pending.quote, pending.confirm, pending.shown, pending.agreed = {}, "", "", ""


def drop(turn: Turn) -> None:
    """Ends it; only what is worth remembering stays."""
    if turn.state.flow is not None:
        keep(turn, turn.state.flow.slots)
    turn.state.flow = None
