"""What does a clause say of the value that was asked for, and of the task's others?"""

from pyshim.dialogue import asides, lists, slots
from pyshim.dialogue.commands import Ask, Correct, Evidence, Part, Set
from pyshim.dialogue.hearing import UNLIKELY, Heard
from pyshim.dialogue.readers import beside, corrections
from pyshim.dialogue.readers.found import Found, sets


def part(heard: Heard) -> Found:
    """An address is said in pieces: this one completes it, or adds to it."""
    pending, asking = heard.pending, heard.pending.asking
    if pending.part and (whole := slots.whole(heard.slot, heard.text, pending.part)):
        return [Set(Evidence.VALUE, heard.text, asking, whole)]
    part = slots.part(heard.slot, heard.text, pending.part)
    return [Part(Evidence.VALUE, heard.text, asking, part)] if part and part != pending.part else []


def listed(heard: Heard) -> Found:
    """Several values of one slot: the task is about one, and each of the others is a task of its own."""
    tenant, pending = heard.turn.tenant, heard.pending
    for name in dict.fromkeys([pending.asking, *heard.task.slots]):
        several = lists.read(tenant.slots[name], heard.text, tenant.today) if name in heard.task.slots else None
        if several is None:
            continue
        values, now = several.values, pending.slots.get(name)
        own: Found = [Set(Evidence.VALUE, heard.text, name, values[0])] if now is None else []
        own += [Correct(Evidence.VALUE, heard.text, name, values[0])] if now is not None and now not in values else []
        others = [value for value in values if value != (now if now in values else values[0])]
        return [*own, *(Ask(Evidence.VALUE, value, pending.intent) for value in others)]
    return []


def queued(heard: Heard) -> Found:
    """先办8866, which was to come next: it is now, and the one that was shown comes after it."""
    later = {one.words for one in heard.turn.state.later if one.intent == heard.pending.intent}
    for name, value in heard.changed.items():
        shown = heard.pending.slots.get(name)
        if shown and value in later and not beside.DENIES.search(heard.text):
            correct = Correct(Evidence.VALUE, heard.text, name, value)
            return [correct, Ask(Evidence.VALUE, shown, heard.pending.intent)]
    return []


def another(heard: Heard) -> Found:
    """1234也丢了: not instead of the one that is shown, but besides."""
    others = [value for name, value in heard.changed.items() if name in heard.pending.slots and lists.lists(heard.slot_of(name))]
    if len(others) != 1 or not lists.ALSO.search(heard.rest) or corrections.CORRECTING.search(heard.text):
        return []
    return [Ask(Evidence.VALUE, others[0], heard.pending.intent)]


def alone(heard: Heard) -> Found:
    return sets(heard) if heard.values and slots.bare(heard.rest) else []


def known_again(heard: Heard) -> Found:
    """The bare value of a slot that is known already: another one."""
    for name in heard.task.slots:
        slot = heard.turn.tenant.slots[name]
        found = slots.find(slot, heard.text, heard.turn.tenant.today) if slot.formed and slot.remember else None
        if found is not None and slots.bare(found.rest):
            return [Correct(Evidence.VALUE, heard.text, name, found.value)]
    return []


def any_text(heard: Heard) -> Found:
    """A free slot takes the whole message, but for small talk."""
    if heard.means("affirm", "deny", "repeat") or asides.small_talk(heard.said, asides.SURE):
        return []
    if heard.turn.proposed and not heard.proposed("value", "correct", least=UNLIKELY):
        return []
    text = slots.accept(heard.slot, heard.text, heard.turn.tenant.today)
    return [] if text is None else [Set(Evidence.VALUE, heard.text, heard.pending.asking, text)]
