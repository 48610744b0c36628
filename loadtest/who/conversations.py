"""What does a customer say next? Conversations of several turns, each a generator: it yields what is said and gets the answer.

They follow the tenant's own flows through to the end and check every answer (loadtest/verdict/checks.py).
"""

import random
from collections.abc import Callable, Mapping

from loadtest.verdict.checks import Answer, stands_in
from loadtest.what import questions
from loadtest.what.questions import FOLLOW_UPS, Questions
from loadtest.who.customer import AGAIN, FIRST, NO, SAID, STOP, THANKS, UNKNOWN_ORDER, YES, Customer, Part, Say, Talk
from pyshim.tenants.schema import Tenant

QUESTIONS = 4  # turns of a conversation without a flow
PLAYED = 6  # turns of one with a flow, about

# -- parts of conversations ---------------------------------------------------------------------------------------------------


def collect(one: Customer, intent: str, aside: str = "") -> Part:
    """From the task's button until all is told. aside: a rule's intent, asked in the middle. Returns the last answer."""
    checks, task = one.checks, one.tenant.tasks[intent]
    answer = yield Say(task.title)
    for slot in task.slots:
        if (default := one.tenant.slots[slot].default) is not None:
            one.told.setdefault(slot, default)
        elif slot not in one.told:
            checks.asks(answer, intent, slot)
            if aside:
                answer = yield from between(one, intent, slot, aside)
                aside = ""
            said, one.told[slot] = one.value(slot)
            answer = yield Say(said)
    return answer


def between(one: Customer, intent: str, slot: str, aside: str) -> Part:
    """Another question while a slot is asked for: it is answered, and the open question comes back."""
    answer = yield Say(one.tenant.title(aside))
    one.checks.rule(answer, aside)
    one.checks.asks(answer, intent, slot)
    return answer


def ended(one: Customer, intent: str, answer: Answer) -> Part:
    """After the outcome nothing is waited for; where a slot is asked for once more, the customer gives up."""
    code = one.checks.outcome(answer, intent, one.told)
    task = one.tenant.tasks[intent]
    if code == "backend_down" or (code in task.errors and task.errors[code].ask_again):
        answer = yield Say(STOP)
        if code != "backend_down" or one.tenant.is_flow(intent):
            one.checks.cancelled(answer, intent)
    return answer


def anything_else(one: Customer) -> Part:
    """The next question is understood, and nothing is left over from before."""
    intent = one.button()
    answer = yield Say(one.tenant.title(intent))
    one.checks.rule(answer, intent)
    one.checks.alone(answer)
    return answer


# -- conversations ------------------------------------------------------------------------------------------------------------


def straight(one: Customer, aside: str = "") -> Talk:
    """A flow from its button to its end, and another question."""
    intent = one.chance.choice(one.playable(flow=True))
    answer = yield from collect(one, intent, aside)
    if one.checks.shows(answer, intent, one.told):
        answer = yield Say(YES)
    yield from ended(one, intent, answer)
    yield from anything_else(one)


def interrupted(one: Customer) -> Talk:
    """The same with a question in the middle."""
    yield from straight(one, one.button())


def looked_up(one: Customer) -> Talk:
    """An action, and the next question."""
    intent = one.chance.choice(one.playable(flow=False))
    answer = yield from collect(one, intent)
    yield from ended(one, intent, answer)
    yield from anything_else(one)


def polite(one: Customer) -> Talk:
    """A thank-you while something is asked for: it is no value, and what was asked for is still open."""
    intent = one.chance.choice(one.playable(flow=True))
    answer = yield Say(one.tenant.title(intent))
    slot = next((slot for slot in one.tenant.tasks[intent].slots if one.tenant.slots[slot].default is None), None)
    if slot is not None:
        one.checks.asks(answer, intent, slot)
        answer = yield Say(one.chance.choice(THANKS))
        one.checks.still_asks(answer, intent, slot)
    answer = yield Say(STOP)
    one.checks.cancelled(answer, intent)


def refused(one: Customer) -> Talk:
    """Everything told, and then it is not wanted: nothing waits any more, and a yes changes nothing."""
    intent = one.chance.choice(one.playable(flow=True))
    answer = yield from collect(one, intent)
    if not one.checks.shows(answer, intent, one.told):
        yield from ended(one, intent, answer)
        return
    answer = yield Say(NO)
    one.checks.cancelled(answer, intent)
    answer = yield Say(YES)
    one.checks.waits_for_nothing(answer)


def corrected(one: Customer) -> Talk:
    """Another number instead of the confirmation: it is the one that counts."""
    intent, slot = one.chance.choice(one.sharing(flow=True))
    answer = yield from collect(one, intent)
    one.checks.confirms(answer, intent, one.told)
    others = [pair for pair in SAID[one.tenant.id][slot] if pair[1] != one.told[slot]]
    said, one.told[slot] = one.chance.choice(others)
    answer = yield Say(said)
    one.checks.confirms(answer, intent, one.told)
    answer = yield Say(YES)
    yield from ended(one, intent, answer)


def remembered(one: Customer) -> Talk:
    """What was told for one matter is not asked again for the next; a new session knows nothing of it (the first is asked)."""
    first, slot = one.chance.choice(one.sharing(flow=False) + one.sharing(flow=True))
    answer = yield from collect(one, first)
    if one.tenant.is_flow(first):
        one.checks.confirms(answer, first, one.told)
        answer = yield Say(NO)
        one.checks.cancelled(answer, first)
    else:
        yield from ended(one, first, answer)
    seconds = [(intent, other) for intent, other in one.sharing(flow=False) + one.sharing(flow=True) if other == slot]
    second, _ = one.chance.choice(seconds)
    answer = yield Say(one.tenant.title(second))
    one.checks.asks_no_more(answer, slot)
    if one.tenant.is_flow(second) and len(one.tenant.tasks[second].slots) > 1:
        answer = yield Say(STOP)
        one.checks.cancelled(answer, second)
    elif one.tenant.is_flow(second):
        one.checks.confirms(answer, second, one.told)
        answer = yield Say(YES)
        yield from ended(one, second, answer)
    else:
        yield from ended(one, second, answer)


def mistyped(one: Customer) -> Talk:
    """A number that does not exist, of which the answer must tell, and then the right one: a bare number is the last matter's."""
    intent, slot = one.chance.choice(one.sharing(flow=False))
    answer = yield Say(one.tenant.title(intent))
    one.checks.asks(answer, intent, slot)
    one.told[slot] = UNKNOWN_ORDER.format(one.chance.randrange(10**10))
    answer = yield Say(one.told[slot])
    code = one.checks.outcome(answer, intent, one.told)
    said, one.told[slot] = one.value(slot)
    answer = yield Say(said)
    if code != "backend_down":
        yield from ended(one, intent, answer)


def said_again(one: Customer) -> Talk:
    """Say that again: the open question, or the last answer."""
    intent = one.chance.choice(one.playable(flow=True))
    answer = yield Say(one.tenant.title(intent))
    slot = next((slot for slot in one.tenant.tasks[intent].slots if one.tenant.slots[slot].default is None), None)
    if slot is not None:
        one.checks.asks(answer, intent, slot)
        answer = yield Say(AGAIN)
        one.checks.asks(answer, intent, slot)
    answer = yield Say(STOP)
    one.checks.cancelled(answer, intent)
    last = yield from anything_else(one)
    answer = yield Say(AGAIN)
    one.checks.says(answer, last.answer, {}, f"the answer about {last.intent} again")


def at_once(one: Customer) -> Talk:
    """The number comes with the first sentence: where the matter is understood it is not asked for."""
    intent, slot = one.chance.choice(one.sharing(flow=True) + one.sharing(flow=False))
    said, one.told[slot] = one.value(slot)
    answer = yield Say(f"我要{one.tenant.title(intent)}，{said}")
    if answer.intent != intent:
        return
    one.checks.asks_no_more(answer, slot)
    if one.tenant.is_flow(intent):
        answer = yield Say(STOP)
        one.checks.cancelled(answer, intent)
    else:
        yield from ended(one, intent, answer)


def asking(one: Customer) -> Talk:
    """Questions of the mix. What they lead to is followed: a flow that began is stopped, "did you mean" is answered, and
    where a person is wanted it is said how one is reached."""
    for kind, question in questions.drawn(one.questions, one.chance, QUESTIONS):
        answer = yield Say(question, kind)
        asked_back = one.tenant.phrases.none_of_these in answer.suggestions
        if answer.answered_by == "l7_fallback" and asked_back:
            offered = one.tenant.titles.get(answer.suggestions[0])
            answer = yield Say(FIRST)
            if offered is not None:
                one.checks.means(answer, offered)
        if answer.intent == "ask_human" or (answer.intent in one.tenant.replies and one.tenant.replies[answer.intent].handover):
            one.checks.says_how_a_person_is_reached(answer)
        if answer.intent in one.tenant.tasks:
            yield from stopped(one, answer.intent)


def stopped(one: Customer, intent: str) -> Part:
    """A task began by a sentence; the customer leaves it. Where it was answered at once nothing is waited for."""
    answer = yield Say(STOP)
    waits = one.tenant.phrases.flow_nothing
    if not stands_in([waits], answer.answer):
        one.checks.cancelled(answer, intent)
    return answer


Plot = Callable[[Customer], Talk]
PLOTS: Mapping[str, tuple[Plot, int]] = {
    "straight": (straight, 4),
    "interrupted": (interrupted, 2),
    "looked_up": (looked_up, 4),
    "refused": (refused, 1),
    "polite": (polite, 1),
    "corrected": (corrected, 1),
    "remembered": (remembered, 2),
    "mistyped": (mistyped, 1),
    "said_again": (said_again, 1),
    "at_once": (at_once, 2),
}


def plots(one: Customer) -> list[str]:
    """What can be played with this tenant's flows."""
    flows, shared = bool(one.playable(flow=True)), bool(one.sharing(flow=True) or one.sharing(flow=False))
    actions = bool(one.playable(flow=False))
    needs = {
        "looked_up": actions,
        "corrected": bool(one.sharing(flow=True)),
        "remembered": shared,
        "mistyped": one.tenant.id == "shop" and bool(one.sharing(flow=False)),
        "at_once": shared,
    }
    return [name for name in PLOTS if needs.get(name, flows)]


def begin(tenant: Tenant, questions: Questions, seed: int, number: int, follow: bool = True) -> tuple[str, Talk]:
    """The conversation of this number: the same for the same seed, whoever plays it. follow: with flows."""
    chance = random.Random(f"talk:{seed}:{number}")
    one = Customer(tenant, questions, chance)
    playable = plots(one) if follow else []
    flows = FOLLOW_UPS / PLAYED
    if playable and chance.random() < flows / (flows + (1 - FOLLOW_UPS) / QUESTIONS):
        name = chance.choices(playable, [PLOTS[name][1] for name in playable])[0]
        return name, PLOTS[name][0](one)
    return "asking", asking(one)
