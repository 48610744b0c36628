"""What happens when a command takes effect?

The reducer says which effect; here it is done: to the task that waits, to what is left for later, and at back ends (flows.py).
"""

from pyshim.dialogue import answers, lists, waiting
from pyshim.dialogue.answers import Answer
from pyshim.dialogue.commands import Alarm, Ask, Choose, Command, Correct, Evidence, Handover, Part, Set, SmallTalk
from pyshim.dialogue.flows import By, Flows
from pyshim.dialogue.reducer import Effect, Step
from pyshim.dialogue.sentences import filled
from pyshim.turns import stored
from pyshim.turns.turn import CONFIRM, Later, Pending, Reply, Turn
from pyshim.understanding.intents import OUT_OF_SCOPE

LATER_MOST, LATER_CHARS = 2, 40


class Effects:
    """What the commands of a message do, one after the other, and what stands behind them."""

    def __init__(self, flows: Flows) -> None:
        self._flows = flows

    async def do(self, turn: Turn, step: Step, answer: Answer, before: list[Step]) -> None:
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
                answer.add(answers.rule(turn, _intent(command)))
            case Effect.PERSON:
                answer.add(answers.person(turn, _intent(command)))
            case Effect.SORRY | Effect.ERASURE:
                answer.add(answers.sorry(turn) if step.effect is Effect.SORRY else answers.erasure(turn))
            case Effect.ALARM:
                assert isinstance(command, Alarm)
                self._alarm(turn, command.intent, answer)
            case Effect.STATUS:
                await self._status(turn, answer)
            case Effect.AGAIN:
                newest = stored.answer_of(turn.newest) if turn.newest else None
                answer.add(Reply(newest or turn.tenant.phrases.repeat_nothing, "repeat"))
            case Effect.IDLE:
                answer.add(answers.idle(turn, command))
            case _ if pending is None:
                answer.passed = True
            case _:
                await self._of_task(turn, pending, step, answer)

    async def go_on(self, turn: Turn, answer: Answer) -> None:
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

    async def _offered(self, turn: Turn, meant: str, answer: Answer, before: list[Step]) -> None:
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

    async def _of_task(self, turn: Turn, pending: Pending, step: Step, answer: Answer) -> None:
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
        pending.tries += 1
        return answers.unclear(turn, pending, words, await self._question(turn, pending))

    async def _matter(self, turn: Turn, command: Command, answer: Answer, before: list[Step]) -> None:
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
        if begun and pending is not None and not urgent and pending.intent != intent and tenant.tasks[pending.intent].confirm:
            reply.answer = f"{answers.put_aside(turn, pending.intent)}\n{reply.answer}"
        answer.add(reply, asked=begun)
        if begun and urgent and pending is not None:
            self._name_later(turn, _later(pending.intent, " ".join(pending.slots.values())), answer)
        for value in more:
            self._name_later(turn, Later(intent, value), answer, value)

    @staticmethod
    def _name_later(turn: Turn, later: Later, answer: Answer, value: str = "") -> None:
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
            return answers.person(turn, intent) if rule.handover else answers.rule(turn, intent)
        if turn.degraded:
            return Reply(turn.tenant.phrases.degraded, intent)
        return await self._flows.start(turn, intent, words)

    @staticmethod
    def _alarm(turn: Turn, intent: str, answer: Answer) -> None:
        """What waits is put aside, but for what cannot wait either."""
        pending = turn.state.flow
        answer.add(answers.alarm(turn, intent))
        turn.state.later = []
        if pending is not None and not (intent in turn.tenant.replies and turn.tenant.is_urgent(pending.intent)):
            waiting.drop(turn)
            answer.said[-1].answer += f"\n{answers.put_aside(turn, pending.intent)}"

    async def _status(self, turn: Turn, answer: Answer) -> None:
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

    async def _ask(self, turn: Turn, pending: Pending, answer: Answer) -> None:
        reply = await self._flows.advance(turn, pending)
        answer.unsay(reply.answer)
        if answer.said:
            last = answer.said[-1]
            if turn.state.flow is pending:
                reply.answer = answers.resumed(turn, pending, reply.answer)
                reply.intent = last.intent
        answer.add(reply, asked=True)


def _later(intent: str, words: str) -> Later:
    """What is too long to be kept is asked for again: half of it might be another value."""
    return Later(intent, words if len(words) <= LATER_CHARS else "")


def _intent(command: Command) -> str:
    assert isinstance(command, Ask | Handover | SmallTalk)
    return command.intent
