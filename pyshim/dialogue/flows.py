"""How does a task move on: what is missing, what is said, what is done?

A task is a flow (collect slots, confirm, call) or an action (collect slots, call). A started task lives in state.flow until it
is done, cancelled, or another one takes its place.
"""

import logging
import re
from collections.abc import Iterable, Mapping

from pyshim.dialogue import consent, slots
from pyshim.errors import BackendAway
from pyshim.outside.backend import Backend, Fields
from pyshim.tenants.schema import Task
from pyshim.turns.turn import CONFIRM, Buttons, Pending, Reply, Turn

log = logging.getLogger(__name__)

MAX_TRIES = 2  # wrong answers to one question before a person is offered


def filled(template: str, fields: Mapping[str, object]) -> str:
    """The template with every {name} replaced; a name nobody filled becomes empty."""
    return re.sub(r"\{(\w+)\}", lambda match: str(fields.get(match.group(1), "")), template)


def told(turn: Turn, names: Iterable[str], first: str = "") -> tuple[dict[str, str], str]:
    """What the message says of these slots, and what else it says. What was taken for one slot fills no other. first: the one
    that is asked for; else a choice is surer than a pattern, which may take any number."""
    values: dict[str, str] = {}
    rest = turn.query
    for name in sorted(names, key=lambda name: (name != first, not turn.tenant.slots[name].choices)):
        found = slots.find(turn.tenant.slots[name], rest)
        if found is not None:
            values[name], rest = found
    return values, rest


def take(turn: Turn, values: Mapping[str, str]) -> None:
    """Keeps them on the state."""
    turn.state.slots = {**turn.state.slots, **values}


def bare(turn: Turn, names: Iterable[str]) -> str | None:
    """The slot whose bare value the message is (an order number by itself, say); it is taken, whatever was known before."""
    for name in names:
        slot = turn.tenant.slots[name]
        found = slots.find(slot, turn.query) if slot.patterns and slot.remember else None
        if found is not None and slots.bare(found.rest):
            take(turn, {name: found.value})
            return name
    return None


def unknown(turn: Turn, task: Task) -> list[str]:
    """Slots of which nothing was said yet, those with a default among them."""
    return [name for name in task.slots if name not in turn.state.slots]


def missing(turn: Turn, task: Task) -> str | None:
    """The next slot to ask for. Slots with a default are never asked."""
    return next((name for name in unknown(turn, task) if turn.tenant.slots[name].default is None), None)


def question(turn: Turn, pending: Pending) -> str:
    """What the pending task is waiting to hear."""
    task = turn.tenant.tasks[pending.intent]
    if pending.asking == CONFIRM:
        return filled(task.confirm or "", values(turn, task))
    return turn.tenant.slots[pending.asking].ask


def values(turn: Turn, task: Task) -> dict[str, str]:
    """The task's slots as they stand, defaults included."""
    known = {name: turn.tenant.slots[name].default or "" for name in task.slots}
    return known | {name: value for name, value in turn.state.slots.items() if name in task.slots}


async def start(turn: Turn, intent: str, backend: Backend) -> Reply:
    """Begins a task with what the message and the session already say."""
    take(turn, told(turn, turn.tenant.tasks[intent].slots)[0])
    return await advance(turn, Pending(intent, turn.id, ""), backend)


async def advance(turn: Turn, pending: Pending, backend: Backend) -> Reply:
    """Asks for what is missing, or for the confirmation, or makes the call."""
    task = turn.tenant.tasks[pending.intent]
    ask = missing(turn, task)
    if ask is None and task.confirm is None:
        return await finish(turn, pending, backend)
    pending.asking, pending.tries = ask or CONFIRM, 0
    pending.confirm = "" if ask else turn.id
    turn.state.flow = pending
    return Reply(question(turn, pending), pending.intent, confirm=buttons(pending))


def buttons(pending: Pending) -> Buttons | None:
    """Yes and no, where a confirmation is asked for."""
    return Buttons(pending.confirm, consent.YES, consent.NO) if pending.asking == CONFIRM else None


async def finish(turn: Turn, pending: Pending, backend: Backend) -> Reply:
    """Calls the back end and says what came of it."""
    task = turn.tenant.tasks[pending.intent]
    given = values(turn, task)
    try:
        code, fields = await backend.call(
            turn.tenant.about.backend or "", task.call, given, turn.user_id, pending.id, max(0.05, turn.left() - 0.05)
        )
    except BackendAway as error:
        log.warning("%s: back end away: %s turn_id=%s", turn.tenant.id, error, turn.id)
        return Reply(turn.tenant.phrases.backend_down, pending.intent)
    if code is None:
        drop(turn)
        return Reply(filled(task.done, {**given, **fields}), pending.intent, suggestions=task.suggestions)
    return _refused(turn, pending, task, code, {**given, **fields})


def _refused(turn: Turn, pending: Pending, task: Task, code: str, fields: Fields) -> Reply:
    reply = task.errors.get(code)
    if reply is None:
        log.error("%s: %s has no words for the back end's %r turn_id=%s", turn.tenant.id, pending.intent, code, turn.id)
        drop(turn)
        return Reply(turn.tenant.phrases.backend_down, pending.intent)
    if reply.ask_again:
        turn.state.slots = {name: value for name, value in turn.state.slots.items() if name != reply.ask_again}
        # A new key: the corrected call is another one than the one that was refused.
        turn.state.flow = Pending(pending.intent, turn.id, reply.ask_again)
    else:
        drop(turn)
    return Reply(filled(reply.say, fields), pending.intent, suggestions=[] if reply.ask_again else task.suggestions)


def drop(turn: Turn) -> None:
    """Ends the pending task; only slots worth remembering stay."""
    turn.state.flow = None
    known = turn.tenant.slots
    turn.state.slots = {name: value for name, value in turn.state.slots.items() if name in known and known[name].remember}
