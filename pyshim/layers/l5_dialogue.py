"""Where are we in the conversation?

The state machine. In this order:
  a person has the conversation    the message is theirs
  a task waits for an answer       it is the answer, or a change of mind, or a question in between
  "did you mean" was asked         yes, or the first, or the second
  a bare order number, say         about the last matter, or what could it be about?
  the meaning is clear             a rule's reply, a task to start, a person to call
Anything else is not ours.
"""

from pyshim.dialogue import asides, consent, flows, short_words, slots
from pyshim.dialogue.flows import MAX_TRIES
from pyshim.errors import Refusal
from pyshim.layers import Layer
from pyshim.outside.clients import Outside
from pyshim.turns import stored
from pyshim.turns.turn import CONFIRM, PERSON, Pending, Press, Reply, Turn
from pyshim.understanding.intents import OUT_OF_SCOPE


def _back(turn: Turn, pending: Pending) -> str:
    """Leads back to the open question."""
    fields = {"title": turn.tenant.title(pending.intent), "question": flows.question(turn, pending)}
    return flows.filled(turn.tenant.phrases.flow_resume, fields)


class Dialogue(Layer):
    """Owns the dialogue state; writes turn.state, which the conversation stores."""

    name = "l5_dialogue"
    on_error = "refuse"

    def __init__(self, outside: Outside) -> None:
        self._backend = outside.backend

    async def answer(self, turn: Turn) -> Reply | None:
        if turn.state.owner == PERSON:
            return Reply(turn.tenant.phrases.person_owns)
        if turn.press:
            return await self._pressed(turn, turn.press)
        self._read_short_words(turn)
        turn.resume = ""
        reply = await self._pending(turn) if turn.state.flow else await self._offered(turn)
        if reply is None and turn.state.flow is None:
            self._read_bare_value(turn)
        if reply is None and turn.state.flow is None and turn.intent and turn.confidence >= turn.tenant.confidence_min:
            reply = await self._say(turn, turn.intent)
        if reply is not None:
            turn.state.misses, turn.state.offered = 0, []
            reply.confidence = round(turn.confidence, 4)
        return reply

    async def _pressed(self, turn: Turn, press: Press) -> Reply:
        """Raises Refusal where the button belongs to a confirmation that does not wait (any more)."""
        pending = turn.state.flow
        if turn.degraded:
            return Reply(turn.tenant.phrases.degraded)
        if pending is None or pending.asking != CONFIRM or pending.confirm != press.id:
            raise Refusal(409, "stale_confirmation", "this confirmation does not wait for an answer (any more); nothing was done")
        return await flows.finish(turn, pending, self._backend) if press.answer == "yes" else self._cancel(turn, pending)

    @staticmethod
    def _read_short_words(turn: Turn) -> None:
        intent = short_words.meaning(turn.query)
        if intent is not None:
            turn.intent, turn.confidence = intent, 1.0

    @staticmethod
    def _read_bare_value(turn: Turn) -> None:
        """A value by itself belongs to the last matter that needs one; if there is none, its likeliest matters are asked back."""
        name = flows.bare(turn, list(turn.tenant.slots))
        if name is None:
            return
        fits = [intent for intent, task in turn.tenant.tasks.items() if name in task.slots]
        if turn.state.intent in fits:
            turn.intent, turn.confidence = turn.state.intent, 1.0
        else:
            turn.intent, turn.confidence, turn.likeliest = None, 0.0, fits

    def _means(self, turn: Turn, *intents: str) -> bool:
        return turn.intent in intents and turn.confidence >= turn.tenant.confidence_min

    # -- a task waits ---------------------------------------------------------------------------------------------------

    async def _pending(self, turn: Turn) -> Reply | None:
        pending = turn.state.flow
        assert pending is not None
        if pending.intent not in turn.tenant.tasks:  # the tenant took this task away meanwhile
            flows.drop(turn)
            return None
        if turn.degraded:
            return Reply(turn.tenant.phrases.degraded)
        if self._is_strange(turn, pending):  # for the layers below; the open question comes back behind their answer
            turn.resume = _back(turn, pending)
            return None
        if pending.asking == CONFIRM:
            return await self._confirming(turn, pending)
        return await self._collecting(turn, pending)

    async def _confirming(self, turn: Turn, pending: Pending) -> Reply:
        task = turn.tenant.tasks[pending.intent]
        values, rest = flows.told(turn, task.slots)
        changed = {name: value for name, value in values.items() if value != turn.state.slots.get(name)}
        said = turn.query if changed else rest  # what was shown may be said again (确认，20231107), another value may not
        if consent.given(turn.query, task.consent, task.acts) or consent.given(said, task.consent, task.acts):
            return await flows.finish(turn, pending, self._backend)
        if changed and slots.bare(rest):
            return await self._taken(turn, pending, changed)
        half = consent.half_named(turn.query, task.acts)
        if not half and asides.dropped(turn, {}, rest):
            return self._cancel(turn, pending)
        aside = None if half else asides.other(turn, pending, values, rest)
        if aside is not None:
            return await self._in_between(turn, pending, aside)
        if changed:
            return await self._taken(turn, pending, changed)
        return self._cancel(turn, pending) if self._means(turn, "deny") and not half else self._unclear(turn, pending)

    @staticmethod
    def _unclear(turn: Turn, pending: Pending) -> Reply:
        text = flows.filled(turn.tenant.phrases.flow_unclear, {"question": flows.question(turn, pending)})
        return Reply(text, pending.intent, confirm=flows.buttons(pending))

    async def _collecting(self, turn: Turn, pending: Pending) -> Reply:
        task = turn.tenant.tasks[pending.intent]
        values, rest = flows.told(turn, flows.unknown(turn, task), first=pending.asking)
        if values and slots.bare(rest):
            return await self._taken(turn, pending, values)
        if flows.bare(turn, task.slots):
            return await flows.advance(turn, pending, self._backend)
        if asides.dropped(turn, values, rest):
            return self._cancel(turn, pending)
        aside = asides.other(turn, pending, values, rest)
        if aside is not None:
            self._keep_beside(turn, pending, values, aside)
            return await self._in_between(turn, pending, aside)
        if not values and not self._means(turn, "affirm", "deny", "repeat"):
            values = self._any_text(turn, pending.asking)
        return await self._taken(turn, pending, values) if values else self._ask_again(turn, pending)

    async def _taken(self, turn: Turn, pending: Pending, values: dict[str, str]) -> Reply:
        flows.take(turn, values)
        return await flows.advance(turn, pending, self._backend)

    @staticmethod
    def _any_text(turn: Turn, asked: str) -> dict[str, str]:
        """The whole message as the value of a free slot, but for small talk."""
        text = None if asides.small_talk(turn, asides.SURE) else slots.accept(turn.tenant.slots[asked], turn.query)
        return {} if text is None else {asked: text}

    @staticmethod
    def _keep_beside(turn: Turn, pending: Pending, values: dict[str, str], aside: str) -> None:
        """An answer with a question is both (质量问题，运费谁出啊); a value that the other matter needs itself is its own."""
        task, other = turn.tenant.tasks[pending.intent], turn.tenant.tasks.get(aside)
        if pending.asking in values and not (other and (other.confirm or pending.asking in other.slots)):
            flows.take(turn, values)
            pending.asking = flows.missing(turn, task) or CONFIRM

    def _ask_again(self, turn: Turn, pending: Pending) -> Reply:
        asked = turn.tenant.slots[pending.asking]
        if slots.courteous(turn.query) or self._means(turn, "repeat", "affirm", pending.intent):
            return Reply(asked.ask, pending.intent)
        pending.tries += 1
        person = [turn.tenant.title("ask_human")] if pending.tries >= MAX_TRIES else []
        return Reply(asked.invalid or asked.ask, pending.intent, suggestions=person)

    @staticmethod
    def _cancel(turn: Turn, pending: Pending) -> Reply:
        flows.drop(turn)
        title = turn.tenant.title(pending.intent)
        return Reply(flows.filled(turn.tenant.phrases.flow_cancelled, {"title": title}), "cancel_flow")

    @staticmethod
    def _is_strange(turn: Turn, pending: Pending) -> bool:
        """Surely none of our intents, and nothing the task could use?"""
        if turn.intent != OUT_OF_SCOPE or turn.confidence < asides.SURE or slots.courteous(turn.query):
            return False
        known = turn.tenant.slots
        answers = pending.asking != CONFIRM and slots.accept(known[pending.asking], turn.query) is not None
        return not answers and not any(slots.find(known[n], turn.query) for n in turn.tenant.tasks[pending.intent].slots)

    async def _in_between(self, turn: Turn, pending: Pending, intent: str) -> Reply:
        """Answers another matter and comes back to the open question, unless the new matter takes its place."""
        kept = dict(turn.state.slots)
        reply = await self._say(turn, intent)
        moved_on = turn.state.owner == PERSON or (turn.state.flow is not pending and turn.state.flow is not None)
        if moved_on or reply is None:
            return reply or self._ask_again(turn, pending)
        turn.state.flow, turn.state.slots = pending, {**turn.state.slots, **kept}
        reply.answer = f"{reply.answer}\n{_back(turn, pending)}"
        reply.suggestions, reply.confirm = [], flows.buttons(pending)
        return reply

    # -- nothing waits --------------------------------------------------------------------------------------------------

    async def _offered(self, turn: Turn) -> Reply | None:
        """The answer to "did you mean"."""
        offered = turn.state.offered
        number = short_words.ordinal(turn.query)
        if number is None and self._means(turn, "affirm"):
            number = 0
        if not offered or number is None or number >= len(offered):
            return None
        turn.intent, turn.confidence = offered[number], 1.0
        return await self._say(turn, offered[number])

    async def _say(self, turn: Turn, intent: str) -> Reply | None:
        """What this intent has to say, or None."""
        phrases = turn.tenant.phrases
        if intent == "repeat":
            return Reply((stored.answer_of(turn.newest) if turn.newest else None) or phrases.repeat_nothing, intent)
        if intent in ("affirm", "deny", "cancel_flow"):
            return Reply(phrases.flow_nothing, intent)
        if intent in turn.tenant.tasks:
            if turn.degraded:
                return Reply(phrases.degraded, intent)
            return await flows.start(turn, intent, self._backend)
        rule = turn.tenant.replies.get(intent)
        if rule is None:
            return None
        if rule.handover:
            flows.drop(turn)
            turn.state.owner = PERSON
        return Reply(rule.answer, intent, suggestions=rule.suggestions)
