"""Is everything between braces in a tenant's texts filled in?"""

import re
from collections.abc import Iterator

import msgspec

from pyshim.tenants.checks.places import FLOWS, REPLIES, Places
from pyshim.tenants.lines import Step
from pyshim.tenants.schema import PLACEHOLDER, Phrases

PEOPLE = "{people}"
SAID = {"people", "phone", "hours", "title", "question", "said", "first", "second", "result", "missing", "why"}  # in any of them
PEOPLE_PHRASES = ("handover", *(each.name for each in msgspec.structs.fields(Phrases) if PEOPLE in str(each.default)))
BRACE = re.compile(r"[{}]")


def braces(places: Places) -> Iterator[str]:
    """Texts with a brace that opens or closes nothing: customers would see it."""
    for name, path, text in _filled_in(places):
        if left := BRACE.search(PLACEHOLDER.sub("", text)):
            why = f"{left[0]} stands alone: {{name}} is wanted, where something is filled in"
            yield f"{places.at(name, *path)}: {path[1]}: {why}"
    for name, path, text in _said(places):
        for unknown in sorted(set(PLACEHOLDER.findall(text)) - SAID):
            yield f"{places.at(name, *path)}: {path[1]}: nobody fills in {{{unknown}}} here"


def people(places: Places) -> Iterator[str]:
    """Texts that say {people} where nobody fills it in."""
    for name, path, text in _without_people(places):
        if PEOPLE in text:
            filled = f"replies with `handover: true` and the phrases {', '.join(PEOPLE_PHRASES)}"
            yield f"{places.at(name, *path)}: {path[1]}: nobody fills in {PEOPLE} here, only in {filled}; say the phone itself"


def _said(places: Places) -> Iterator[tuple[str, tuple[Step, ...], str]]:
    """What the engine says, with file and path."""
    for intent, rule in places.tenant.replies.items():
        yield REPLIES, ("replies", intent, "answer"), rule.answer
    for name, text in msgspec.structs.asdict(places.tenant.phrases).items():
        yield REPLIES, ("phrases", name), text


def _filled_in(places: Places) -> Iterator[tuple[str, tuple[Step, ...], str]]:
    """Texts in which names between braces are filled in, with file and path."""
    for intent, rule in places.tenant.replies.items():
        if rule.handover:
            yield REPLIES, ("replies", intent, "answer"), rule.answer
    for name, text in msgspec.structs.asdict(places.tenant.phrases).items():
        yield REPLIES, ("phrases", name), text
    yield from _of_tasks(places)


def _without_people(places: Places) -> Iterator[tuple[str, tuple[Step, ...], str]]:
    """Texts in which {people} is not filled in, with file and path."""
    for intent, rule in places.tenant.replies.items():
        if not rule.handover:
            yield REPLIES, ("replies", intent, "answer"), rule.answer
    for name, text in msgspec.structs.asdict(places.tenant.phrases).items():
        if name not in PEOPLE_PHRASES:
            yield REPLIES, ("phrases", name), text
    if "people" in places.tenant.slots:  # how many will come, say
        return
    for name, slot in places.tenant.slots.items():
        yield FLOWS, ("slots", name, "ask"), slot.ask
        yield FLOWS, ("slots", name, "invalid"), slot.invalid or ""
    yield from _of_tasks(places)


def _of_tasks(places: Places) -> Iterator[tuple[str, tuple[Step, ...], str]]:
    for intent, task in places.tenant.tasks.items():
        kind = places.kind(intent)
        yield FLOWS, (kind, intent, "confirm"), task.confirm or ""
        yield FLOWS, (kind, intent, "done"), task.done
        yield FLOWS, (kind, intent, "verify", "ask"), task.verify.ask if task.verify else ""
        for code, reply in task.errors.items():
            yield FLOWS, (kind, intent, "errors", code, "say"), reply.say
