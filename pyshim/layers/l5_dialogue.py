"""Where are we in the conversation?

The message is read (pyshim/dialogue/reading.py), a table says what each of its commands does where the conversation stands
(reducer.py), and it is done (effects.py) and said (answers.py). What nobody could read is for the layers below.
"""

import re

from pyshim.dialogue import alarms, answers, hearing, outcomes, reading, waiting
from pyshim.dialogue.answers import Answer
from pyshim.dialogue.commands import Command
from pyshim.dialogue.effects import Effects
from pyshim.dialogue.flows import Flows
from pyshim.dialogue.reducer import Open, decide
from pyshim.dialogue.sentences import filled
from pyshim.errors import Refusal
from pyshim.layers import Layer
from pyshim.outside.clients import Outside
from pyshim.turns.journal import Journal, Whose
from pyshim.turns.turn import CONFIRM, PERSON, Reply, Turn

DIGIT = re.compile(r"\d")
STALE = "this confirmation does not wait for an answer (any more); this press did nothing"


class Dialogue(Layer):
    """Owns the dialogue state; writes turn.state, which the conversation stores."""

    name = "l5_dialogue"
    on_error = "refuse"

    def __init__(self, outside: Outside) -> None:
        self.journal = Journal(outside.redis)
        self._flows = Flows(outside.backend, self.journal)
        self._effects = Effects(self._flows)

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
        answer = Answer()
        for number, step in enumerate(steps):
            await self._effects.do(turn, step, answer, steps[:number])
        if answer.passed and not answer.said:
            if turn.state.flow is not None:
                turn.resume = answers.resumed(turn, turn.state.flow, waiting.question(turn, turn.state.flow))
                turn.state.flow.tries += 1  # what is agreed to next might be the answer of a layer below
            return None
        await self._effects.go_on(turn, answer)
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
