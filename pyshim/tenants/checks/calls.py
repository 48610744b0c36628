"""Is what each call sends known by then?"""

from collections.abc import Iterable, Iterator
from string import Formatter

from pyshim.tenants.checks.places import Places
from pyshim.tenants.checks.tasks import KEY, no_slots
from pyshim.tenants.lines import Step
from pyshim.tenants.schema import Call, Task


def calls(places: Places, intent: str, task: Task) -> Iterator[str]:
    fields = [] if task.quote is None else [name for name in task.call.body if name not in task.slots]
    code_slot = [task.verify.slot] if task.verify else []
    yield from _call(places, intent, task, ("call",), task.call, (*fields, *code_slot))
    if task.quote is not None:
        yield from _call(places, intent, task, ("quote",), task.quote, (), "GET")
    if task.check is not None:
        yield from _call(places, intent, task, ("check",), task.check, (), "GET", in_path=(KEY,))
    if task.verify is not None:
        send = task.verify.send
        fields = [] if task.quote is None else [name for name in send.body if name != task.verify.slot]
        yield from _call(places, intent, task, ("verify", "send"), send, fields, "POST")


def _call(
    places: Places,
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
        yield f"{places.of_task(intent, *at, 'method')}: {intent}: {'.'.join(map(str, at))} {why} is wanted"
    elif call.method == "GET" and call.body:
        yield f"{places.of_task(intent, *at, 'body')}: {intent}: a GET sends no body: put {call.body} into its path"
    where = places.of_task(intent, *at, "path")
    if not call.path.startswith("/"):
        yield f"{where}: {intent}: a path begins with /, not {call.path!r}"
    try:
        parts = list(Formatter().parse(call.path))
    except ValueError as error:
        yield f"{where}: {intent}: bad path {call.path!r}: {error}"
        return
    names = [name for _, name, _, _ in parts if name is not None]
    yield from no_slots(places, intent, task, ((name, (*at, "path")) for name in names if name not in in_path))
    if any(spec or conversion for _, _, spec, conversion in parts):
        yield f"{where}: {intent}: bad path {call.path!r}: nothing but a name is wanted between braces"
    body = ((name, (*at, "body", number)) for number, name in enumerate(call.body) if name not in in_body)
    yield from no_slots(places, intent, task, body)
