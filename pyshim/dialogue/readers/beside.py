"""What does a clause say that is no value, while one was asked for?

Another matter, a question, a wish for time, or that it is to be asked again.
"""

import re

from pyshim.dialogue import asides, slots
from pyshim.dialogue.commands import Ask, Cancel, Evidence, Question, Repeat, Unclear, Wait
from pyshim.dialogue.hearing import LIKELY, RATHER, Heard, where
from pyshim.dialogue.matters import is_matter, matter
from pyshim.dialogue.readers import confirmation
from pyshim.dialogue.readers.found import Found, evidence, sets
from pyshim.dialogue.reducer import Open
from pyshim.turns.turn import CONFIRM
from pyshim.understanding.intents import DIALOGUE_INTENTS, OUT_OF_SCOPE, SMALL_TALK

WHETHER = re.compile(r"(?:还能|还可以|能不能|可不可以|是不是|会不会|可以).*(?:[吗么嘛]|[?？])$|[吗么][?？]*$")
HOW = re.compile(r"怎[么样]|咋|如何")
DENIES = re.compile(r"[不没别甭勿莫冇唔未非]|保留|留着|除外|以外|之外")


def dropped(heard: Heard) -> Found:
    if WHETHER.search(heard.text.strip()):
        return []  # 确认了还能取消吗 wants to know
    values = heard.values if where(heard.turn) is Open.SLOT else {}
    dropped = asides.dropped(heard.turn, heard.said, values, heard.rest)
    return [Cancel(evidence(heard.said), heard.text)] if dropped else []


def aside(heard: Heard) -> Found:
    aside = asides.other(heard.turn, heard.said, heard.pending, heard.values, heard.rest)
    if aside is None or (heard.proposed("value") and _could_answer(heard)):
        return []
    return [*_beside(heard, aside), matter(heard.turn, heard.said)]


def _could_answer(heard: Heard) -> bool:
    return bool(heard.values) or (where(heard.turn) is Open.SLOT and heard.slot.free)


def _beside(heard: Heard, aside: str) -> Found:
    """An answer with a question is both (质量问题，运费谁出啊); a value that the other matter needs itself is its own."""
    other, asking = heard.turn.tenant.tasks.get(aside), heard.pending.asking
    if where(heard.turn) is not Open.SLOT or asking not in heard.values:
        return []
    return [] if other and (other.confirm or asking in other.slots) else sets(heard)


def strange(heard: Heard) -> Found:
    """Surely none of our intents, and nothing the task could use?"""
    if heard.said.intent != OUT_OF_SCOPE or heard.said.confidence < asides.SURE or slots.courteous(heard.text):
        return []
    known, pending = heard.turn.tenant.slots, heard.pending
    answers = pending.asking != CONFIRM and slots.accept(known[pending.asking], heard.text, heard.turn.tenant.today) is not None
    if answers or any(slots.find(known[name], heard.text, heard.turn.tenant.today) for name in heard.task.slots):
        return []
    return [Ask(Evidence.MODEL, heard.text, OUT_OF_SCOPE)]


def proposed(heard: Heard) -> Found:
    """No value, says the model that knows what was asked, whatever a reader finds in it: a question about the task goes to who
    can answer it, unless a rule does; who looks for it is asked again."""
    if heard.values and slots.bare(heard.rest):
        return []
    named = where(heard.turn) is Open.CONFIRM and any(name in heard.text for name in confirmation.acts(heard))
    if heard.proposed("drop") and not named:  # 取消, where an order is to be cancelled, may be a yes
        return [Cancel(Evidence.MODEL, heard.text)]
    if heard.proposed("other", "question", least=RATHER):
        return _asked(heard)
    if (
        heard.proposed("wait")
        and not slots.courteous(heard.text)
        and not (is_matter(heard.turn, heard.said) and heard.said.intent != heard.pending.intent)
    ):
        return [Wait(Evidence.MODEL, heard.text)]
    return [Unclear(Evidence.MODEL, heard.text)] if heard.proposed("no_value") else []


def _asked(heard: Heard) -> Found:
    """Another matter, where the model of intents takes it for one, too: a question may be one that a rule answers."""
    said, tenant = heard.said, heard.turn.tenant
    other = heard.share("other") > heard.share("question")
    meant = heard.means(said.intent) and said.intent not in (*SMALL_TALK, *DIALOGUE_INTENTS)
    by_a_rule = meant and said.intent in tenant.replies
    both_say_so = meant and other and said.intent in tenant.tasks and not _could_answer(heard)
    if said.intent != heard.pending.intent and (by_a_rule or both_say_so or (other and is_matter(heard.turn, said))):
        return [matter(heard.turn, said)]
    return [] if other else [Question(Evidence.MODEL, heard.text)]


def likely(heard: Heard) -> Found:
    """Where nobody else could read it."""
    if heard.proposed("question", least=LIKELY):
        return [Question(Evidence.MODEL, heard.text)]
    waits = heard.proposed("wait", least=RATHER) and not slots.courteous(heard.text)  # ？ asks for no time
    return [Wait(Evidence.MODEL, heard.text)] if waits else []


def question(heard: Heard) -> Found:
    """挂失要钱吗, while a card is to be blocked: for who knows answers; the open question comes again behind it. How it is done
    (怎么退款啊) is answered by what is asked for."""
    if where(heard.turn) is Open.SLOT and HOW.search(heard.text):
        return []
    asks = heard.means(heard.pending.intent) and slots.asks(heard.text) and heard.text.strip() not in heard.turn.tenant.titles
    return [Question(Evidence.MODEL, heard.text)] if asks else []


def denies(heard: Heard) -> Found:
    """What names the act or the value, and a no beside it, is no wish to hear the question again."""
    said = heard.text.replace(heard.turn.tenant.title(heard.pending.intent), "")
    denies = heard.means(heard.pending.intent, "affirm", "repeat") and DENIES.search(said) is not None
    return [Unclear(Evidence.GRAMMAR, heard.text)] if denies else []


def once_more(heard: Heard) -> Found:
    again = slots.courteous(heard.text) or heard.means("repeat", "affirm", heard.pending.intent)
    return [Repeat(Evidence.MODEL, heard.text)] if again else []
