"""A bot for tests of conversations: it does what a tenant's files say, without a model, and forgets what a test chooses."""

from dataclasses import dataclass, field

from loadtest.verdict.checks import Answer
from loadtest.who.customer import AGAIN, NO, SAID, STOP, THANKS, YES, Talk
from pyshim.dialogue.people import reached
from pyshim.dialogue.sentences import filled
from pyshim.tenants.schema import Tenant


@dataclass
class Bot:
    """forgets: "slot" (asks again for what it was told), "value" (takes another), "flow" (a cancelled or finished one goes on),
    or nothing, ""."""

    tenant: Tenant
    forgets: str = ""
    flow: str | None = None
    told: dict[str, str] = field(default_factory=dict)
    before: str | None = None
    seq: int = 0
    last: str = ""

    def answer(self, query: str) -> Answer:
        self.seq += 1
        intent, text = self._say(query)
        self.last = text if query != AGAIN else self.last
        return Answer(text, "l5_dialogue", "s", self.seq, f"turn-{self.seq}", intent)

    def _say(self, query: str) -> tuple[str | None, str]:
        if query == STOP or (query == NO and self.flow):
            return "cancel_flow", self._stop()
        if query in (YES, NO):
            return ("affirm", self.tenant.phrases.flow_nothing) if self.flow is None else (self.flow, self._finish(self.flow))
        if query in THANKS and self.flow is not None:
            return "thanks", self._question()
        if query == AGAIN:
            return "repeat", self._question() if self.flow else self.last
        return self._meant(query)

    def _meant(self, query: str) -> tuple[str | None, str]:
        intent = self.tenant.titles.get(query)
        if intent in self.tenant.replies:
            text = filled(self.tenant.replies[intent].answer, {"people": reached(self.tenant)})
            if self.flow is None:
                return intent, text
            back = {"title": self.tenant.title(self.flow), "question": self._question()}
            return intent, text + "\n" + filled(self.tenant.phrases.flow_resume, back)
        if intent is not None:
            self.flow = intent
        else:
            named = next((one for one in self.tenant.tasks if self.tenant.title(one) in query), None)
            self.flow = self.flow or named or self.before  # a bare number is the last matter's
            self._take(query)
        return (self.flow, self._go_on(self.flow)) if self.flow else (None, self.tenant.phrases.out_of_scope)

    def _take(self, query: str) -> None:
        if self.flow is None:
            return
        for slot in self.tenant.tasks[self.flow].slots:
            for said, meant in SAID[self.tenant.id].get(slot, []):
                if said in query:
                    self.told[slot] = "0000" if self.forgets == "value" else meant
        if query.isdigit() and len(query) != 11 and "order_id" in self.tenant.tasks[self.flow].slots:
            self.told["order_id"] = "0000" if self.forgets == "value" else query

    def _missing(self) -> str | None:
        assert self.flow is not None
        task, slots = self.tenant.tasks[self.flow], self.tenant.slots
        return next((slot for slot in task.slots if slot not in self.told and slots[slot].default is None), None)

    def _question(self) -> str:
        assert self.flow is not None
        missing = self._missing()
        if missing is not None:
            return self.tenant.slots[missing].ask
        return filled(self.tenant.tasks[self.flow].confirm or "", self._known())

    def _known(self) -> dict[str, str]:
        assert self.flow is not None
        slots = self.tenant.tasks[self.flow].slots
        return {slot: self.told.get(slot) or self.tenant.slots[slot].default or "" for slot in slots}

    def _go_on(self, flow: str) -> str:
        if self.forgets == "slot" and self.told:
            return self.tenant.slots[self.tenant.tasks[flow].slots[0]].ask
        if self._missing() is None and not self.tenant.is_flow(flow):
            return self._finish(flow)
        return self._question()

    def _finish(self, flow: str) -> str:
        text = filled(self.tenant.tasks[flow].done, self._known())
        self._drop()
        return text

    def _stop(self) -> str:
        if self.flow is None:
            return self.tenant.phrases.flow_nothing
        title = self.tenant.title(self.flow)
        self._drop()
        return filled(self.tenant.phrases.flow_cancelled, {"title": title})

    def _drop(self) -> None:
        self.before = self.flow
        if self.forgets != "flow":
            self.flow = None
        self.told = {name: value for name, value in self.told.items() if self.tenant.slots[name].remember}


def play(talk: Talk, bot: Bot) -> int:
    """The whole conversation. Returns its turns. Raises Forgotten."""
    say = next(talk)
    while True:
        try:
            say = talk.send(bot.answer(say.query))
        except StopIteration:
            return bot.seq
