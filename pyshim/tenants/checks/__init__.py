"""Do a tenant's files agree with each other, and with the model?

Each check says all it finds: file, line, what is wrong and what was wanted.
"""

from pyshim.identity.jwks import Key
from pyshim.tenants.checks import about, calls, intents, slots, tasks, texts
from pyshim.tenants.checks.places import Places
from pyshim.tenants.schema import Tenant
from pyshim.tenants.source import Source


def faults(tenant: Tenant, source: Source, keys: list[Key], labels: list[str], model: int, chars: int) -> list[str]:
    """labels: intents that version of the model knows; chars: of the longest message."""
    places = Places(tenant, source)
    found = [*intents.unknown(places, labels, model), *intents.names(places), *intents.alarms(places), *texts.braces(places)]
    found += [*about.campaign(places), *about.basics(places, keys), *about.people(places), *texts.people(places)]
    for name, slot in tenant.slots.items():
        found += slots.slot(places, name, slot, chars)
    for intent, task in tenant.tasks.items():
        found += [
            *tasks.task(places, intent, task),
            *tasks.changes(places, intent, task),
            *calls.calls(places, intent, task),
            *tasks.verify(places, intent, task),
        ]
    return found
