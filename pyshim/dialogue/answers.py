"""In which words is what was done said?"""

from pyshim.dialogue import hearing, slots
from pyshim.dialogue.commands import Cancel, Command, Confirm, Deny
from pyshim.dialogue.people import reached
from pyshim.dialogue.sentences import filled
from pyshim.tenants import spoken
from pyshim.turns import stored
from pyshim.turns.turn import CONFIRM, Pending, Reply, Turn
from pyshim.understanding.intents import OUT_OF_SCOPE

SAID_CHARS = 20  # of what was not clear
MAX_TRIES = 2  # wrong answers to one question before a person is offered


class Answer:
    """What is said to one message, piece by piece."""

    def __init__(self) -> None:
        self.said: list[Reply] = []
        self.asked = False  # does it end with the open question?
        self.passed = False  # is it for the layers below?

    def add(self, reply: Reply, asked: bool = False) -> None:
        self.said.append(reply)
        self.asked = asked

    def unsay(self, text: str) -> None:
        """A question that is asked again behind what was said since is not asked in front of it, too."""
        self.said = [reply for reply in self.said if reply.answer != text]

    def whole(self) -> Reply:
        """intent, suggestions and buttons are those of its last piece."""
        last = self.said[-1]
        last.answer = "\n".join(reply.answer for reply in self.said)
        return last


def rule(turn: Turn, intent: str) -> Reply:
    rule = turn.tenant.replies[intent]
    return Reply(spoken.rule(turn.tenant, intent, turn.state.script), intent, suggestions=rule.suggestions)


def person(turn: Turn, intent: str) -> Reply:
    """How a person is reached; said just now, in other words."""
    rule, people = turn.tenant.replies[intent], reached(turn.tenant)
    text = filled(rule.answer, {"people": people})
    if turn.newest and not rule.urgent and spoken.written(text, turn.state.script) in stored.answer_of(turn.newest):
        text = filled(turn.tenant.phrases.people_again, {"people": people})
    return Reply(text, intent, suggestions=rule.suggestions)


def alarm(turn: Turn, intent: str) -> Reply:
    """What helps, whole however often it is said."""
    rule = turn.tenant.replies.get(intent)
    text = filled(rule.answer if rule else turn.tenant.phrases.distress, {"people": reached(turn.tenant)})
    return Reply(text, intent or "ask_human", suggestions=rule.suggestions if rule else [])


def sorry(turn: Turn) -> Reply:
    text = filled(turn.tenant.phrases.apology, {"people": reached(turn.tenant)})
    return Reply(text, "complain", suggestions=[turn.tenant.title("ask_human")])


def erasure(turn: Turn) -> Reply:
    return Reply(filled(turn.tenant.phrases.erasure, {"people": reached(turn.tenant)}), OUT_OF_SCOPE)


def idle(turn: Turn, command: Command) -> Reply:
    """Nothing waits for an answer; a call that nobody heard the end of may be meant."""
    phrases = turn.tenant.phrases
    if turn.degraded:  # something may wait, and nobody can see it
        return Reply(phrases.degraded)
    intent = {Confirm: "affirm", Deny: "deny", Cancel: "cancel_flow"}[type(command)]
    waits = turn.open_call()
    if waits is None:
        return Reply(phrases.flow_nothing, intent)
    phrase = phrases.unknown_waits if isinstance(command, Confirm) else phrases.unknown_stays
    return Reply(filled(phrase, {"title": turn.tenant.title(waits.intent)}), intent)


def unclear(turn: Turn, pending: Pending, words: str, reply: Reply) -> Reply:
    """What was not clear, and the question again; the second time a person is offered, the third time how one is reached.
    reply: the question."""
    if pending.asking == CONFIRM:
        fields = {"question": reply.answer, "said": words.strip()[:SAID_CHARS]}
        why = _unfit(turn, pending, words)
        if why:
            reply.answer = filled(turn.tenant.phrases.no_value, {"why": why, "question": reply.answer})
        elif pending.confirm:
            reply.answer = filled(turn.tenant.phrases.flow_unclear, fields)
    else:
        slot = turn.tenant.slots[pending.asking]
        none = slots.no_value(words) or turn.proposed.get("no_value", 0.0) >= hearing.LIKELY
        reply.answer = slot.ask if none else slot.invalid or slot.ask
        if why := slots.why_none(slot, words, turn.tenant.today):
            reply.answer = filled(turn.tenant.phrases.no_value, {"why": why, "question": slot.ask})
    if pending.tries >= MAX_TRIES:
        reply.suggestions = [turn.tenant.title("ask_human")]
    if pending.tries > MAX_TRIES:
        reply.answer += f"\n{reached(turn.tenant)}。"
    return reply


def _unfit(turn: Turn, pending: Pending, words: str) -> str:
    """Why what is said instead of a shown value can be none (改成5000美元), in words; "" where nothing surely is wrong."""
    known = (turn.tenant.slots[name] for name in turn.tenant.tasks[pending.intent].slots)
    return next((why for slot in known if (why := slots.why_none(slot, words, turn.tenant.today, slots.SURE))), "")


def resumed(turn: Turn, pending: Pending, question: str) -> str:
    """Leads back to the open question."""
    return filled(turn.tenant.phrases.flow_resume, {"title": turn.tenant.title(pending.intent), "question": question})


def put_aside(turn: Turn, intent: str) -> str:
    return filled(turn.tenant.phrases.put_aside, {"title": turn.tenant.title(intent)})
