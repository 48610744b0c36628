"""How much of what a customer typed may be read?

A Turn reads and keeps nothing that is secret (pyshim/turns/turn.py). Where the conversation asks for just that, it may be read: a
code that was asked for, the number of a card or of an identity card that the asked slot takes. Where a card's tail is all that
slot wants, the tail is all it gets. What is kept of the message stays masked.
"""

import re

from pyshim.dialogue import slots
from pyshim.dialogue.hearing import where
from pyshim.dialogue.reducer import Open
from pyshim.language.secrets.found import Secret
from pyshim.language.secrets.masking import HIDDEN, masked
from pyshim.tenants.schema import Slot
from pyshim.turns.turn import Turn

NO_PART = re.compile(r"[^0-9X]")


def reveal(turn: Turn) -> None:
    """Once the state is known: writes query, warned and, where an address is asked for, kept."""
    secret = [one for one in turn.hides if one.is_secret]
    asked = _asked(turn)
    taken = [one for one in secret if _is_taken(turn, asked, one)]
    tails = [one for one in taken if one.kind == "card" and any(map(_wants_a_tail, asked))]
    turn.query = masked(turn.typed, [one for one in secret if one not in taken or one in tails])
    turn.warned = len(taken) < len(secret)
    if turn.tenant.about.history.personal == "masked" and any("address" in (slot.type, *slot.also) for slot in asked):
        turn.kept = HIDDEN  # 20号3幢 completes an address, and is none by itself


def _asked(turn: Turn) -> list[Slot]:
    """What the message may say something of, because it is asked for or was shown."""
    pending, tenant = turn.state.flow, turn.tenant
    if pending is None or pending.intent not in tenant.tasks:
        return []
    names = {Open.SLOT: [pending.asking], Open.CONFIRM: tenant.tasks[pending.intent].slots}.get(where(turn), [])
    return [tenant.slots[name] for name in names if name in tenant.slots]


def _is_taken(turn: Turn, asked: list[Slot], one: Secret) -> bool:
    if one.kind == "code":
        return where(turn) is Open.CODE or turn.degraded  # nobody can see whether one was asked for: l5_dialogue says so
    return one.kind in ("card", "identity", "document") and any(_takes(slot, turn, one) for slot in asked)


def _wants_a_tail(slot: Slot) -> bool:
    return "card_tail" in (slot.type, *slot.also)


def _takes(slot: Slot, turn: Turn, one: Secret) -> bool:
    """Is it what the slot's own reader finds?"""
    if one.kind == "card" and _wants_a_tail(slot):
        return True
    found = slots.find(slot, turn.typed, turn.tenant.today)
    said = NO_PART.sub("", slots.figured(turn.typed[one.start : one.end]).upper())
    return found is not None and NO_PART.sub("", found.value.upper()) == said
