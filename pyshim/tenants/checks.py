"""Do a tenant's files agree with each other, and with the model?

Each check says all it finds: file, line, what is wrong and what was wanted.
"""

import re
from collections.abc import Iterator

from pyshim.identity import tokens
from pyshim.identity.jwks import Key
from pyshim.tenants import lines
from pyshim.tenants.lines import Step
from pyshim.tenants.schema import Slot, Task, Tenant
from pyshim.tenants.source import Source

ENGINE_INTENTS = ("ask_human", "affirm", "deny", "cancel_flow", "repeat")
PLACEHOLDER = re.compile(r"\{(\w+)\}")
BACKEND = re.compile(r"https?://[^/\s]+|\$\{SLUICE_EXAMPLE_BACKEND\}")
REPLIES, FLOWS = "replies.yaml", "flows.yaml"


class Checker:
    """All checks of one tenant."""

    def __init__(self, tenant: Tenant, source: Source, keys: list[Key]) -> None:
        self._tenant, self._source, self._keys = tenant, source, keys
        self._kinds: dict[str, dict[str, object]] = lines.value(source.text(FLOWS)) or {}

    def faults(self, labels: list[str], model: int) -> list[str]:
        """labels: intents that version of the model knows."""
        found = [*self._unknown(labels, model), *self._names(), *self._campaign(), *self._about()]
        for name, slot in self._tenant.slots.items():
            found += self._slot(name, slot)
        for intent, task in self._tenant.tasks.items():
            found += self._task(intent, task)
        return found

    def _at(self, name: str, *path: Step) -> str:
        return f"{self._source.place(name)}:{lines.line(self._source.text(name), path)}"

    def _of_task(self, intent: str, *path: Step) -> str:
        kind = "flows" if intent in (self._kinds.get("flows") or {}) else "actions"
        return self._at(FLOWS, kind, intent, *path)

    def _of_intent(self, intent: str, *path: Step) -> str:
        if intent in self._tenant.replies:
            return self._at(REPLIES, "replies", intent, *path)
        return self._of_task(intent, *path)

    def _unknown(self, labels: list[str], model: int) -> Iterator[str]:
        for intent in sorted(set(self._tenant.intents) - set(labels)):
            known = f"the model (version {model}) does not know {intent}"
            yield f"{self._of_intent(intent)}: {known}; add sentences to triton_models/data and train"

    def _names(self) -> Iterator[str]:
        tenant = self._tenant
        for intent in ENGINE_INTENTS:
            if intent not in tenant.replies:
                yield f"{self._at(REPLIES, 'replies')}: a reply is missing for {intent}"
        for intent in sorted(set(tenant.replies) & set(tenant.tasks)):
            yield f"{self._of_task(intent)}: {intent} has a reply already, in {REPLIES}"
        if len(tenant.titles) != len(tenant.intents):
            taken: dict[str, str] = {}
            for intent in tenant.intents:
                first = taken.setdefault(tenant.title(intent), intent)
                if first != intent:
                    yield f"{self._of_intent(intent, 'title')}: {intent} has the same title as {first}: {tenant.title(intent)!r}"
        said = [(intent, reply.suggestions) for intent, reply in tenant.replies.items()]
        said += [(intent, task.suggestions) for intent, task in tenant.tasks.items()]
        for intent, suggestions in said:
            for number, suggestion in enumerate(suggestions):
                if suggestion not in tenant.titles:
                    where = self._of_intent(intent, "suggestions", number)
                    yield f"{where}: {intent}: suggestion {suggestion!r} is no intent's title"

    def _campaign(self) -> Iterator[str]:
        campaign = self._tenant.about.campaign
        if campaign is None:
            return
        if campaign.from_.tzinfo is None or campaign.until.tzinfo is None:
            yield f"{self._at('tenant.yaml', 'campaign')}: from and until need a time zone, as in 2026-11-01T00:00:00+08:00"
        elif campaign.from_ >= campaign.until:
            yield f"{self._at('tenant.yaml', 'campaign', 'until')}: until must be after from"
        for number, intent in enumerate(campaign.intents):
            if intent not in self._tenant.intents:
                where = self._at("tenant.yaml", "campaign", "intents", number)
                yield f"{where}: campaign: this tenant has no intent {intent!r}"

    def _about(self) -> Iterator[str]:
        if self._tenant.about.guests and tokens.signer(self._keys) is None:
            yield f"{self._at('tenant.yaml', 'guests')}: guests: true, but {self._source.keys_where} has {tokens.ONLY_PUBLIC}"
        backend = self._tenant.about.backend
        if backend is not None and not BACKEND.match(backend):
            yield f"{self._at('tenant.yaml', 'backend')}: http:// or https:// and a host are wanted, not {backend!r}"

    def _slot(self, name: str, slot: Slot) -> Iterator[str]:
        for number, pattern in enumerate(slot.patterns):
            try:
                empty = re.compile(pattern).search("")
            except re.error as error:
                yield f"{self._at(FLOWS, 'slots', name, 'patterns', number)}: slot {name}: bad pattern {pattern!r}: {error}"
            else:
                if empty:
                    where = self._at(FLOWS, "slots", name, "patterns", number)
                    yield f"{where}: slot {name}: pattern {pattern!r} finds something in any text: it must not match nothing"
        if not (slot.patterns or slot.choices or slot.free or slot.default is not None):
            can = "patterns, choices, free or default is wanted"
            yield f"{self._at(FLOWS, 'slots', name)}: slot {name} can never be filled, so its flow cannot end: {can}"
        if slot.free and slot.max_chars < 1:
            yield f"{self._at(FLOWS, 'slots', name, 'max_chars')}: slot {name}: max_chars of 1 or more is wanted"

    def _task(self, intent: str, task: Task) -> Iterator[str]:
        again = [(code, reply.ask_again) for code, reply in task.errors.items() if reply.ask_again]
        places_of = [
            *((name, ("slots", number)) for number, name in enumerate(task.slots)),
            *((name, ("call", "body", number)) for number, name in enumerate(task.call.body)),
            *((name, ("errors", code, "ask_again")) for code, name in again),
            *((name, ("call", "path")) for name in PLACEHOLDER.findall(task.call.path)),
            *((name, ("confirm",)) for name in PLACEHOLDER.findall(task.confirm or "")),
        ]
        for name, path in places_of:
            if name not in task.slots or name not in self._tenant.slots:
                yield f"{self._of_task(intent, *path)}: {intent}: {name!r} is not one of its slots"
        for code, name in again:
            slot = self._tenant.slots.get(name or "")
            if slot is not None and not (slot.patterns or slot.choices or slot.free):
                why = f"{name!r} is asked again, but no answer can fill it: this flow cannot end"
                yield f"{self._of_task(intent, 'errors', code, 'ask_again')}: {intent}: {why}"
        is_flow = intent in (self._kinds.get("flows") or {})
        if is_flow and intent in (self._kinds.get("actions") or {}):
            yield f"{self._of_task(intent)}: {intent} is a flow and an action, too: one of them is wanted"
        if task.call.method == "POST" and task.confirm is None:
            yield f"{self._of_task(intent, 'call')}: {intent}: a POST changes something: `confirm` is wanted, or GET"
        elif is_flow != (task.confirm is not None):
            wanted = "a flow changes something and must `confirm`" if is_flow else "an action only reads: no `confirm`"
            yield f"{self._of_task(intent)}: {intent}: {wanted}"
        for number, act in enumerate(task.acts):
            if len(act.strip()) < 2 or task.confirm is None:
                where = self._of_task(intent, "acts", number)
                yield f"{where}: {intent}: {act!r}: verb and object of what is confirmed are wanted, as in 取消订单"
        if self._tenant.about.backend is None:
            yield f"{self._of_task(intent)}: {intent} calls a back end, but there is no `backend` in tenant.yaml"
