"""What does a clause say where nothing waits, or "did you mean" was asked?"""

import re

from pyshim.dialogue import asides, erasure, short_words, slots, waiting
from pyshim.dialogue.commands import Ask, Cancel, Choose, Confirm, Deny, Erase, Evidence, Insult, Repeat, Unclear
from pyshim.dialogue.hearing import Heard
from pyshim.dialogue.matters import is_matter, matter
from pyshim.dialogue.readers.found import Found, evidence
from pyshim.turns.turn import Turn
from pyshim.understanding.intents import DIALOGUE_INTENTS, SMALL_TALK

INSULT = re.compile(
    r"傻[逼比叉缺帽子]|煞笔|沙比|(?<![a-z])s[ab]b?(?![a-z])|(?<![a-z])nt(?![a-z])|脑残|智障|弱智|白痴|废物|滚(?:蛋|开|$)"
    r"|垃圾(?:客服|公司|平台|系统|东西|机器人|玩意|$)"
    r"|去死|[他你]妈|妈的|操[你蛋]|卧槽|狗[屁东日]|王八|骗子|人工智障|fuck|shit|stupid|idiot",
    re.IGNORECASE,
)
LONG_NUMBER = re.compile(r"\d{4}")


def bare_value(heard: Heard) -> Found:
    """A value by itself belongs to the last matter that needs one, or to the one task it fits; of several one is asked for."""
    turn, state = heard.turn, heard.turn.state
    if not LONG_NUMBER.search(slots.figured(heard.text)):
        return []
    for remembered in (True, False):
        values = {name: value for name in turn.tenant.slots if (value := _alone(turn, name, heard.text, remembered))}
        fits = [intent for intent, task in turn.tenant.tasks.items() if not values.keys().isdisjoint(task.slots)]
        if not fits:
            continue
        waiting.keep(turn, values)
        if state.intent in fits or len(fits) == 1:
            return [Ask(Evidence.VALUE, heard.text, state.intent if state.intent in fits else fits[0])]
        turn.intent, turn.confidence, turn.likeliest = None, 0.0, fits
        return [Unclear(Evidence.VALUE, heard.text)]
    return []


def _alone(turn: Turn, name: str, text: str, remembered: bool) -> str | None:
    """The slot's value, where it is a number (of an order, say) and all the message says."""
    slot = turn.tenant.slots[name]
    sought = slot.remember is remembered and slot.formed
    found = slots.find(slot, text, turn.tenant.today) if sought else None
    return found.value if found is not None and slots.bare(found.rest) else None


def insult(heard: Heard) -> Found:
    matter = is_matter(heard.turn, heard.said) and heard.said.intent != "complain"
    insults = not heard.values and not matter and INSULT.search(heard.text) is not None
    return [Insult(Evidence.GRAMMAR, heard.text)] if insults else []


def erase(heard: Heard) -> Found:
    return [Erase(Evidence.GRAMMAR, heard.text)] if erasure.asked(heard.text) else []


def in_a_dialogue(heard: Heard) -> Found:
    """What means something only where something waits."""
    kind = {"repeat": Repeat, "affirm": Confirm, "deny": Deny, "cancel_flow": Cancel}.get(heard.said.intent)
    if kind is None:
        return []
    if slots.courteous(heard.text) and short_words.meaning(heard.text) is None:
        return []  # ？ and … say nothing, whatever the model takes them for
    if kind is Confirm and evidence(heard.said) is Evidence.MODEL:
        return []  # what a model alone takes for a yes answers nothing here
    return [kind(evidence(heard.said), heard.text)] if heard.means(heard.said.intent) else []


def meant(heard: Heard) -> Found:
    said, tenant = heard.said, heard.turn.tenant
    if said.confidence < tenant.confidence_min or not (said.intent in tenant.replies or said.intent in tenant.tasks):
        return []
    if said.intent in DIALOGUE_INTENTS or (said.intent in SMALL_TALK and not asides.small_talk(said, 0.0)):
        return []  # 100 is no goodbye
    return [matter(heard.turn, said)]


def chosen(heard: Heard) -> Found:
    """The answer to "did you mean"."""
    if heard.text.strip() == heard.turn.tenant.phrases.none_of_these:
        return [Deny(Evidence.BUTTON, heard.text)]
    number = short_words.ordinal(heard.text)
    if number is None and heard.means("affirm"):
        number = 0
    return [Choose(Evidence.GRAMMAR, heard.text, number)] if number is not None and number < len(heard.turn.state.offered) else []
