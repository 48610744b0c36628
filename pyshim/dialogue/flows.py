"""How does a task move on: what is asked, what is called, what is done?

A task is a flow (collect slots, confirm, call) or an action (collect slots, call). What the one that waits knows and lacks is in
waiting.py.
"""

import hashlib
import logging
import time
from collections.abc import Mapping
from typing import Literal

import msgspec

from pyshim.dialogue import asides, outcomes, slots, waiting
from pyshim.dialogue.people import reached
from pyshim.dialogue.sentences import digest, filled, said
from pyshim.errors import RedisAway, Refusal
from pyshim.outside.backend import Backend, Done, Outcome, Refused
from pyshim.telemetry import metrics
from pyshim.tenants.schema import PLACEHOLDER, Call, Task
from pyshim.turns.journal import Journal, Whose
from pyshim.turns.turn import CONFIRM, Consent, Pending, Reply, Sent, Turn

log = logging.getLogger(__name__)

By = Literal["button", "words"]
NO_CODE: Mapping[str, str] = {}
KEPT_S, LEAST_S = 0.05, 0.05  # of the deadline, for the commit; what a call gets at least
ENOUGH_S = 0.25  # with less left, a call that changes something is not begun
QUOTE_BYTES, AGREED_CHARS = 500, 40  # of what the state keeps


def key_of(turn: Turn, pending: Pending, attempt: str = "") -> str:
    """The Idempotency-Key: of this started task, and these values, quoted ones too. attempt: the turn that gave a code, not
    the code: whoever reads the key could find that by trying all."""
    given = sorted(waiting.values(turn, pending).items())
    what = msgspec.json.encode([turn.tenant.id, turn.user_id, pending.intent, pending.id, given, attempt])
    return hashlib.sha256(what).hexdigest()[:32]


class Flows:
    """What tasks do at back ends."""

    def __init__(self, backend: Backend, journal: Journal) -> None:
        self._backend, self._journal = backend, journal

    async def start(self, turn: Turn, intent: str, words: str) -> Reply:
        """Begins a task with what these words and the session already say."""
        task = turn.tenant.tasks[intent]
        if task.unless is not None and asides.opposite(task, words):
            if turn.state.flow is not None and turn.state.flow.intent == intent:
                waiting.drop(turn)
            return Reply(task.unless.say, intent)
        remembered = {name: value for name, value in turn.state.slots.items() if name in task.slots}
        now, _ = slots.values_in(turn.tenant, words, task.slots)
        waiting.keep(turn, now)
        pending = Pending(intent, turn.id, "", slots={**remembered, **now})
        parts = (slots.part(turn.tenant.slots[name], words) for name in waiting.unknown(turn, pending))
        pending.part = next((part for part in parts if part), "")
        if task.confirm is not None and turn.open_call(intent) is not None:
            return Reply(filled(turn.tenant.phrases.unknown_waits, {"title": task.title}), intent)
        reply = await self.advance(turn, pending)
        asked = turn.tenant.slots.get(pending.asking) if turn.state.flow is pending else None
        if asked is not None and (why := slots.why_none(asked, words, turn.tenant.today, slots.SURE)):
            reply.answer = filled(turn.tenant.phrases.no_value, {"why": why, "question": reply.answer})
        return reply

    async def advance(self, turn: Turn, pending: Pending) -> Reply:
        """Asks for what is missing, or for the confirmation, or looks up."""
        ask = waiting.missing(turn, pending)
        if ask is None and turn.tenant.tasks[pending.intent].confirm is None:
            return await self._look_up(turn, pending)
        turn.state.flow = pending
        if ask is None:
            return await self._show(turn, pending)
        if pending.asking != ask:
            pending.tries = 0
        pending.asking = ask
        return Reply(waiting.question(turn, pending), pending.intent)

    async def _show(self, turn: Turn, pending: Pending) -> Reply:
        """Shows what is to be agreed to."""
        task = turn.tenant.tasks[pending.intent]
        if pending.asking != CONFIRM:
            pending.asking, pending.tries = CONFIRM, 0
        if task.quote is not None and not pending.quote:
            refused = await self._quoted(turn, pending, task)
            if refused is not None:
                return refused
        text = waiting.confirmation(turn, pending)
        if pending.shown != digest(text) or not pending.confirm:
            pending.shown, pending.confirm, pending.agreed = digest(text), turn.id, ""
        return Reply(text, pending.intent, confirm=waiting.buttons(pending))

    async def _quoted(self, turn: Turn, pending: Pending, task: Task) -> Reply | None:
        """Fills the quote; a reply where that cannot be."""
        assert task.quote is not None
        outcome = await self._called(turn, pending, task.quote)
        if isinstance(outcome, Refused) and outcome.code:
            return self._refused(turn, pending, outcome)
        wanted = set(PLACEHOLDER.findall(task.confirm or "")) | set(task.call.body)
        wanted -= {*task.slots, *([task.verify.slot] if task.verify else [])}
        if isinstance(outcome, Done) and all(outcome.fields.get(name) not in (None, "") for name in wanted):
            pending.quote = {name: said(outcome.fields[name]) for name in wanted}
            if sum(len(value.encode()) for value in pending.quote.values()) <= QUOTE_BYTES:
                return None
            pending.quote = {}
        why = "its answer lacks what the confirmation tells, or says too much" if isinstance(outcome, Done) else outcome.why
        log.warning("%s: quote of %s: %s turn_id=%s", turn.tenant.id, pending.intent, why, turn.id)
        pending.confirm = pending.shown = ""
        return Reply(turn.tenant.phrases.quote_down, pending.intent)

    async def _look_up(self, turn: Turn, pending: Pending) -> Reply:
        """Asks the back end and says what it knows."""
        task = turn.tenant.tasks[pending.intent]
        outcome = await self._called(turn, pending, task.call)
        if isinstance(outcome, Done):
            self._end(turn, pending)
            text = filled(task.done, {**waiting.shown(turn, pending), **outcome.fields})
            return Reply(text, pending.intent, suggestions=task.suggestions)
        if isinstance(outcome, Refused) and outcome.code:
            return self._refused(turn, pending, outcome)
        log.warning("%s: back end away: %s turn_id=%s", turn.tenant.id, outcome.why, turn.id)
        self._end(turn, pending)
        return Reply(turn.tenant.phrases.lookup_down, pending.intent)

    async def submit(self, turn: Turn, pending: Pending, agreed: str, by: By) -> Reply:
        """It was agreed to: does it, or has its code sent. What is no longer what was shown is shown anew."""
        task = turn.tenant.tasks[pending.intent]
        text = waiting.confirmation(turn, pending)
        if not pending.confirm or pending.shown != digest(text) or waiting.missing(turn, pending) is not None:
            return await self.advance(turn, pending)
        if task.verify is not None and not pending.agreed:
            return await self._ask_code(turn, pending, task, agreed, by)
        return await self._send(turn, pending, text, pending.agreed or agreed, by)

    async def resend(self, turn: Turn, pending: Pending) -> Reply:
        """Another code: the tenant's system says how often it sends one."""
        by: By = "button" if pending.pressed else "words"
        return await self._ask_code(turn, pending, turn.tenant.tasks[pending.intent], pending.agreed, by)

    async def code(self, turn: Turn, pending: Pending, code: str) -> Reply:
        """The code that was asked for behind the consent."""
        agreed, name = pending.agreed, pending.asking
        by: By = "button" if pending.pressed else "words"
        text = waiting.confirmation(turn, pending)
        if pending.shown != digest(text):
            return await self.advance(turn, pending)
        return await self._send(turn, pending, text, agreed, by, {name: code})

    async def _ask_code(self, turn: Turn, pending: Pending, task: Task, agreed: str, by: By) -> Reply:
        assert task.verify is not None
        outcome = await self._called(turn, pending, task.verify.send, f"{key_of(turn, pending)}-code-{turn.id}"[:64])
        if isinstance(outcome, Refused) and outcome.code:
            return self._refused(turn, pending, outcome)
        if not isinstance(outcome, Done):
            log.warning("%s: no code for %s: %s turn_id=%s", turn.tenant.id, pending.intent, outcome.why, turn.id)
            return Reply(turn.tenant.phrases.backend_down, pending.intent, confirm=waiting.buttons(pending))
        pending.asking, pending.tries = task.verify.slot, 0
        pending.agreed, pending.pressed = agreed[:AGREED_CHARS], by == "button"
        return Reply(filled(task.verify.ask, {**waiting.shown(turn, pending), **outcome.fields}), pending.intent)

    async def _called(self, turn: Turn, pending: Pending, call: Call, key: str = "") -> Outcome:
        base, limit = turn.tenant.about.base, max(LEAST_S, turn.left() - KEPT_S)
        return await self._backend.call(base, call, waiting.values(turn, pending), turn.user_id, key, limit)

    async def _send(
        self, turn: Turn, pending: Pending, shown: str, agreed: str, by: By, code: Mapping[str, str] = NO_CODE
    ) -> Reply:
        """Writes the call down, makes it, and says what came of it. code: in its body, behind the consent."""
        task, key = turn.tenant.tasks[pending.intent], key_of(turn, pending, turn.id if code else "")
        if turn.open_call(pending.intent) is not None:
            return Reply(filled(turn.tenant.phrases.unknown_waits, {"title": task.title}), pending.intent)
        if turn.left() < ENOUGH_S:
            raise Refusal(503, "unavailable", "too little time is left to change something", {"Retry-After": "1"})
        again = code if task.check is None and task.idempotent is not None else NO_CODE  # is it needed to send it again?
        sent = Sent(key, pending.id, pending.intent, {**waiting.values(turn, pending), **again}, int(time.time() * 1000))
        model = turn.version.name if turn.version else ""
        agreement = Consent(pending.intent, shown, agreed, by, waiting.values(turn, pending), turn.config, model, key)
        try:
            await self._journal.begin(turn, sent, agreement)
        except RedisAway:
            turn.degraded = True
            return Reply(turn.tenant.phrases.degraded, pending.intent)
        turn.consent, turn.known[key] = agreement, sent
        return self.answered(turn, pending, await self._make(turn, task, sent, code))

    async def _make(self, turn: Turn, task: Task, sent: Sent, code: Mapping[str, str]) -> Sent:
        """The call, which is written down, and what came of it."""
        base, limit = turn.tenant.about.base, max(LEAST_S, turn.left() - KEPT_S)
        outcome = await self._backend.call(base, task.call, {**sent.values, **code}, turn.user_id, sent.key, limit)
        if not isinstance(outcome, Done):
            log.warning("%s: %s: %s turn_id=%s", turn.tenant.id, sent.intent, outcome.why, turn.id)
        known = turn.known[sent.key] = outcomes.at_once(task, sent, outcome)
        metrics.calls.labels(turn.tenant.id, known.outcome or "unknown").inc()
        if known.outcome:
            await self._journal.found(Whose(turn.tenant.id, turn.user_id, sent.key), outcomes.without_code(task, known))
        return known

    def answered(self, turn: Turn, pending: Pending, sent: Sent) -> Reply:
        """What came of the call that this turn made."""
        turn.told.append(sent.key)
        return self._ended(turn, pending, sent)

    def _ended(self, turn: Turn, pending: Pending, sent: Sent) -> Reply:
        task, phrases = turn.tenant.tasks[pending.intent], turn.tenant.phrases
        if not sent.outcome:
            turn.told.remove(sent.key)  # this is told when it is known
            self._end(turn, pending)
            return Reply(filled(phrases.unknown, {"title": task.title}), pending.intent)
        if sent.outcome == "done":
            self._end(turn, pending)
            return Reply(outcomes.result(turn.tenant, sent), pending.intent, suggestions=task.suggestions)
        if not sent.code:  # nothing was sent: it may be tried again
            return Reply(phrases.backend_down, pending.intent, confirm=waiting.buttons(pending))
        return self._refused(turn, pending, Refused(sent.code, sent.fields))

    def _refused(self, turn: Turn, pending: Pending, refused: Refused) -> Reply:
        tenant, task = turn.tenant, turn.tenant.tasks[pending.intent]
        reply = task.errors.get(refused.code)
        if reply is None:
            log.error("%s: %s has no words for the back end's %r turn_id=%s", tenant.id, pending.intent, refused.code, turn.id)
            self._end(turn, pending)
            fields = {"title": task.title, "people": reached(tenant)}
            return Reply(filled(tenant.phrases.not_accepted, fields), pending.intent)
        again = reply.ask_again
        text = filled(reply.say, {**waiting.shown(turn, pending), **refused.fields})
        if again is None:
            self._end(turn, pending)
        elif task.verify is not None and again == task.verify.slot:
            pending.asking = again
            turn.state.flow = pending
        else:
            waiting.keep(turn, pending.slots)
            turn.state.slots = {name: value for name, value in turn.state.slots.items() if name != again}
            left = {name: value for name, value in pending.slots.items() if name != again}
            turn.state.flow = Pending(pending.intent, turn.id, again, slots=left)
        return Reply(text, pending.intent, suggestions=[] if again else task.suggestions)

    @staticmethod
    def _end(turn: Turn, pending: Pending) -> None:
        """Of this task: it may have been another one's aside."""
        waiting.keep(turn, pending.slots)
        if turn.state.flow is not None and turn.state.flow.id == pending.id and turn.state.flow.intent == pending.intent:
            turn.state.flow = None
