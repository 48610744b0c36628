"""Can a task come to its end, and is what belongs to a change there?"""

from collections.abc import Iterable, Iterator

from pyshim.tenants.checks.places import Places
from pyshim.tenants.lines import Step
from pyshim.tenants.schema import PLACEHOLDER, Task

KEY = "key"  # in the path of a `check`: the Idempotency-Key of the call that is asked about


def task(places: Places, intent: str, task: Task) -> Iterator[str]:
    code_slot = [task.verify.slot] if task.verify else []
    again = [(code, reply.ask_again) for code, reply in task.errors.items() if reply.ask_again]
    places_of = [
        *((name, ("slots", number)) for number, name in enumerate(task.slots)),
        *((name, ("errors", code, "ask_again")) for code, name in again if name not in code_slot),
    ]
    if task.quote is None:
        places_of += [(name, ("confirm",)) for name in PLACEHOLDER.findall(task.confirm or "")]
    yield from no_slots(places, intent, task, places_of)
    for code, name in again:
        slot = places.tenant.slots.get(name or "")
        if slot is not None and not slot.fillable:
            why = f"{name!r} is asked again, but no answer can fill it: this flow cannot end"
            yield f"{places.of_task(intent, 'errors', code, 'ask_again')}: {intent}: {why}"
    is_flow = places.is_flow(intent)
    if is_flow and places.is_action(intent):
        yield f"{places.of_task(intent)}: {intent} is a flow and an action, too: one of them is wanted"
    if task.call.method == "POST" and task.confirm is None:
        yield f"{places.of_task(intent, 'call')}: {intent}: a POST changes something: `confirm` is wanted, or GET"
    elif is_flow != (task.confirm is not None):
        wanted = "a flow changes something and must `confirm`" if is_flow else "an action only reads: no `confirm`"
        yield f"{places.of_task(intent)}: {intent}: {wanted}"
    for number, act in enumerate(task.acts):
        if len(act.strip()) < 2 or task.confirm is None:
            where = places.of_task(intent, "acts", number)
            yield f"{where}: {intent}: {act!r}: verb and object of what is confirmed are wanted, as in 取消订单"
    if places.tenant.about.backend is None:
        yield f"{places.of_task(intent)}: {intent} calls a back end, but there is no `backend` in tenant.yaml"


def no_slots(places: Places, intent: str, task: Task, named: Iterable[tuple[str, tuple[Step, ...]]]) -> Iterator[str]:
    """Names that are none of the task's slots, each with where it stands."""
    for name, path in named:
        if name not in task.slots or name not in places.tenant.slots:
            yield f"{places.of_task(intent, *path)}: {intent}: {name!r} is not one of its slots"


def changes(places: Places, intent: str, task: Task) -> Iterator[str]:
    """What belongs to a call that changes something, and to no other."""
    for name in ("quote", "verify", "check", "idempotent"):
        if getattr(task, name) is not None and task.confirm is None:
            yield f"{places.of_task(intent, name)}: {intent}: `{name}` belongs to what is confirmed, and there is no `confirm`"
    if task.check is not None and f"{{{KEY}}}" not in task.check.path:
        why = f"it would answer for any call: {{{KEY}}}, the Idempotency-Key of the call it is about, is wanted in its path"
        yield f"{places.of_task(intent, 'check')}: {intent}: check: {why}"
    if task.check is not None and KEY in task.slots:
        yield f"{places.of_task(intent, 'check')}: {intent}: {{{KEY}}} is its Idempotency-Key here: no slot may be named so"


def verify(places: Places, intent: str, task: Task) -> Iterator[str]:
    if task.verify is None:
        return
    name = task.verify.slot
    slot, where = places.tenant.slots.get(name), places.of_task(intent, "verify", "slot")
    if slot is None:
        yield f"{where}: {intent}: {name!r} is none of `slots`"
    elif name in task.slots:
        yield f"{where}: {intent}: {name!r} is asked for behind the consent, so it may be none of the task's own slots"
    elif not slot.fillable:
        yield f"{where}: {intent}: {name!r} is asked for, but no answer can fill it: this flow cannot end"
    elif slot.remember:
        yield f"{where}: {intent}: {name!r} is a code, which is good once: no `remember`"
    if name not in task.call.body:
        yield f"{places.of_task(intent, 'call', 'body')}: {intent}: the code is asked for, but {name!r} is not in `body`"
