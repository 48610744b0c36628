"""What does a clause say of the task that waits, and for what does the conversation wait?"""

import re

from pyshim.dialogue import slots, waiting
from pyshim.dialogue.reducer import Open
from pyshim.tenants.schema import Slot, Task
from pyshim.turns.turn import CONFIRM, Clause, Pending, Turn

WRONG = r"(?:发|写|填|说|输|打|搞|弄|给|报|看|记)错了?"
MISTAKE = re.compile(WRONG)
PROPOSED = 0.9  # so sure must a version be of what a message says: then 97 of 100 are right (card.json)
RATHER, LIKELY, UNLIKELY = 0.75, 0.5, 0.4  # surer than that it is a value; than anything else; hardly one
CODE = re.compile(r"(?:短信)?(?:验证|校验|动态)码")


def where(turn: Turn) -> Open:
    """What does the conversation wait for?"""
    pending = turn.state.flow
    if pending is None:
        return Open.OFFER if turn.state.offered else Open.NOTHING
    if pending.asking == CONFIRM:
        return Open.CONFIRM
    return Open.CODE if pending.agreed else Open.SLOT


def is_code(turn: Turn) -> bool:
    """Is it nothing but a code that the tenant's system sends, where no value is asked for, or nobody knows what is?"""
    if where(turn) is Open.SLOT and not turn.degraded:
        return False
    named = {task.verify.slot for task in turn.tenant.tasks.values() if task.verify}
    found = [slots.find(turn.tenant.slots[name], turn.query) for name in named]
    return any(one is not None and slots.bare(CODE.sub("", one.rest)) for one in found)


class Heard:
    """A clause, and what it says of the task that waits. values: of slots nobody spoke of yet, where one is asked for, and of all
    of them where consent is; rest: what it says beside; changed: the values that differ from those that stand."""

    def __init__(self, turn: Turn, said: Clause) -> None:
        self.turn, self.said, self.text = turn, said, said.text
        self.values: dict[str, str] = {}
        self.rest = said.text
        self.changed: dict[str, str] = {}

    @property
    def pending(self) -> Pending:
        assert self.turn.state.flow is not None
        return self.turn.state.flow

    @property
    def task(self) -> Task:
        return self.turn.tenant.tasks[self.pending.intent]

    @property
    def slot(self) -> Slot:
        """The one that is asked for."""
        return self.turn.tenant.slots[self.pending.asking]

    def slot_of(self, name: str) -> Slot:
        return self.turn.tenant.slots[name]

    def means(self, *intents: str) -> bool:
        """Does the model, or a short word, say one of these?"""
        return self.said.intent in intents and self.said.confidence >= self.turn.tenant.confidence_min

    def proposed(self, *says: str, least: float = PROPOSED) -> bool:
        """Does the model that knows what was asked say that the message, which is this clause, says one of these?"""
        return sum(self.share(one) for one in says) >= least

    def share(self, says: str) -> float:
        return self.turn.proposed.get(says, 0.0) if self.text == self.turn.query else 0.0


def hear(turn: Turn, said: Clause) -> Heard:
    heard, open = Heard(turn, said), where(turn)
    if open is Open.SLOT:
        text = (
            said.text if slots.find(heard.slot, said.text, turn.tenant.today) else MISTAKE.sub(slots.GAP, said.text)
        )  # 单号发错了: no reason 发错
        heard.values, heard.rest = slots.values_in(
            turn.tenant, text, waiting.unknown(turn, heard.pending), first=heard.pending.asking
        )
        if not heard.values and (numbered := slots.numbered(heard.slot, said.text)):
            heard.values, heard.rest = {heard.pending.asking: numbered}, ""
    elif open is Open.CONFIRM:
        heard.values, heard.rest = slots.values_in(turn.tenant, MISTAKE.sub(slots.GAP, said.text), heard.task.slots)
        if is_code(turn):  # of before: a value was changed, and no code is asked for
            heard.values, heard.rest = {}, said.text
        now = waiting.values(turn, heard.pending)
        if not heard.values:
            heard.values = {name: one for name in heard.task.slots if (one := slots.numbered(turn.tenant.slots[name], said.text))}
            heard.rest = "" if heard.values else heard.rest
        heard.changed = {name: value for name, value in heard.values.items() if value != now.get(name)}
    return heard
