"""Does the answer fit what was said before? What must stand in it comes from the tenant's own files.

A check returns or raises Forgotten, which names intents, slots and numbers, and never what a customer wrote.
"""

from collections.abc import Mapping
from functools import cached_property, lru_cache

import msgspec

from pyshim.language import scripts
from pyshim.tenants.compile import composer
from pyshim.tenants.schema import PLACEHOLDER, Task, Tenant
from pyshim.words.compose import Composer

DOWN = "backend_down"
SHOWN = 80  # characters of an answer that a failure shows


class Answer(msgspec.Struct):
    """What POST /v1/chat said with 200, as far as anybody looks at it."""

    answer: str
    answered_by: str
    session_id: str
    seq: int
    turn_id: str
    intent: str | None = None
    suggestions: list[str] = []
    degraded: bool = False


class Forgotten(Exception):
    """The answer does not fit what was said before."""

    def __init__(self, wanted: str, answer: Answer) -> None:
        shown = answer.answer.replace("\n", " ")
        self.wanted = wanted
        self.got = f"{answer.answered_by}, {answer.intent}: {shown[:SHOWN]}{'...' if len(shown) > SHOWN else ''}"
        super().__init__(f"{wanted} wanted, got {self.got}")


@lru_cache(maxsize=4096)
def _parts(template: str) -> list[str]:
    """Text, name, text, name, ... text."""
    return PLACEHOLDER.split(template)


def pieces(template: str, known: Mapping[str, str]) -> list[str]:
    """The texts of a template in their order, with gaps where a field is not known here."""
    parts = _parts(template)
    found = [parts[0]]
    for name, text in zip(parts[1::2], parts[2::2], strict=True):
        if name in known:
            found[-1] += known[name] + text
        else:
            found.append(text)
    return [piece for piece in found if piece]


def stands_in(texts: list[str], answer: str) -> bool:
    """Do they stand in it, one after the other? In traditional script where it is written so."""
    if scripts.of(answer) == "hant":
        texts = [scripts.traditional(text) for text in texts]
    at = 0
    for text in texts:
        found = answer.find(text, at)
        if found < 0:
            return False
        at = found + len(text)
    return True


class Checks:
    """Of one tenant."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant

    @cached_property
    def _composer(self) -> Composer:
        return composer(self.tenant)

    def _fits(self, template: str, known: Mapping[str, str], answer: Answer) -> bool:
        return stands_in([self._composer.masked(piece) for piece in pieces(template, known)], answer.answer)

    def says(self, answer: Answer, template: str, known: Mapping[str, str], wanted: str) -> None:
        """The template, with what is known of its fields. Raises Forgotten."""
        if not self._fits(template, known, answer):
            raise Forgotten(wanted, answer)

    def asks(self, answer: Answer, intent: str, slot: str) -> None:
        self.says(answer, self.tenant.slots[slot].ask, {}, f"{intent} asks for {slot}")

    def still_asks(self, answer: Answer, intent: str, slot: str) -> None:
        """It asks again, or says that this was none. Raises Forgotten."""
        asked = self.tenant.slots[slot]
        if not any(self._fits(text, {}, answer) for text in (asked.ask, asked.invalid or asked.ask)):
            raise Forgotten(f"{intent} still asks for {slot}", answer)

    def asks_no_more(self, answer: Answer, slot: str) -> None:
        """It was told before. Raises Forgotten."""
        if self._fits(self.tenant.slots[slot].ask, {}, answer):
            raise Forgotten(f"{slot} is known and not asked for again", answer)

    def confirms(self, answer: Answer, intent: str, known: Mapping[str, str]) -> None:
        """With every slot as it was told."""
        told = ", ".join(f"{name} {known[name]}" for name in self.tenant.tasks[intent].slots if name in known)
        self.says(answer, self.tenant.tasks[intent].confirm or "", known, f"{intent} is to be confirmed with {told}")

    def shows(self, answer: Answer, intent: str, known: Mapping[str, str]) -> bool:
        """confirms, or False where the back end refused to quote (too much, say). Raises Forgotten."""
        task = self.tenant.tasks[intent]
        refusals = [template for code, template in self._outcomes(task) if code != "done"] if task.quote else []
        if any(self._fits(template, known, answer) for template in refusals):
            return False
        self.confirms(answer, intent, known)
        return True

    def cancelled(self, answer: Answer, intent: str) -> None:
        title = self.tenant.title(intent)
        self.says(answer, self.tenant.phrases.flow_cancelled, {"title": title}, f"{intent} is cancelled")

    def means(self, answer: Answer, intent: str) -> None:
        """It is about the first of what was offered. Raises Forgotten."""
        if answer.intent != intent:
            raise Forgotten(f"{intent}, the first of what was offered", answer)

    def waits_for_nothing(self, answer: Answer) -> None:
        self.says(answer, self.tenant.phrases.flow_nothing, {}, "nothing is waited for")

    def says_how_a_person_is_reached(self, answer: Answer) -> None:
        """Raises Forgotten."""
        people = self.tenant.about.people
        if people is not None and people.phone not in answer.answer:
            raise Forgotten("how a person is reached", answer)

    def rule(self, answer: Answer, intent: str) -> None:
        """The one reply of an intent."""
        self.says(answer, self.tenant.replies[intent].answer, {}, f"the reply of {intent}")

    def alone(self, answer: Answer) -> None:
        """Nothing of a flow that was finished comes back behind it. Raises Forgotten."""
        lead = _parts(self.tenant.phrases.flow_resume)[0]
        if lead and lead in answer.answer:
            raise Forgotten("nothing is waited for any more", answer)

    def outcome(self, answer: Answer, intent: str, known: Mapping[str, str]) -> str:
        """Which outcome of the task it is: "done", "backend_down" or an error's code. Raises Forgotten: none of them, with what
        was told."""
        task = self.tenant.tasks[intent]
        for code, template in self._outcomes(task):
            if self._fits(template, known, answer):
                return code
        told = ", ".join(f"{name} {known[name]}" for name in task.slots if name in known)
        raise Forgotten(f"an outcome of {intent} with {told}", answer)

    def _outcomes(self, task: Task) -> list[tuple[str, str]]:
        errors = [(code, reply.say) for code, reply in task.errors.items()]
        return [("done", task.done), *errors, *((DOWN, phrase) for phrase in down(self.tenant))]


def down(tenant: Tenant) -> list[str]:
    """What is said where the back end could not be asked, or did not say what came of it."""
    phrases = tenant.phrases
    return [phrases.backend_down, phrases.lookup_down, phrases.quote_down, phrases.unknown]


def not_served(tenant: Tenant, answer: Answer) -> bool:
    return any(stands_in(pieces(phrase, {}), answer.answer) for phrase in down(tenant))


def same(first: Answer, again: Answer) -> None:
    """The same seq again brings the same turn again. Raises Forgotten."""
    if (first.turn_id, first.seq, first.answer) != (again.turn_id, again.seq, again.answer):
        raise Forgotten(f"seq {first.seq} again is the same turn, with the same answer", again)


def position(answer: Answer, session: str, seq: int) -> None:
    """It is the answer to this turn of this session. Raises Forgotten."""
    if (answer.session_id, answer.seq) != (session, seq):
        raise Forgotten(f"the answer to seq {seq} of {session}, not seq {answer.seq} of {answer.session_id}", answer)


def kept(found: list[tuple[int, str]], given: Mapping[int, Answer]) -> None:
    """The history holds every turn that was answered, once, as it was answered. Raises Forgotten."""
    wanted = sorted((seq, answer.turn_id) for seq, answer in given.items())
    if found != wanted:
        last = given[max(given)]
        raise Forgotten(f"a history of seq {[seq for seq, _ in wanted]}, not {[seq for seq, _ in found]}", last)
