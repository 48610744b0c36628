"""What is said when nobody knew?

Out of our business: says so, and what we can do. Not understood: asks back with the two likeliest meanings, or openly where
nothing is likely (Triton is away, say); the second time in a row it says how a person is reached, and goes on.
"""

from pyshim.dialogue import hearing, slots
from pyshim.dialogue.people import reached
from pyshim.dialogue.sentences import filled
from pyshim.layers import Layer
from pyshim.outside.clients import Outside
from pyshim.turns.turn import Reply, Turn
from pyshim.understanding.intents import OUT_OF_SCOPE
from pyshim.understanding.version import NOT_OFFERED


class Fallback(Layer):
    """Always answers."""

    name = "l7_fallback"
    on_error = "refuse"

    def __init__(self, outside: Outside) -> None:
        """Needs nothing from outside."""

    async def answer(self, turn: Turn) -> Reply | None:
        confidence = round(turn.confidence, 4)
        about_the_task = bool(turn.resume) and turn.proposed.get("question", 0.0) >= hearing.LIKELY
        if turn.intent == OUT_OF_SCOPE and turn.confidence >= turn.tenant.confidence_min and not about_the_task:
            greet = turn.tenant.replies.get("greet")
            return Reply(turn.tenant.phrases.out_of_scope, OUT_OF_SCOPE, confidence, greet.suggestions if greet else [])
        if turn.resume:  # asked about the task that waits
            if _is_in_the_question(turn):
                resumed, turn.resume = turn.resume, ""
                return Reply(resumed, turn.intent, confidence)
            return Reply(filled(turn.tenant.phrases.no_answer, {"people": reached(turn.tenant)}), turn.intent, confidence)
        if turn.state.misses == 0:
            return self._ask_back(turn, confidence) if len(turn.likeliest) >= 2 else self._ask_openly(turn, confidence)
        turn.state.misses, turn.state.offered = 0, []
        text = filled(turn.tenant.phrases.handover, {"people": reached(turn.tenant)})
        return Reply(text, "ask_human", confidence)

    @staticmethod
    def _ask_back(turn: Turn, confidence: float) -> Reply:
        first, second = (turn.tenant.title(intent) for intent in turn.likeliest[:2])
        turn.state.misses, turn.state.offered = 1, turn.likeliest[:2]
        text = filled(turn.tenant.phrases.ask_back, {"first": first, "second": second})
        return Reply(text, None, confidence, [first, second])

    @staticmethod
    def _ask_openly(turn: Turn, confidence: float) -> Reply:
        """What the edge guessed is a button, if it has something to say."""
        turn.state.misses, turn.state.offered = 1, []
        greet = turn.tenant.replies.get("greet")
        guessed = [turn.tenant.title(turn.guess)] if turn.guess in turn.tenant.intents and turn.guess not in NOT_OFFERED else []
        return Reply(turn.tenant.phrases.ask_open, None, confidence, [*guessed, *(greet.suggestions if greet else [])][:3])


def _is_in_the_question(turn: Turn) -> bool:
    """Does the question that waits say where it is found, or what there is to choose (单号在哪看)?"""
    pending = turn.state.flow
    slot = turn.tenant.slots.get(pending.asking) if pending else None
    return slot is not None and slots.names(slot, turn.query)
