"""Which matters does a message hold, and which clause is about what waits?"""

from pyshim.dialogue import asides, short_words, slots
from pyshim.dialogue.commands import Ask, Command, Evidence, Handover, SmallTalk, Unclear
from pyshim.dialogue.hearing import where
from pyshim.dialogue.reducer import Open
from pyshim.language import clauses
from pyshim.turns.turn import CONFIRM, Clause, Turn
from pyshim.understanding.intents import DIALOGUE_INTENTS, SMALL_TALK


def divided(turn: Turn) -> tuple[Clause, list[Command]]:
    """The clause that is about what waits, and the matters beside it."""
    announced = clauses.announced(turn.query)
    unread = [Clause(text, "", 0.0) for text in announced] if where(turn) is Open.CONFIRM else []  # Triton is away
    parts = [_short(part) for part in turn.parts or unread]
    if len(parts) < 2:
        return _whole(turn), []
    if len(announced) < len(parts):
        return _following(turn, parts) or _urgent(turn, parts)
    if turn.state.flow is None and not all(is_matter(turn, part) for part in parts):
        return _whole(turn), []
    return parts[0], [_announced(turn, part) for part in parts[1:]]  # what is said there is no value of what waits


def _whole(turn: Turn) -> Clause:
    return _short(Clause(turn.query, turn.intent or "", turn.confidence))


def _short(part: Clause) -> Clause:
    """A bare yes, no or never mind means itself, with or without a model."""
    meant = short_words.meaning(part.text)
    return part if meant is None else Clause(part.text, meant, 1.0)


def _announced(turn: Turn, part: Clause) -> Command:
    """A matter that was announced (另外帮我查下20231105): what it surely means, or the likeliest that looks that value up."""
    if is_matter(turn, part):
        return matter(turn, part)
    values, _ = slots.values_in(turn.tenant, part.text, [name for name, slot in turn.tenant.slots.items() if slot.remember])
    looks_up = (
        intent
        for intent in part.likeliest
        if (task := turn.tenant.tasks.get(intent)) and task.confirm is None and not values.keys().isdisjoint(task.slots)
    )
    intent = next(looks_up, None)
    return Unclear(Evidence.MODEL, part.text) if intent is None else Ask(Evidence.VALUE, part.text, intent)


def _following(turn: Turn, parts: list[Clause]) -> tuple[Clause, list[Command]] | None:
    """Acts that follow each other, each surely one of its own; None where they are not."""
    asked, pending = {part.intent for part in parts if is_matter(turn, part)}, turn.state.flow
    if len(asked) < len(parts) or len(clauses.following(turn.query)) != len(parts):
        return None
    if pending is not None and (pending.asking == CONFIRM or pending.intent in asked):
        return None
    return parts[0], [matter(turn, part) for part in parts[1:]]


def _urgent(turn: Turn, parts: list[Clause]) -> tuple[Clause, list[Command]]:
    """Clauses that only marks divide are two matters where one of them is urgent, and the other one surely something else."""
    urgent = next((part for part in parts if is_matter(turn, part) and turn.tenant.is_urgent(part.intent)), None)
    rest = [part for part in parts if part is not urgent]
    pending = turn.state.flow
    if urgent is None or len(rest) != 1 or (pending and pending.intent == urgent.intent):
        return _whole(turn), []
    if pending is None and not (is_matter(turn, rest[0]) and rest[0].intent != urgent.intent):
        return _whole(turn), []
    return rest[0], [matter(turn, urgent)]


def is_matter(turn: Turn, part: Clause) -> bool:
    """Is it surely something of its own?"""
    if part.intent in (*SMALL_TALK, *DIALOGUE_INTENTS) or part.confidence < asides.SURE:
        return False
    return part.intent in turn.tenant.replies or part.intent in turn.tenant.tasks


def matter(turn: Turn, part: Clause) -> Command:
    """A command for what a clause means, whatever waits."""
    evidence = Evidence.BUTTON if part.text.strip() in turn.tenant.titles else Evidence.MODEL
    if part.intent in SMALL_TALK:
        return SmallTalk(evidence, part.text, part.intent)
    rule = turn.tenant.replies.get(part.intent)
    if rule is not None and rule.handover and not rule.urgent:
        return Handover(evidence, part.text, part.intent)
    return Ask(evidence, part.text, part.intent)
