"""What of a tenant should be better and is no fault, so that a configuration of an earlier sluice still serves?"""

from pyshim.tenants.schema import Tenant


def advice(tenant: Tenant) -> list[str]:
    found = []
    if tenant.about.people is None:
        found.append(f"{tenant.id}: tenant.yaml: no `people`: who wants a person is told that nobody is there")
    for intent, task in tenant.tasks.items():
        if task.call.method == "POST" and task.check is None and task.idempotent is None:
            why = "when its answer is lost on the way nobody can find out whether it was done"
            wanted = "`check` (a GET that says what became of {key}) or `idempotent` (how long its key does nothing twice)"
            found.append(f"{tenant.id}: flows.yaml: {intent}: {why}; {wanted} is wanted")
    return found
