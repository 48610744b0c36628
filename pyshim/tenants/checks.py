"""Do a tenant's files agree with each other, and with the model?

Each check says all it finds: file, line, what is wrong and what was wanted.
"""

import re
from collections.abc import Iterable, Iterator
from string import Formatter
from urllib.parse import urlsplit

import msgspec
import yaml

from pyshim.identity import tokens
from pyshim.identity.jwks import Key
from pyshim.language import patterns
from pyshim.outside import secrets
from pyshim.outside.base import EXAMPLE
from pyshim.settings import ROOT
from pyshim.tenants import lines
from pyshim.tenants.lines import Step
from pyshim.tenants.schema import PLACEHOLDER, Call, People, Phrases, Slot, Task, Tenant
from pyshim.tenants.source import Source

ENGINE_INTENTS = ("ask_human", "affirm", "deny", "cancel_flow", "repeat")
PEOPLE = "{people}"
SAID = {"people", "phone", "hours", "title", "question", "said", "first", "second", "result", "missing", "why"}  # in any of them
PEOPLE_PHRASES = ("handover", *(each.name for each in msgspec.structs.fields(Phrases) if PEOPLE in str(each.default)))
KEY = "key"  # in the path of a `check`: the Idempotency-Key of the call that is asked about
BACKEND = re.compile(rf"https?://[^/\s]+|{re.escape(EXAMPLE)}")
BRACE = re.compile(r"[{}]")
CALENDAR = 1902, 2098  # years for which the readers of dates have a calendar, and one on either side
OURS = {  # headers that no tenant's credential may be
    *("x-user-id", "idempotency-key", "traceparent", "host", "connection", "accept-encoding", "content-type", "content-length"),
    *("transfer-encoding", "te", "upgrade", "expect", "trailer"),
}
REPLIES, FLOWS = "replies.yaml", "flows.yaml"


class Checker:
    """All checks of one tenant."""

    def __init__(self, tenant: Tenant, source: Source, keys: list[Key], chars: int) -> None:
        """chars: of the longest message."""
        self._tenant, self._source, self._keys, self._chars = tenant, source, keys, chars
        self._trees: dict[str, yaml.Node | None] = {}
        self._trees[FLOWS], kinds = lines.read(source.text(FLOWS))
        self._kinds: dict[str, dict[str, object]] = kinds or {}

    def faults(self, labels: list[str], model: int) -> list[str]:
        """labels: intents that version of the model knows."""
        found = [*self._unknown(labels, model), *self._names(), *self._alarms(), *self._braces()]
        found += [*self._campaign(), *self._about(), *self._people()]
        for name, slot in self._tenant.slots.items():
            found += self._slot(name, slot)
        for intent, task in self._tenant.tasks.items():
            found += [
                *self._task(intent, task),
                *self._changes(intent, task),
                *self._calls(intent, task),
                *self._verify(intent, task),
            ]
        return found

    def _at(self, name: str, *path: Step) -> str:
        if name not in self._trees:
            self._trees[name] = lines.read(self._source.text(name))[0]
        return f"{self._source.place(name)}:{lines.line(self._trees[name], path)}"

    def _kind(self, intent: str) -> str:
        return "flows" if intent in (self._kinds.get("flows") or {}) else "actions"

    def _of_task(self, intent: str, *path: Step) -> str:
        return self._at(FLOWS, self._kind(intent), intent, *path)

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
        if self._tenant.about.guests and not self._source.signs and all(key.signs is None for key in self._keys):
            yield f"{self._at('tenant.yaml', 'guests')}: guests: true, but {self._source.keys_where} has {tokens.ONLY_PUBLIC}"
        backend, today = self._tenant.about.backend, self._tenant.about.today
        if backend is not None and not _is_base(backend):
            yield f"{self._at('tenant.yaml', 'backend')}: http:// or https:// and a host are wanted, not {backend!r}"
        yield from self._credential()
        if today is not None and not CALENDAR[0] <= today.year <= CALENDAR[1]:
            yield f"{self._at('tenant.yaml', 'today')}: a day from {CALENDAR[0]} to {CALENDAR[1]} is wanted, not {today}"

    def _credential(self) -> Iterator[str]:
        known = self._tenant.about.credential
        if known is None:
            return
        if self._tenant.about.backend is None:
            yield f"{self._at('tenant.yaml', 'credential')}: credential: there is no `backend` that wants one"
        if known.header.lower() in OURS:
            where = self._at("tenant.yaml", "credential", "header")
            yield f"{where}: credential: {known.header} is a header of every call already"
        try:
            secrets.read(ROOT / known.file)
        except secrets.Unusable as error:
            yield f"{self._at('tenant.yaml', 'credential', 'file')}: credential: {error}"

    def _alarms(self) -> Iterator[str]:
        for intent, rule in self._tenant.replies.items():
            if rule.words and not rule.urgent:
                where = self._of_intent(intent, "words")
                yield f"{where}: {intent}: words are enough for an urgent rule only: `urgent: true` is wanted"

    def _people(self) -> Iterator[str]:
        people, where = self._tenant.about.people or People("1", "1"), "tenant.yaml"
        for name, text in [("phone", people.phone), ("hours", people.hours)]:
            if not text.strip():
                yield f"{self._at(where, 'people', name)}: people: {name} is wanted: who wants a person is told nothing else"
        if people.open is not None and people.open.from_ in (people.open.until, "24:00"):
            why = "open never: until must be after from, or on the next day; without `open` somebody is always there"
            yield f"{self._at(where, 'people', 'open', 'from')}: people: {why}"
        if people.open is not None and not people.open.days:
            yield f"{self._at(where, 'people', 'open', 'days')}: people: open never: 1 is Monday; without `days` all are meant"
        for name, path, text in self._without_people():
            if PEOPLE in text:
                filled = f"replies with `handover: true` and the phrases {', '.join(PEOPLE_PHRASES)}"
                yield f"{self._at(name, *path)}: {path[1]}: nobody fills in {PEOPLE} here, only in {filled}; say the phone itself"

    def _braces(self) -> Iterator[str]:
        """Texts with a brace that opens or closes nothing: customers would see it."""
        for name, path, text in self._filled_in():
            if left := BRACE.search(PLACEHOLDER.sub("", text)):
                why = f"{left[0]} stands alone: {{name}} is wanted, where something is filled in"
                yield f"{self._at(name, *path)}: {path[1]}: {why}"
        for name, path, text in self._said():
            for unknown in sorted(set(PLACEHOLDER.findall(text)) - SAID):
                yield f"{self._at(name, *path)}: {path[1]}: nobody fills in {{{unknown}}} here"

    def _said(self) -> Iterator[tuple[str, tuple[Step, ...], str]]:
        """What the engine says, with file and path."""
        for intent, rule in self._tenant.replies.items():
            yield REPLIES, ("replies", intent, "answer"), rule.answer
        for name, text in msgspec.structs.asdict(self._tenant.phrases).items():
            yield REPLIES, ("phrases", name), text

    def _filled_in(self) -> Iterator[tuple[str, tuple[Step, ...], str]]:
        """Texts in which names between braces are filled in, with file and path."""
        for intent, rule in self._tenant.replies.items():
            if rule.handover:
                yield REPLIES, ("replies", intent, "answer"), rule.answer
        for name, text in msgspec.structs.asdict(self._tenant.phrases).items():
            yield REPLIES, ("phrases", name), text
        yield from self._of_tasks()

    def _without_people(self) -> Iterator[tuple[str, tuple[Step, ...], str]]:
        """Texts in which {people} is not filled in, with file and path."""
        for intent, rule in self._tenant.replies.items():
            if not rule.handover:
                yield REPLIES, ("replies", intent, "answer"), rule.answer
        for name, text in msgspec.structs.asdict(self._tenant.phrases).items():
            if name not in PEOPLE_PHRASES:
                yield REPLIES, ("phrases", name), text
        if "people" in self._tenant.slots:  # how many will come, say
            return
        for name, slot in self._tenant.slots.items():
            yield FLOWS, ("slots", name, "ask"), slot.ask
            yield FLOWS, ("slots", name, "invalid"), slot.invalid or ""
        yield from self._of_tasks()

    def _of_tasks(self) -> Iterator[tuple[str, tuple[Step, ...], str]]:
        for intent, task in self._tenant.tasks.items():
            kind = self._kind(intent)
            yield FLOWS, (kind, intent, "confirm"), task.confirm or ""
            yield FLOWS, (kind, intent, "done"), task.done
            yield FLOWS, (kind, intent, "verify", "ask"), task.verify.ask if task.verify else ""
            for code, reply in task.errors.items():
                yield FLOWS, (kind, intent, "errors", code, "say"), reply.say

    def _slot(self, name: str, slot: Slot) -> Iterator[str]:
        for number, pattern in enumerate(slot.patterns):
            where = self._at(FLOWS, "slots", name, "patterns", number)
            try:
                if patterns.compiled(pattern).search(""):
                    yield f"{where}: slot {name}: pattern {pattern!r} finds something in any text: it must not match nothing"
                else:
                    patterns.check(pattern, self._chars)
            except re.error as error:
                yield f"{where}: slot {name}: bad pattern {pattern!r}: {error}"
            except patterns.Slow as error:
                yield f"{where}: slot {name}: pattern {pattern!r} is too slow: {error}"
        yield from self._type(name, slot)
        if not (slot.formed or slot.choices or slot.free or slot.default is not None):
            can = "a type, patterns, choices, free or default is wanted"
            yield f"{self._at(FLOWS, 'slots', name)}: slot {name} can never be filled, so its flow cannot end: {can}"
        if slot.free and slot.max_chars < 1:
            yield f"{self._at(FLOWS, 'slots', name, 'max_chars')}: slot {name}: max_chars of 1 or more is wanted"

    def _type(self, name: str, slot: Slot) -> Iterator[str]:
        """What a type needs to be read."""
        kinds = (slot.type, *slot.also)
        if "number" in kinds and not slot.shapes:
            yield f"{self._at(FLOWS, 'slots', name)}: slot {name}: a number has `shapes`, as in [{{prefix: T, digits: 10}}]"
        for number, shape in enumerate(slot.shapes):
            if shape.lengths[0] > shape.lengths[1]:
                where = self._at(FLOWS, "slots", name, "shapes", number)
                yield f"{where}: slot {name}: digits {shape.digits}: at least, then at most is wanted"
        if "choice" in kinds and not slot.choices:
            yield f"{self._at(FLOWS, 'slots', name)}: slot {name}: a choice has `choices`"
        if slot.everything and slot.everything not in slot.choices:
            yield f"{self._at(FLOWS, 'slots', name, 'everything')}: slot {name}: {slot.everything!r} is none of its choices"
        if list(slot.choices) == [slot.everything]:
            yield f"{self._at(FLOWS, 'slots', name, 'everything')}: slot {name}: {slot.everything!r} stands for no other choice"
        if not 0 <= slot.least <= slot.most:
            yield f"{self._at(FLOWS, 'slots', name, 'least')}: slot {name}: least, then most is wanted, from 0"

    def _task(self, intent: str, task: Task) -> Iterator[str]:
        code_slot = [task.verify.slot] if task.verify else []
        again = [(code, reply.ask_again) for code, reply in task.errors.items() if reply.ask_again]
        places_of = [
            *((name, ("slots", number)) for number, name in enumerate(task.slots)),
            *((name, ("errors", code, "ask_again")) for code, name in again if name not in code_slot),
        ]
        if task.quote is None:
            places_of += [(name, ("confirm",)) for name in PLACEHOLDER.findall(task.confirm or "")]
        yield from self._no_slots(intent, task, places_of)
        for code, name in again:
            slot = self._tenant.slots.get(name or "")
            if slot is not None and not (slot.formed or slot.choices or slot.free):
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

    def _no_slots(self, intent: str, task: Task, named: Iterable[tuple[str, tuple[Step, ...]]]) -> Iterator[str]:
        """Names that are none of the task's slots, each with where it stands."""
        for name, path in named:
            if name not in task.slots or name not in self._tenant.slots:
                yield f"{self._of_task(intent, *path)}: {intent}: {name!r} is not one of its slots"

    def _changes(self, intent: str, task: Task) -> Iterator[str]:
        """What belongs to a call that changes something, and to no other."""
        for name in ("quote", "verify", "check", "idempotent"):
            if getattr(task, name) is not None and task.confirm is None:
                yield f"{self._of_task(intent, name)}: {intent}: `{name}` belongs to what is confirmed, and there is no `confirm`"
        if task.check is not None and f"{{{KEY}}}" not in task.check.path:
            why = f"it would answer for any call: {{{KEY}}}, the Idempotency-Key of the call it is about, is wanted in its path"
            yield f"{self._of_task(intent, 'check')}: {intent}: check: {why}"
        if task.check is not None and KEY in task.slots:
            yield f"{self._of_task(intent, 'check')}: {intent}: {{{KEY}}} is its Idempotency-Key here: no slot may be named so"

    def _calls(self, intent: str, task: Task) -> Iterator[str]:
        """What each call sends is known then."""
        fields = [] if task.quote is None else [name for name in task.call.body if name not in task.slots]
        code_slot = [task.verify.slot] if task.verify else []
        yield from self._call(intent, task, ("call",), task.call, (*fields, *code_slot))
        if task.quote is not None:
            yield from self._call(intent, task, ("quote",), task.quote, (), "GET")
        if task.check is not None:
            yield from self._call(intent, task, ("check",), task.check, (), "GET", in_path=(KEY,))
        if task.verify is not None:
            send = task.verify.send
            fields = [] if task.quote is None else [name for name in send.body if name != task.verify.slot]
            yield from self._call(intent, task, ("verify", "send"), send, fields, "POST")

    def _call(
        self,
        intent: str,
        task: Task,
        at: tuple[Step, ...],
        call: Call,
        in_body: Iterable[str],
        method: str = "",
        in_path: Iterable[str] = (),
    ) -> Iterator[str]:
        """in_body, in_path: names that may stand there beside the task's slots."""
        if method and call.method != method:
            why = "only asks: GET" if method == "GET" else "makes a code go out: POST"
            yield f"{self._of_task(intent, *at, 'method')}: {intent}: {'.'.join(map(str, at))} {why} is wanted"
        elif call.method == "GET" and call.body:
            yield f"{self._of_task(intent, *at, 'body')}: {intent}: a GET sends no body: put {call.body} into its path"
        where = self._of_task(intent, *at, "path")
        if not call.path.startswith("/"):
            yield f"{where}: {intent}: a path begins with /, not {call.path!r}"
        try:
            parts = list(Formatter().parse(call.path))
        except ValueError as error:
            yield f"{where}: {intent}: bad path {call.path!r}: {error}"
            return
        names = [name for _, name, _, _ in parts if name is not None]
        yield from self._no_slots(intent, task, ((name, (*at, "path")) for name in names if name not in in_path))
        if any(spec or conversion for _, _, spec, conversion in parts):
            yield f"{where}: {intent}: bad path {call.path!r}: nothing but a name is wanted between braces"
        body = ((name, (*at, "body", number)) for number, name in enumerate(call.body) if name not in in_body)
        yield from self._no_slots(intent, task, body)

    def _verify(self, intent: str, task: Task) -> Iterator[str]:
        if task.verify is None:
            return
        name = task.verify.slot
        slot, where = self._tenant.slots.get(name), self._of_task(intent, "verify", "slot")
        if slot is None:
            yield f"{where}: {intent}: {name!r} is none of `slots`"
        elif name in task.slots:
            yield f"{where}: {intent}: {name!r} is asked for behind the consent, so it may be none of the task's own slots"
        elif not (slot.formed or slot.choices or slot.free):
            yield f"{where}: {intent}: {name!r} is asked for, but no answer can fill it: this flow cannot end"
        elif slot.remember:
            yield f"{where}: {intent}: {name!r} is a code, which is good once: no `remember`"
        if name not in task.call.body:
            yield f"{self._of_task(intent, 'call', 'body')}: {intent}: the code is asked for, but {name!r} is not in `body`"


def _is_base(backend: str) -> bool:
    """Can a path follow it?"""
    try:
        parts = urlsplit(backend.replace(EXAMPLE, "http://127.0.0.1"))
        return bool(BACKEND.match(backend) and parts.hostname and parts.port != 0 and not (parts.query or parts.fragment))
    except ValueError:  # a port that is none, half a bracket
        return False


def advice(tenant: Tenant) -> list[str]:
    """What should be better and is no fault, so that a configuration of an earlier sluice still serves."""
    found = []
    if tenant.about.people is None:
        found.append(f"{tenant.id}: tenant.yaml: no `people`: who wants a person is told that nobody is there")
    for intent, task in tenant.tasks.items():
        if task.call.method == "POST" and task.check is None and task.idempotent is None:
            why = "when its answer is lost on the way nobody can find out whether it was done"
            wanted = "`check` (a GET that says what became of {key}) or `idempotent` (how long its key does nothing twice)"
            found.append(f"{tenant.id}: flows.yaml: {intent}: {why}; {wanted} is wanted")
    return found
