"""Does the model know a tenant's intents, and do their titles and suggestions agree?"""

from collections.abc import Iterator

from pyshim.tenants.checks.places import REPLIES, Places

ENGINE_INTENTS = ("ask_human", "affirm", "deny", "cancel_flow", "repeat")


def unknown(places: Places, labels: list[str], model: int) -> Iterator[str]:
    for intent in sorted(set(places.tenant.intents) - set(labels)):
        known = f"the model (version {model}) does not know {intent}"
        yield f"{places.of_intent(intent)}: {known}; add sentences to triton_models/data and train"


def names(places: Places) -> Iterator[str]:
    tenant = places.tenant
    for intent in ENGINE_INTENTS:
        if intent not in tenant.replies:
            yield f"{places.at(REPLIES, 'replies')}: a reply is missing for {intent}"
    for intent in sorted(set(tenant.replies) & set(tenant.tasks)):
        yield f"{places.of_task(intent)}: {intent} has a reply already, in {REPLIES}"
    if len(tenant.titles) != len(tenant.intents):
        taken: dict[str, str] = {}
        for intent in tenant.intents:
            first = taken.setdefault(tenant.title(intent), intent)
            if first != intent:
                yield f"{places.of_intent(intent, 'title')}: {intent} has the same title as {first}: {tenant.title(intent)!r}"
    said = [(intent, reply.suggestions) for intent, reply in tenant.replies.items()]
    said += [(intent, task.suggestions) for intent, task in tenant.tasks.items()]
    for intent, suggestions in said:
        for number, suggestion in enumerate(suggestions):
            if suggestion not in tenant.titles:
                where = places.of_intent(intent, "suggestions", number)
                yield f"{where}: {intent}: suggestion {suggestion!r} is no intent's title"


def alarms(places: Places) -> Iterator[str]:
    for intent, rule in places.tenant.replies.items():
        if rule.words and not rule.urgent:
            where = places.of_intent(intent, "words")
            yield f"{where}: {intent}: words are enough for an urgent rule only: `urgent: true` is wanted"
