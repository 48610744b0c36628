"""Where are we in the conversation?

The dialogue: the message is read (pyshim/dialogue/reading.py), a table says what each of its commands does where the conversation
stands (pyshim/dialogue/reducer.py), and here it is done. What nobody could read is for the layers below.
"""

import re

from pyshim.dialogue import alarms, hearing, lists, outcomes, reading, slots, waiting
from pyshim.dialogue.commands import (
    Alarm,
    Ask,
    Cancel,
    Choose,
    Command,
    Confirm,
    Correct,
    Deny,
    Evidence,
    Handover,
    Part,
    Set,
    SmallTalk,
)
from pyshim.dialogue.flows import MAX_TRIES, By, Flows
from pyshim.dialogue.people import reached
from pyshim.dialogue.reducer import Effect, Open, Step, decide
from pyshim.dialogue.sentences import filled
from pyshim.errors import Refusal
from pyshim.layers import Layer
from pyshim.outside.clients import Outside
from pyshim.tenants import spoken
from pyshim.turns import stored
from pyshim.turns.journal import Journal, Whose
from pyshim.turns.turn import CONFIRM, PERSON, Later, Pending, Reply, Turn
from pyshim.understanding.intents import OUT_OF_SCOPE

LATER_MOST, LATER_CHARS, SAID_CHARS = 2, 40, 20
DIGIT = re.compile(r"\d")
STALE = "this confirmation does not wait for an answer (any more); this press did nothing"


class _Answer:
    """What is said to one message, piece by piece."""

    def __init__(self) -> None:
        self.said: list[Reply] = []
        self.asked = False  # does it end with the open question?
        self.passed = False  # is it for the layers below?

    def add(self, reply: Reply, asked: bool = False) -> None:
        self.said.append(reply)
        self.asked = asked

    def whole(self) -> Reply:
        """intent, suggestions and buttons are those of its last piece."""
        last = self.said[-1]
        last.answer = "\n".join(reply.answer for reply in self.said)
        return last


class Dialogue(Layer):
    """Owns the dialogue state; writes turn.state, which the conversation stores."""

    name = "l5_dialogue"
    on_error = "refuse"

    def __init__(self, outside: Outside) -> None:
        self.journal = Journal(outside.redis)
        self._flows = Flows(outside.backend, self.journal)

    async def answer(self, turn: Turn) -> Reply | None:
        turn.resume = ""
        if turn.known:
            return self._made(turn)
        if turn.state.owner == PERSON and not self._is_urgent(turn):
            return Reply(turn.tenant.phrases.person_owns)
        pending = turn.state.flow
        self._lapse(turn)
        if turn.press is not None:
            sent = pending is not None and turn.state.flow is None and pending.confirm == turn.press.id
            if not sent:  # else an earlier try sent it, and nobody heard the answer
                self._check_press(turn)
            commands = reading.pressed(turn)
        else:
            code = hearing.is_code(turn)
            turn.secret = turn.secret or code or (hearing.where(turn) is Open.CODE and DIGIT.search(turn.query) is not None)
            if code and turn.degraded:
                return Reply(turn.tenant.phrases.degraded)
            commands = reading.read(turn)
        return await self.apply(turn, commands)

    async def apply(self, turn: Turn, commands: list[Command]) -> Reply | None:
        """Does what the commands say. None: nobody here can, and the layers below are asked."""
        if turn.press is not None and turn.degraded:
            return Reply(turn.tenant.phrases.degraded)
        steps = decide(hearing.where(turn), commands, reading.changes(turn, commands))
        answer = _Answer()
        for number, step in enumerate(steps):
            await self._do(turn, step, answer, steps[:number])
        if answer.passed and not answer.said:
            if turn.state.flow is not None:
                turn.resume = self._back(turn, turn.state.flow)
                turn.state.flow.tries += 1  # what is agreed to next might be the answer of a layer below
            return None
        await self._go_on(turn, answer)
        reply = answer.whole()
        turn.state.understood()
        reply.confidence = round(turn.confidence, 4)
        return reply

    async def settle(self, turn: Turn, reply: Reply) -> None:
        """What came of a call is told; where the commit failed it waits for the next turn."""
        for key in turn.known.keys() & set(turn.told):
            await self.journal.told(Whose(turn.tenant.id, turn.user_id, key))

    def _made(self, turn: Turn) -> Reply:
        """This message made a call already, and then another turn was written before it: it is not read again, for it might mean
        something else now; what came of the call is told."""
        sent, pending = next(iter(turn.known.values())), turn.state.flow
        if pending is not None and pending.id == sent.task:
            return self._flows.answered(turn, pending, sent)
        if not sent.outcome:
            return Reply(filled(turn.tenant.phrases.unknown, {"title": turn.tenant.title(sent.intent)}), sent.intent)
        turn.told.append(sent.key)
        return Reply(outcomes.result(turn.tenant, sent), sent.intent)

    # -- before anything is read -------------------------------------------------------------------------------------------

    @staticmethod
    def _is_urgent(turn: Turn) -> bool:
        """Is it about what cannot wait for a person?"""
        pending = turn.state.flow
        if pending is not None and turn.tenant.is_urgent(pending.intent):
            return True
        if alarms.heard(turn.tenant, turn.query) is not None:
            return True
        return bool(turn.intent) and turn.confidence >= turn.tenant.confidence_min and turn.tenant.is_urgent(turn.intent or "")

    @staticmethod
    def _lapse(turn: Turn) -> None:
        """Ends a task that the tenant took away meanwhile, or whose call was sent by a turn that could not be stored."""
        pending = turn.state.flow
        if pending is None:
            return
        if pending.intent not in turn.tenant.tasks or any(sent.task == pending.id for sent in turn.sent):
            turn.state.flow = None
        elif pending.asking != CONFIRM and pending.asking not in turn.tenant.slots:
            pending.asking = waiting.missing(turn, pending) or CONFIRM
        elif pending.asking == CONFIRM and not pending.shown:  # an earlier version showed it, and kept its values elsewhere
            pending.asking, pending.confirm = waiting.missing(turn, pending) or CONFIRM, ""

    @staticmethod
    def _check_press(turn: Turn) -> None:
        """Raises Refusal where the button belongs to another confirmation than the one that waits."""
        pending, press = turn.state.flow, turn.press
        assert press is not None
        if turn.degraded:
            return
        if pending is None or pending.asking != CONFIRM or pending.confirm != press.id:
            raise Refusal(409, "stale_confirmation", STALE)

    # -- effects -----------------------------------------------------------------------------------------------------------

    async def _do(self, turn: Turn, step: Step, answer: _Answer, before: list[Step]) -> None:
        command, pending = step.command, turn.state.flow
        match step.effect:
            case Effect.PASS:
                answer.passed = True
            case Effect.MATTER:
                await self._matter(turn, command, answer, before)
            case Effect.OFFERED:
                assert isinstance(command, Choose)
                await self._offered(turn, turn.state.offered[command.number], answer, before)
            case Effect.TALK:
                answer.add(self._rule(turn, _intent(command)))
            case Effect.PERSON:
                answer.add(self._person(turn, _intent(command)))
            case Effect.SORRY | Effect.ERASURE:
                answer.add(self._sorry(turn) if step.effect is Effect.SORRY else self._erasure(turn))
            case Effect.ALARM:
                assert isinstance(command, Alarm)
                self._alarm(turn, command.intent, answer)
            case Effect.STATUS:
                await self._status(turn, answer)
            case Effect.AGAIN:
                newest = stored.answer_of(turn.newest) if turn.newest else None
                answer.add(Reply(newest or turn.tenant.phrases.repeat_nothing, "repeat"))
            case Effect.IDLE:
                answer.add(self._idle(turn, command))
            case _ if pending is None:
                answer.passed = True
            case _:
                await self._of_task(turn, pending, step, answer)

    async def _offered(self, turn: Turn, meant: str, answer: _Answer, before: list[Step]) -> None:
        """What "did you mean" offered: a question of the FAQ, or an intent."""
        known = turn.tenant.recalled(meant)
        if known is not None:
            answer.add(Reply(known))
        elif meant in turn.tenant.intents:
            turn.intent, turn.confidence = meant, 1.0
            title = turn.tenant.title(meant)
            words = stored.asked_back(turn.newest, title) if turn.newest else ""  # what was meant may say a value, too
            await self._matter(turn, Ask(Evidence.BUTTON, words or title, meant), answer, before)
        else:
            answer.passed = True  # the configuration has changed meanwhile

    async def _of_task(self, turn: Turn, pending: Pending, step: Step, answer: _Answer) -> None:
        """What happens to the task that waits."""
        command = step.command
        match step.effect:
            case Effect.TAKE:
                assert isinstance(command, Set | Correct)
                waiting.take(pending, {command.slot: command.value})
                if turn.tenant.slots[command.slot].type == "address":
                    pending.part = ""
                queue = turn.state.later
                turn.state.later = [one for one in queue if (one.intent, one.words) != (pending.intent, command.value)]
                pending.tries = 0
            case Effect.PART:
                assert isinstance(command, Part)
                pending.part, pending.tries = command.value, 0
            case Effect.RESEND:
                answer.add(await self._flows.resend(turn, pending), asked=True)
            case Effect.SUBMIT:
                by: By = "button" if command.evidence is Evidence.BUTTON else "words"
                answer.add(await self._flows.submit(turn, pending, command.words, by), asked=turn.state.flow is not None)
            case Effect.CODE:
                assert isinstance(command, Set)
                answer.add(await self._flows.code(turn, pending, command.value), asked=turn.state.flow is not None)
            case Effect.DROP:
                waiting.drop(turn)
                title = turn.tenant.title(pending.intent)
                answer.add(Reply(filled(turn.tenant.phrases.flow_cancelled, {"title": title}), "cancel_flow"))
            case Effect.QUESTION:
                answer.add(await self._question(turn, pending), asked=True)
            case Effect.TIME:
                reply = await self._question(turn, pending)
                reply.answer = filled(turn.tenant.phrases.take_time, {"question": reply.answer})
                answer.add(reply, asked=True)
            case Effect.UNCLEAR:
                answer.add(await self._unclear(turn, pending, command.words), asked=True)

    async def _question(self, turn: Turn, pending: Pending) -> Reply:
        if pending.asking == CONFIRM and not pending.confirm:
            return await self._flows.advance(turn, pending)
        return Reply(waiting.question(turn, pending), pending.intent, confirm=waiting.buttons(pending))

    async def _unclear(self, turn: Turn, pending: Pending, words: str) -> Reply:
        """Says what was not clear and asks again; the second time a person is offered, the third time how one is reached."""
        pending.tries += 1
        reply = await self._question(turn, pending)
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

    async def _matter(self, turn: Turn, command: Command, answer: _Answer, before: list[Step]) -> None:
        """Answers or begins another matter; what has to wait is named, and taken up later."""
        intent, pending, tenant = _intent(command), turn.state.flow, turn.tenant
        if intent == OUT_OF_SCOPE:
            answer.passed = True
            return
        task = tenant.tasks.get(intent)
        urgent = tenant.is_urgent(intent)
        if pending is not None and intent == pending.intent and command.evidence is Evidence.VALUE:
            self._name_later(turn, _later(intent, command.words), answer, command.words)
            return
        if pending is not None and before and task is not None and not urgent and (task.confirm or answer.asked):
            self._name_later(turn, _later(intent, command.words), answer)
            return
        if pending is not None and tenant.is_urgent(pending.intent) and task is not None and task.confirm and not urgent:
            self._name_later(turn, _later(intent, command.words), answer)  # what is urgent is not left for what is not
            return
        words, more = lists.apart(turn.tenant, intent, command.words)
        reply = await self._say(turn, intent, words)
        begun = turn.state.flow is not None and turn.state.flow is not pending
        if begun and pending is not None and not urgent and pending.asking == CONFIRM and pending.intent != intent:
            aside = filled(tenant.phrases.put_aside, {"title": tenant.title(pending.intent)})
            reply.answer = f"{aside}\n{reply.answer}"
        answer.add(reply, asked=begun)
        if begun and urgent and pending is not None:
            self._name_later(turn, _later(pending.intent, " ".join(pending.slots.values())), answer)
        for value in more:
            self._name_later(turn, Later(intent, value), answer, value)

    @staticmethod
    def _name_later(turn: Turn, later: Later, answer: _Answer, value: str = "") -> None:
        """value: by which it differs from what is done now."""
        known = any(one.intent == later.intent and (not value or one.words == later.words) for one in turn.state.later)
        kept = known or len(turn.state.later) < LATER_MOST
        if kept and not known:
            turn.state.later = [*turn.state.later, later]
        title = turn.tenant.title(later.intent) + (f" {value}" if value else "")
        last = answer.said[-1] if answer.said else None
        phrases = turn.tenant.phrases
        named = Reply(filled(phrases.later, {"title": title}) if kept else phrases.later_more, later.intent)
        if last is not None:  # what is asked stays what is answered
            named.intent, named.suggestions, named.confirm = last.intent, last.suggestions, last.confirm
        answer.add(named, asked=answer.asked)

    async def _say(self, turn: Turn, intent: str, words: str) -> Reply:
        """What this intent has to say."""
        if intent not in turn.tenant.tasks:
            rule = turn.tenant.replies[intent]
            return self._person(turn, intent) if rule.handover else self._rule(turn, intent)
        if turn.degraded:
            return Reply(turn.tenant.phrases.degraded, intent)
        return await self._flows.start(turn, intent, words)

    @staticmethod
    def _rule(turn: Turn, intent: str) -> Reply:
        rule = turn.tenant.replies[intent]
        return Reply(spoken.rule(turn.tenant, intent, turn.state.script), intent, suggestions=rule.suggestions)

    @staticmethod
    def _person(turn: Turn, intent: str) -> Reply:
        """How a person is reached; said just now, in other words."""
        rule, people = turn.tenant.replies[intent], reached(turn.tenant)
        text = filled(rule.answer, {"people": people})
        if turn.newest and not rule.urgent and spoken.written(text, turn.state.script) in stored.answer_of(turn.newest):
            text = filled(turn.tenant.phrases.people_again, {"people": people})
        return Reply(text, intent, suggestions=rule.suggestions)

    @staticmethod
    def _alarm(turn: Turn, intent: str, answer: _Answer) -> None:
        """What helps, whole however often it is said; what waits is put aside, but for what cannot wait either."""
        tenant, pending = turn.tenant, turn.state.flow
        rule = tenant.replies.get(intent)
        text = filled(rule.answer if rule else tenant.phrases.distress, {"people": reached(tenant)})
        answer.add(Reply(text, intent or "ask_human", suggestions=rule.suggestions if rule else []))
        turn.state.later = []
        if pending is not None and not (rule and tenant.is_urgent(pending.intent)):
            waiting.drop(turn)
            answer.said[-1].answer += f"\n{filled(tenant.phrases.put_aside, {'title': tenant.title(pending.intent)})}"

    async def _status(self, turn: Turn, answer: _Answer) -> None:
        """Of what was sent, and nobody heard the end; else that what waits was not submitted."""
        waits = turn.open_call()
        if waits is not None:
            answer.add(Reply(filled(turn.tenant.phrases.unknown_waits, {"title": turn.tenant.title(waits.intent)}), waits.intent))
        elif turn.state.flow is not None:
            reply = await self._question(turn, turn.state.flow)
            reply.answer = filled(turn.tenant.phrases.not_yet, {"question": reply.answer})
            answer.add(reply, asked=True)
        else:
            answer.passed = True

    @staticmethod
    def _sorry(turn: Turn) -> Reply:
        text = filled(turn.tenant.phrases.apology, {"people": reached(turn.tenant)})
        return Reply(text, "complain", suggestions=[turn.tenant.title("ask_human")])

    @staticmethod
    def _erasure(turn: Turn) -> Reply:
        return Reply(filled(turn.tenant.phrases.erasure, {"people": reached(turn.tenant)}), OUT_OF_SCOPE)

    @staticmethod
    def _idle(turn: Turn, command: Command) -> Reply:
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

    # -- behind them -------------------------------------------------------------------------------------------------------

    async def _go_on(self, turn: Turn, answer: _Answer) -> None:
        """The open question behind what was said; then what was left for later."""
        pending = turn.state.flow
        if pending is not None and not answer.asked:
            await self._ask(turn, pending, answer)
        while turn.state.flow is None and turn.state.later and not turn.degraded:
            later, turn.state.later = turn.state.later[0], turn.state.later[1:]
            if later.intent not in turn.tenant.intents:
                continue
            reply = await self._say(turn, later.intent, later.words)
            reply.answer = f"{filled(turn.tenant.phrases.later_now, {'title': turn.tenant.title(later.intent)})}{reply.answer}"
            answer.add(reply, asked=turn.state.flow is not None)

    async def _ask(self, turn: Turn, pending: Pending, answer: _Answer) -> None:
        reply = await self._flows.advance(turn, pending)
        if answer.said:
            last = answer.said[-1]
            if turn.state.flow is pending:
                reply.answer = filled(turn.tenant.phrases.flow_resume, _resumed(turn, pending, reply.answer))
                reply.intent = last.intent
        answer.add(reply, asked=True)

    @staticmethod
    def _back(turn: Turn, pending: Pending) -> str:
        """Leads back to the open question."""
        return filled(turn.tenant.phrases.flow_resume, _resumed(turn, pending, waiting.question(turn, pending)))


def _unfit(turn: Turn, pending: Pending, words: str) -> str:
    """Why what is said instead of a shown value can be none (改成5000美元), in words; "" where nothing surely is wrong."""
    known = (turn.tenant.slots[name] for name in turn.tenant.tasks[pending.intent].slots)
    return next((why for slot in known if (why := slots.why_none(slot, words, turn.tenant.today, slots.SURE))), "")


def _resumed(turn: Turn, pending: Pending, question: str) -> dict[str, str]:
    return {"title": turn.tenant.title(pending.intent), "question": question}


def _later(intent: str, words: str) -> Later:
    """What is too long to be kept is asked for again: half of it might be another value."""
    return Later(intent, words if len(words) <= LATER_CHARS else "")


def _intent(command: Command) -> str:
    assert isinstance(command, Ask | Handover | SmallTalk)
    return command.intent
