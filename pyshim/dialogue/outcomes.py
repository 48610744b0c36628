"""What came of a call, and how is it told?"""

from msgspec.structs import replace

from pyshim.dialogue import slots
from pyshim.dialogue.people import reached
from pyshim.dialogue.sentences import filled
from pyshim.outside.backend import Done, Outcome, Refused, Unknown
from pyshim.tenants.schema import PLACEHOLDER, Task, Tenant
from pyshim.turns import stored
from pyshim.turns.turn import Sent, Turn

NOT_TAKEN = ("", "status_425", "status_429")  # nobody was reached, or whoever was took nothing


def at_once(task: Task, sent: Sent, outcome: Outcome) -> Sent:
    """The call with what came of it when it was made."""
    if isinstance(outcome, Refused) and outcome.code in NOT_TAKEN:
        return replace(sent, outcome="refused", code="")
    return later(task, sent, outcome) or sent


def later(task: Task, sent: Sent, outcome: Outcome) -> Sent | None:
    """The call with what came of it, as it was found out later; None where it is not known. already_... says that it was done. Of
    the answer's fields those stay that the task's sentences tell."""
    if isinstance(outcome, Unknown) or (isinstance(outcome, Refused) and outcome.code in NOT_TAKEN):
        return None
    wanted = {name for text in (task.done, *(error.say for error in task.errors.values())) for name in PLACEHOLDER.findall(text)}
    fields = {name: value for name, value in outcome.fields.items() if name in wanted}
    if isinstance(outcome, Done):
        return replace(sent, outcome="done", code="", fields=fields)
    done = outcome.code.startswith("already_") and outcome.code in task.errors
    return replace(sent, outcome="done" if done else "refused", code=outcome.code, fields=fields)


def without_code(task: Task, sent: Sent) -> Sent:
    """The call, which will not be sent again, without the code it was sent with."""
    secret = task.verify.slot if task.verify else None
    return replace(sent, values={name: value for name, value in sent.values.items() if name != secret})


def result(tenant: Tenant, sent: Sent) -> str:
    """What came of it, in words; "" while it is not known."""
    phrases, task = tenant.phrases, tenant.tasks.get(sent.intent)
    if not sent.outcome:
        return ""
    if sent.outcome == "lost" or task is None:
        return filled(phrases.unknown_lost, {"people": reached(tenant)})
    fields = {**slots.shown(tenant.slots, sent.values), **sent.fields}
    if sent.code in task.errors:
        return filled(task.errors[sent.code].say, fields)
    if sent.outcome == "done":
        return filled(task.done, fields)
    if not sent.code:
        return phrases.unknown_not_done
    return filled(phrases.not_accepted, {"title": task.title, "people": reached(tenant)})


def news(turn: Turn) -> list[str]:
    """What became of earlier calls: sentences that stand before the answer. Their keys are told with this turn."""
    sentences = []
    for sent in turn.calls():
        if sent.outcome and sent.key not in turn.told:
            title = turn.tenant.title(sent.intent)
            fields = {"title": title, "result": result(turn.tenant, sent)}
            sentences.append(filled(turn.tenant.phrases.unknown_known, fields))
            turn.told.append(sent.key)
        elif not sent.outcome and turn.newest and sent.key not in turn.known and stored.at_of(turn.newest) < sent.at:
            title = turn.tenant.title(sent.intent)
            sentences.append(filled(turn.tenant.phrases.unknown, {"title": title}))  # its turn was never answered
    return sentences
