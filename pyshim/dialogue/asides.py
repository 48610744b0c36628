"""Does this message answer the open question, or is it about another matter?

The model does not know what was just asked: to it 个人 is a call for a person, and an address a wish for broadband. So what was
asked decides first, and the model alone decides only where the message has nothing that was asked for:

  a value and nothing more    the answer, whatever it may mean elsewhere (个人; 全部; an address; 个人，谢谢)
  words that drop the matter  a change of mind (算了), and where a value was said only if they stand beside it
  small talk                  never a value: answered briefly, and the question is asked again
  a value and other words     the other matter, if its meaning is sure and the other words tell of one: they are a button, call
                              for a person, ask, want a thing done (TELLING), tell of a trouble, or share words with its button
  any text for a free slot    the same, all words being other words, where the slot has no patterns to say what it looks like
  nothing of this             the other matter, if its meaning is sure
"""

import re
from collections.abc import Mapping

from pyshim.language.folding import plain
from pyshim.tenants.schema import Task
from pyshim.turns.turn import CONFIRM, Clause, Pending, Turn
from pyshim.understanding.intents import DIALOGUE_INTENTS, SMALL_TALK

SURE = 0.8  # a message that could also answer the open question is something else only from here
DROPPING = re.compile(r"算了|取消|放弃|停止|不|别")
TELLING = re.compile(r"算了|取消|投诉|看看|看下|看一下|[别退换改查报停先怎啥谁哪几吗呢？?]|什么|多少|多久")
TROUBLE = re.compile(r"[不没坏断丢错]")  # where one may choose, what is wrong is a choice's own matter (质量不好)


def dropped(turn: Turn, said: Clause, values: Mapping[str, str], rest: str) -> bool:
    """Is the pending matter dropped? What comes behind 算了 may be a matter of its own (other)."""
    if said.intent == "cancel_flow" and said.confidence >= turn.tenant.confidence_min:
        return not values or DROPPING.search(rest) is not None
    return said.text.lstrip().startswith("算了") and said.confidence < SURE


def small_talk(said: Clause, floor: float) -> bool:
    """A number is none, whatever the model takes it for."""
    return said.intent in SMALL_TALK and said.confidence >= floor and not re.search(r"\d", said.text)


def other(turn: Turn, said: Clause, pending: Pending, values: Mapping[str, str], rest: str) -> str | None:
    """The other matter this message is about, if it is one for sure. values, rest: what was found in it for the pending task, and
    what it says beside (slots.values_in)."""
    tenant, intent = turn.tenant, said.intent
    if not intent or intent == pending.intent or intent in DIALOGUE_INTENTS:
        return None
    if intent not in tenant.replies and intent not in tenant.tasks:
        return None
    free = pending.asking != CONFIRM and tenant.slots[pending.asking].free
    if intent in SMALL_TALK:
        return intent if not values and small_talk(said, SURE if free else tenant.confidence_min) else None
    if said.confidence < SURE:
        return None
    could_answer = bool(values) or (free and not tenant.slots[pending.asking].formed)
    chooses = any(tenant.slots[name].chooses for name in (pending.asking, *values) if name in tenant.slots)
    return intent if not could_answer or _tells(turn, said, pending, rest, chooses) else None


def opposite(task: Task, text: str) -> bool:
    """Does it want what the task would undo, or the other way round?"""
    said = text.replace(task.title, "")  # a button's
    return task.unless is not None and any(word in said for word in task.unless.words)


def _tells(turn: Turn, said: Clause, pending: Pending, rest: str, chooses: bool) -> bool:
    """Is there more to it than the model's word?"""
    rule = turn.tenant.replies.get(said.intent)
    if said.text.strip() in turn.tenant.titles or (rule is not None and rule.handover) or TELLING.search(rest):
        return True
    if not chooses and TROUBLE.search(rest):
        return True
    named = _pairs(turn.tenant.title(said.intent)) - _pairs(turn.tenant.title(pending.intent))
    return not named.isdisjoint(_pairs(plain(rest)))


def _pairs(text: str) -> set[str]:
    """Its neighbouring characters: 宽带报修 has 宽带, 带报 and 报修."""
    return {text[at : at + 2] for at in range(len(text) - 1)}
